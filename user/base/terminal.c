// SPDX-License-Identifier: GPL-2.0
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SIZE_MOST 10000

/* The number in variable @name of the environment, or SIZE_MOST if that is less; 0: none. */
static unsigned int asked(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long number;

	if (!text || *text < '0' || *text > '9')
		return 0;
	number = strtol(text, &end, 10);
	if (*end)
		return 0;
	return number < SIZE_MOST ? number : SIZE_MOST;
}

unsigned int terminal_width(FILE *out)
{
	struct winsize size;

	if (!isatty(fileno(out)))
		return 0;
	if (asked("COLUMNS"))
		return asked("COLUMNS");
	/* A serial line does not know its width. */
	return ioctl(fileno(out), TIOCGWINSZ, &size) || !size.ws_col ? 80 : size.ws_col;
}

unsigned int terminal_text_width(FILE *out)
{
	const unsigned int width = terminal_width(out);

	return width ? width : asked("COLUMNS");
}

unsigned int terminal_height(FILE *out)
{
	struct winsize size;

	if (!isatty(fileno(out)))
		return 0;
	if (asked("LINES"))
		return asked("LINES");
	return ioctl(fileno(out), TIOCGWINSZ, &size) || !size.ws_row ? 24 : size.ws_row;
}

bool terminal_has_colour(FILE *out)
{
	const char *terminal = getenv("TERM");
	const char *no_colour = getenv("NO_COLOR");

	return isatty(fileno(out)) && terminal && strcmp(terminal, "dumb") &&
	       (!no_colour || !*no_colour);
}
