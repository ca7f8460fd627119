// SPDX-License-Identifier: GPL-2.0
/*
 * luoscope: shows where the blackout of a live update goes. This file only finds the command.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/counter.h"
#include "base/edit_distance.h"
#include "base/version.h"
#include "commands.h"
#include "common.h"
#include "init.h"

/* @group: heading above this command and those that follow; NULL: the same as before */
static const struct command {
	const char *group;
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "Watch, on the host", "status", cmd_status,
	  "show what this kernel offers, and what to do about what it lacks" },
	{ NULL, "record", cmd_record, "watch live updates on this host" },
	{ NULL, "init", cmd_init,
	  "run as the new kernel's first process, then execute the real init" },
	{ NULL, "tail", cmd_tail, "show events as they happen" },
	{ NULL, "mark", cmd_mark, "record a named span or instant in the stats area" },
	{ NULL, "detach", cmd_detach, "stop watching" },
	{ "Examine an update, of this kernel or from a capture", "report", cmd_report,
	  "show where the blackout went" },
	{ NULL, "timeline", cmd_timeline, "draw the update on a time axis" },
	{ NULL, "metrics", cmd_metrics, "write the figures for Prometheus" },
	{ NULL, "check", cmd_check,
	  "ask whether updates went well, or check them against budgets" },
	{ NULL, "diff", cmd_diff, "compare repeated live updates of two builds" },
	{ "Keep captures", "save", cmd_save, "write a capture of this kernel's data to a file" },
	{ NULL, "list", cmd_list, "list the captures stored on this host" },
};

static void usage(FILE *out)
{
	size_t i;

	fputs("Usage: luoscope COMMAND [OPTION...]\n"
	      "Show where the blackout of a Linux live update goes.\n",
	      out);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (commands[i].group)
			fprintf(out, "\n%s:\n", commands[i].group);
		fprintf(out, "  %-8s  %s\n", commands[i].name, commands[i].help);
	}
	fputs("\n'luoscope help COMMAND' shows the options of a command, with examples.\n", out);
}

static void print_version(FILE *out)
{
	fprintf(out, "luoscope %s\n", luoscope_version);
}

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

/* There is no command @name. */
static void complain(const char *name)
{
	size_t i, distance, least = SIZE_MAX;
	const char *nearest = NULL;
	struct stat status;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		distance = edit_distance(name, commands[i].name);
		if (distance < least && edit_distance_is_small(name, commands[i].name, distance)) {
			least = distance;
			nearest = commands[i].name;
		}
	}
	fprintf(stderr, "luoscope: there is no command '%s'; ", name);
	if (nearest)
		fprintf(stderr, "did you mean '%s'?\n", nearest);
	else if (!stat(name, &status) && S_ISREG(status.st_mode))
		fprintf(stderr, "did you mean 'luoscope report %s'?\n", name);
	else
		fputs("'luoscope --help' lists them\n", stderr);
}

/* Print what was asked for, unless there is an argument @number. Returns the exit status. */
static int answer(char **argv, int argc, int number, void (*print)(FILE *out), const char *what)
{
	if (argc > number) {
		fprintf(stderr, "luoscope: unexpected argument '%s'; see 'luoscope --help'\n",
			argv[number]);
		return 1;
	}
	print(stdout);
	return command_written(what);
}

/* After a command's help argp exits, without checking that the help could be written. */
static void check_help(void)
{
	if (command_written("the help"))
		_exit(1);
}

static bool asks_for_help(char **argv)
{
	for (; *argv && strcmp(*argv, "--"); argv++)
		if (!strcmp(*argv, "--help") || !strcmp(*argv, "-?") || !strcmp(*argv, "--usage"))
			return true;
	return false;
}

static bool is_help(const char *word)
{
	return !strcmp(word, "help") || !strcmp(word, "--help") || !strcmp(word, "-h");
}

/* "help COMMAND" and "COMMAND -h" ask what argp answers as "COMMAND --help". */
static void ask_command(int argc, char **argv)
{
	static char help[] = "--help";

	if (argc != 3)
		return;
	if (is_help(argv[1]))
		argv[1] = argv[2];
	else if (strcmp(argv[2], "-h"))
		return;
	argv[2] = help;
}

int main(int argc, char **argv)
{
	const uint64_t begin_cycles = counter_now();
	const struct command *command = argc > 1 ? find_command(argv[1]) : NULL;
	char name[64];

	init_begin(begin_cycles);
	argp_err_exit_status = 1;

	if (init_is_called_for(command))
		return cmd_init(argc, argv);
	ask_command(argc, argv);
	if (argc > 1 && is_help(argv[1]))
		return answer(argv, argc, 3, usage, "the help");
	if (argc > 1 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")))
		return answer(argv, argc, 2, print_version, "the version");
	if (argc < 2) {
		usage(stderr);
		return 1;
	}
	command = find_command(argv[1]);
	if (!command) {
		complain(argv[1]);
		return 1;
	}
	if (asks_for_help(argv + 2))
		atexit(check_help);
	snprintf(name, sizeof(name), "luoscope %s", command->name);
	argv[1] = name;
	return command->run(argc - 1, argv + 1);
}
