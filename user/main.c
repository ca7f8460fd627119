// SPDX-License-Identifier: GPL-2.0
/*
 * luoscope: where the blackout of a live update goes. This file only finds the command.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "counter.h"
#include "init.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "record", cmd_record, "watch live updates on this host" },
	{ "detach", cmd_detach, "stop watching" },
	{ "init", cmd_init, "be the first process of the new kernel, then execute the real init" },
	{ "report", cmd_report, "tell where the blackout went" },
	{ "save", cmd_save, "write a capture of this kernel's data to a file" },
	{ "status", cmd_status, "what this kernel offers, and what to do about what is missing" },
};

static void usage(FILE *out)
{
	size_t i;

	fputs("Usage: luoscope COMMAND [OPTION...]\n"
	      "Tell where the blackout of a Linux live update goes.\n\n",
	      out);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-8s  %s\n", commands[i].name, commands[i].help);
	fputs("\n'luoscope COMMAND --help' tells a command's options, with examples.\n", out);
}

int command_failed(const struct error *error)
{
	fprintf(stderr, "luoscope: %s\n", error->text);
	return 1;
}

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const uint64_t begin_cycles = counter_now();
	const struct command *command = argc > 1 ? find_command(argv[1]) : NULL;
	char name[64];

	init_begin(begin_cycles);
	argp_err_exit_status = 1;

	if (argc > 1 &&
	    (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))) {
		usage(stdout);
		return 0;
	}
	if (argc > 1 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))) {
		puts("luoscope " LUOSCOPE_VERSION);
		return 0;
	}
	/*
	 * As init= or rdinit= the kernel executes it by its path alone: what follows is meant for
	 * the real init. In a container the first process may be any command.
	 */
	if (getpid() == 1 && !command)
		return cmd_init(argc, argv);
	if (argc < 2) {
		usage(stderr);
		return 1;
	}
	if (!command) {
		fprintf(stderr,
			"luoscope: there is no command '%s'; 'luoscope --help' lists them\n",
			argv[1]);
		return 1;
	}
	snprintf(name, sizeof(name), "luoscope %s", command->name);
	argv[1] = name;
	return command->run(argc - 1, argv + 1);
}
