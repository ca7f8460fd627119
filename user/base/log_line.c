// SPDX-License-Identifier: GPL-2.0
#include "log_line.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One write is one record. stdio cannot be used, because the device cannot seek. */
void log_line(const char *format, ...)
{
	const int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	char line[700] = "luoscope: ";
	const size_t prefix = strlen(line);
	va_list args;

	va_start(args, format);
	vsnprintf(line + prefix, sizeof(line) - prefix - 1, format, args);
	va_end(args);
	strcat(line, "\n");
	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		fputs(line, stderr);
	if (fd >= 0)
		close(fd);
}
