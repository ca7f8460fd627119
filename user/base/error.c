// SPDX-License-Identifier: GPL-2.0
#include "error.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

const char *name_errno(int result, char *buffer)
{
	const char *name;

	if (!result)
		return "ok";
	name = result < 0 && result != INT_MIN ? strerrorname_np(-result) : NULL;
	if (name)
		return name;
	snprintf(buffer, NAME_BYTES, "%d", result);
	return buffer;
}
