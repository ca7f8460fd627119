// SPDX-License-Identifier: GPL-2.0
#include "kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A record of the log has at most 8 KiB, including its prefix and dictionary. */
#define RECORD_BYTES 16384

int kmsg_read(bool (*take)(void *context, char *record), void *context)
{
	static char record[RECORD_BYTES];
	const int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -errno;
	for (;;) {
		got = read(fd, record, sizeof(record) - 1);
		/* EPIPE: records were overwritten before they could be read. Go on after them. */
		if (got < 0 && (errno == EINTR || errno == EPIPE))
			continue;
		if (got <= 0)
			break;
		record[got] = '\0';
		if (!take(context, record))
			break;
	}
	close(fd);
	return 0;
}

char *kmsg_text(char *record, unsigned long long *usec)
{
	unsigned long long priority;
	char *text = strchr(record, ';');

	/* Messages of the kernel have facility 0. */
	if (!text || sscanf(record, "%llu,%*u,%llu", &priority, usec) != 2 || priority >> 3)
		return NULL;
	text++;
	text[strcspn(text, "\n")] = '\0';
	return text;
}
