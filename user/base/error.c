// SPDX-License-Identifier: GPL-2.0
#include "error.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "array.h"

int error_set(struct error *error, int err, const char *format, ...)
{
	va_list args;

	if (!error)
		return err;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return err;
}

/* Those that the kernel has for itself; the C library does not know them. */
static const char *kernel_errno(int number)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
		{ 512, "ERESTARTSYS" },
		{ 513, "ERESTARTNOINTR" },
		{ 514, "ERESTARTNOHAND" },
		{ 515, "ENOIOCTLCMD" },
		{ 516, "ERESTART_RESTARTBLOCK" },
		{ 517, "EPROBE_DEFER" },
		{ 518, "EOPENSTALE" },
		{ 519, "ENOPARAM" },
		{ 524, "ENOTSUPP" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].number == number)
			return names[i].name;
	return NULL;
}

const char *name_errno(int result, char *buffer)
{
	const char *name = NULL;

	if (!result)
		return "ok";
	if (result < 0 && result != INT_MIN) {
		name = strerrorname_np(-result);
		if (!name)
			name = kernel_errno(-result);
	}
	if (name)
		return name;
	snprintf(buffer, NAME_BYTES, "%d", result);
	return buffer;
}
