// SPDX-License-Identifier: GPL-2.0
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

unsigned int terminal_width(FILE *out)
{
	struct winsize size;

	if (!isatty(fileno(out)))
		return 0;
	/* A serial line does not know its width. */
	if (ioctl(fileno(out), TIOCGWINSZ, &size) || !size.ws_col)
		return 80;
	return size.ws_col;
}

unsigned int terminal_width_asked(void)
{
	const char *text = getenv("COLUMNS");
	char *end;
	long columns;

	if (!text || *text < '0' || *text > '9')
		return 0;
	columns = strtol(text, &end, 10);
	return *end || columns > 10000 ? 0 : columns;
}

bool terminal_has_colour(FILE *out)
{
	const char *terminal = getenv("TERM");
	const char *no_colour = getenv("NO_COLOR");

	return isatty(fileno(out)) && terminal && strcmp(terminal, "dumb") &&
	       (!no_colour || !*no_colour);
}
