/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why the kernel refuses what attaching probes needs: the errno alone sends the reader astray.
 */
#ifndef LUOSCOPE_REFUSAL_H
#define LUOSCOPE_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Room for a cause. */
#define REFUSAL_BYTES 256

/**
 * struct refusal_facts - what may explain a refusal
 * @is_root:          the process has the user id 0
 * @is_in_namespace:  but that of a user namespace: it is in a container
 * @capabilities:     those that it has, as bits
 * @is_confidential:  the kernel is locked down for confidentiality
 * @open_files:       how many files it may open
 * @memory_bytes:     how much memory its cgroup may use; 0: all there is
 */
struct refusal_facts {
	bool is_root;
	bool is_in_namespace;
	uint64_t capabilities;
	bool is_confidential;
	unsigned long open_files;
	uint64_t memory_bytes;
};

/* Fill in the facts about this process. */
void refusal_look(struct refusal_facts *facts);

/**
 * refusal_cause - write to @text, of REFUSAL_BYTES, why the kernel returned @err, and what to do
 *
 * Returns false if it is not known.
 */
bool refusal_cause(char *text, const struct refusal_facts *facts, int err);

/**
 * refusal_is_of_program - whether the kernel did not like one program, and may like others
 * @err: what it returned
 */
bool refusal_is_of_program(const struct refusal_facts *facts, int err);

/**
 * refusal_of_log - write to @text, of @size, why the verifier rejected a program
 * @log: what the verifier said, and libbpf has made of it
 * @err: what the kernel returned, if the log says nothing
 */
void refusal_of_log(char *text, size_t size, const char *log, int err);

/* Set @error: "@what: " and the cause, or else the errno and how to see more. Returns @err. */
int refusal_set(struct error *error, int err, const char *what);

#endif /* LUOSCOPE_REFUSAL_H */
