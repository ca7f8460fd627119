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

/* Returns the end of what was written, or NULL if there was no room. */
static char *put(char *to, const char *end, const void *bytes, size_t count)
{
	return to && count <= (size_t)(end - to) ? mempcpy(to, bytes, count) : NULL;
}

void journal_field(struct journal_message *message, const char *name, const char *format, ...)
{
	const char *end = message->bytes + sizeof(message->bytes);
	char *to = message->bytes + message->length;
	unsigned char size[8];
	char value[2048];
	va_list args;
	size_t length, i;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	length = strlen(value);
	to = put(to, end, name, strlen(name));
	/* A value of several lines has its length before it, in 64 bits, little-endian. */
	if (strchr(value, '\n')) {
		for (i = 0; i < sizeof(size); i++)
			size[i] = (uint64_t)length >> (8 * i);
		to = put(to, end, "\n", 1);
		to = put(to, end, size, sizeof(size));
	} else {
		to = put(to, end, "=", 1);
	}
	to = put(to, end, value, length);
	to = put(to, end, "\n", 1);
	if (to)
		message->length = to - message->bytes;
}

int journal_send(const struct journal_message *message, const char *socket)
{
	return send_datagram(socket, message->bytes, message->length);
}
