// SPDX-License-Identifier: GPL-2.0
#include "journal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notify.h"

bool journal_has_stderr(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat stat;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       !fstat(STDERR_FILENO, &stat) && stat.st_dev == device && stat.st_ino == inode;
}

/* Returns the end of what was written. */
static char *put_value(char *to, const char *value, size_t length)
{
	size_t i;

	/* A value of several lines has its length before it, in 64 bits, little-endian. */
	if (memchr(value, '\n', length)) {
		*to++ = '\n';
		for (i = 0; i < sizeof(uint64_t); i++)
			*to++ = (uint64_t)length >> (8 * i);
	} else {
		*to++ = '=';
	}
	to = mempcpy(to, value, length);
	*to++ = '\n';
	return to;
}

/* Returns 0 or -ENOMEM. */
static int put_field(struct journal_message *message, const char *name, const char *value,
		     size_t length)
{
	const size_t most = strlen(name) + 1 + sizeof(uint64_t) + length + 1;
	char *to = realloc(message->bytes, message->length + most);

	if (!to)
		return -ENOMEM;
	message->bytes = to;
	to = mempcpy(to + message->length, name, strlen(name));
	message->length = put_value(to, value, length) - message->bytes;
	return 0;
}

void journal_field(struct journal_message *message, const char *name, const char *format, ...)
{
	va_list args;
	char *value;
	int length;

	if (message->err)
		return;
	va_start(args, format);
	length = vasprintf(&value, format, args);
	va_end(args);
	if (length < 0) {
		message->err = -ENOMEM;
		return;
	}
	message->err = put_field(message, name, value, length);
	free(value);
}

int journal_send(const struct journal_message *message, const char *socket)
{
	if (message->err)
		return message->err;
	return send_datagram(socket, message->bytes, message->length);
}

void journal_free(struct journal_message *message)
{
	free(message->bytes);
	*message = (struct journal_message){};
}
