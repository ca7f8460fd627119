/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the commands share.
 */
#ifndef LUOSCOPE_COMMON_H
#define LUOSCOPE_COMMON_H

#include <argp.h>
#include <stdbool.h>

#include "base/error.h"

/* Print "luoscope: TEXT" to stderr, escaped, and return 1, which is the command's exit status. */
int command_failed(const struct error *error);

/* Flush standard output. Returns 0, or 1 after printing that @what could not be written. */
int command_written(const char *what);

/* Set the locale to the user's, and return whether that is a UTF-8 one. */
bool command_is_utf8(void);

/* Format the help of an option, in memory from malloc(). Returns NULL if there is none. */
__attribute__((format(printf, 1, 2))) char *command_help(const char *format, ...);

/*
 * The first argp key for a command's options that have no letter. A letter means the same in every
 * command, so most options have none.
 */
#define COMMAND_KEY 256

/*
 * Options that several commands have, as children of the command's argp. At ARGP_KEY_INIT the
 * command sets state->child_inputs to the structs below, in the order of the names.
 */

/**
 * struct command_json - the option --json
 * @schema: name and version of the document's schema
 * @lines:  the command writes one object a line, not one document
 * @given:  the option was given
 */
struct command_json {
	const char *schema;
	bool lines;
	bool given;
};

/**
 * struct command_top - the option --top=N
 * @help:   what the command shows N of, as a sentence without a full stop
 * @number: the default, then what the user gave; 0: all
 */
struct command_top {
	const char *help;
	unsigned int number;
};

extern const struct argp_child command_json_children[];
extern const struct argp_child command_top_children[];
extern const struct argp_child command_json_top_children[];

#endif /* LUOSCOPE_COMMON_H */
