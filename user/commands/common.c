// SPDX-License-Identifier: GPL-2.0
#include "common.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

int command_failed(const struct error *error)
{
	/* It may quote the name of a file, or its contents. */
	char *text = escape_text_whole(error->text, command_is_utf8());

	fprintf(stderr, "luoscope: %s\n", text ? text : "out of memory");
	free(text);
	return 1;
}

bool command_is_utf8(void)
{
	setlocale(LC_CTYPE, "");
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

int command_written(const char *what)
{
	struct error error;
	int err;

	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	err = errno ? errno : EIO;
	error_set(&error, -err, "cannot write %s: %s", what, strerror(err));
	return command_failed(&error);
}

char *command_help(const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	return text;
}

static error_t parse_json(int key, char *value, struct argp_state *state)
{
	struct command_json *json = state->input;

	(void)value;
	if (key != 'j')
		return ARGP_ERR_UNKNOWN;
	json->given = true;
	return 0;
}

static char *help_json(int key, const char *text, void *input)
{
	const struct command_json *json = input;

	if (key != 'j')
		return (char *)text;
	return command_help("Write %s (schema %s)",
			    json->lines ? "one JSON object a line" : "one JSON document",
			    json->schema);
}

static const struct argp json_argp = {
	.options = (const struct argp_option[]){ { "json", 'j', NULL, 0, "", 0 }, { 0 } },
	.parser = parse_json,
	.help_filter = help_json,
};

static error_t parse_top(int key, char *value, struct argp_state *state)
{
	struct command_top *top = state->input;
	unsigned long number;
	char *end;

	if (key != 'n')
		return ARGP_ERR_UNKNOWN;
	errno = 0;
	number = strtoul(value, &end, 10);
	if (errno || *end || *value < '0' || *value > '9' || number > 1000000)
		argp_error(state, "--top must be a number from 0 to 1000000, not '%s'", value);
	top->number = number;
	return 0;
}

static char *help_top(int key, const char *text, void *input)
{
	const struct command_top *top = input;

	if (key != 'n')
		return (char *)text;
	return command_help("%s; 0: all (default: %u)", top->help, top->number);
}

static const struct argp top_argp = {
	.options = (const struct argp_option[]){ { "top", 'n', "N", 0, "", 0 }, { 0 } },
	.parser = parse_top,
	.help_filter = help_top,
};

const struct argp_child command_json_children[] = { { .argp = &json_argp }, { 0 } };
const struct argp_child command_top_children[] = { { .argp = &top_argp }, { 0 } };
const struct argp_child command_json_top_children[] = {
	{ .argp = &json_argp },
	{ .argp = &top_argp },
	{ 0 },
};
