/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages with fields for systemd's journal, in its native protocol, without libsystemd.
 */
#ifndef LUOSCOPE_JOURNAL_H
#define LUOSCOPE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/**
 * struct journal_message - a message that is being made; begin with all zero, end with
 * journal_free()
 * @bytes:  its fields as they are sent
 * @length: how many bytes
 * @err:    0; -ENOMEM: it has not all of its fields, and must not be sent
 */
struct journal_message {
	char *bytes;
	size_t length;
	int err;
};

/* Whether standard error goes to the journal, as the service manager says in JOURNAL_STREAM. */
bool journal_has_stderr(void);

/**
 * journal_field - add a field: NAME of capital letters, and a value, which may be any text of any
 * length
 *
 * The journal accepts several fields of one name. An error is kept in the message.
 */
__attribute__((format(printf, 3, 4))) void journal_field(struct journal_message *message,
							 const char *name, const char *format, ...);

/**
 * journal_send - send the message to the journal at @socket: JOURNAL_SOCKET, except in tests
 *
 * Returns 0 or a negative errno; -EMSGSIZE: it is larger than a datagram may be.
 */
int journal_send(const struct journal_message *message, const char *socket);

void journal_free(struct journal_message *message);

#endif /* LUOSCOPE_JOURNAL_H */
