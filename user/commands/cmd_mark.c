// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <luoscope/stats_area.h>

#include "base/error.h"
#include "capture/collect.h"
#include "commands.h"
#include "common.h"

#define DEVICE "/dev/luo_mark"

struct arguments {
	const char *word[3];
	unsigned int words;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (arguments->words == 3)
			argp_error(state, "only one mark at a time; '%s' is one word too many",
				   value);
		arguments->word[arguments->words++] = value;
		return 0;
	case ARGP_KEY_END:
		if (arguments->words < 2)
			argp_error(state, "a mark needs begin, end or at, and a NAME");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.parser = parse_option,
	.args_doc = "begin NAME [INSTANCE]\nend NAME [INSTANCE]\nat NAME [INSTANCE]",
	.doc = "Record a named span or instant in the stats area, for the report.\v"
	       "A span may begin before the update and end after it. NAME has 1 to 63 bytes, without"
	       " blanks or control characters. INSTANCE is a number that distinguishes marks of the"
	       " same name (default: 0). If some devices were not seen in service again, the last"
	       " instant named 'resume' ends the blackout.\n\n"
	       "A program can do the same with one write to " DEVICE ": 'begin NAME INSTANCE'.\n\n"
	       "Examples:\n"
	       "  luoscope mark begin guest-paused 7   before the update\n"
	       "  luoscope mark end guest-paused 7     after it\n"
	       "  luoscope mark at services-stopped\n",
};

/* The device would refuse these without giving a reason. */
static int check(const struct arguments *arguments, struct error *error)
{
	const char *verb = arguments->word[0], *name = arguments->word[1];
	const char *instance = arguments->word[2];
	const char *byte;

	if (strcmp(verb, "begin") != 0 && strcmp(verb, "end") != 0 && strcmp(verb, "at") != 0)
		return error_set(error, -EINVAL,
				 "'%s' is not a mark: use begin, end or at, with a NAME after it",
				 verb);
	for (byte = name; *byte; byte++)
		if ((unsigned char)*byte <= ' ' || *byte == 0x7f)
			return error_set(
				error, -EINVAL,
				"a mark's NAME must not contain blanks or control characters");
	if (byte == name)
		return error_set(error, -EINVAL, "a mark's NAME must not be empty");
	if ((size_t)(byte - name) >= sizeof(((struct luo_stats_subject_key *)NULL)->name))
		return error_set(error, -EMSGSIZE,
				 "a mark's NAME must have at most 63 bytes, not %zu",
				 (size_t)(byte - name));
	if (!instance)
		return 0;
	errno = 0;
	strtoull(instance, NULL, 10);
	if (errno || !*instance || strspn(instance, "0123456789") != strlen(instance) ||
	    strlen(instance) > 20)
		return error_set(
			error, -EINVAL,
			"INSTANCE must be a number from 0 to 18446744073709551615, not '%s'",
			instance);
	return 0;
}

/* Why it is not there, or what to do about that. */
static const char *why_no_device(void)
{
	if (!access(COLLECT_SYSFS_DIR, F_OK))
		return "luo_stats is loaded, but its device is not there: another /dev is mounted here";
	if (collect_module_is_built_in())
		return "luo_stats is built in, but did not start: 'luoscope status' shows why";
	return collect_module_advice();
}

static int open_failed(int err, struct error *error)
{
	switch (err) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return error_set(error, -err, "there is no " DEVICE ": %s", why_no_device());
	case EACCES:
	case EPERM:
		return error_set(error, -err,
				 DEVICE " cannot be opened for writing: this needs root, or a udev"
					" rule that gives it to one of your groups");
	default:
		return error_set(error, -err, "cannot open " DEVICE ": %s", strerror(err));
	}
}

static int write_failed(int err, struct error *error)
{
	switch (err) {
	case EAGAIN:
		return error_set(error, -err,
				 "too many marks were written within a second: try again");
	case ENOSPC:
		return error_set(error, -err,
				 "the stats area has no room for another mark: use fewer names and"
				 " instances, or load luo_stats with a larger area_kib");
	case EBUSY:
		return error_set(
			error, -err,
			"a CPU was stopped while it wrote to the stats area, so nothing can"
			" be recorded until this kernel is replaced");
	default:
		return error_set(error, -err, "cannot write to " DEVICE ": %s", strerror(err));
	}
}

static int mark(const struct arguments *arguments, struct error *error)
{
	char text[128];
	ssize_t written;
	int fd, length, err = 0;

	length = snprintf(text, sizeof(text), "%s %s %s", arguments->word[0], arguments->word[1],
			  arguments->word[2] ? arguments->word[2] : "0");
	fd = open(DEVICE, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return open_failed(errno, error);
	/* One write is one mark. */
	written = write(fd, text, length);
	if (written < 0)
		err = write_failed(errno, error);
	else if (written != length)
		err = error_set(error, -EIO, DEVICE " accepted only a part of the mark");
	close(fd);
	return err;
}

int cmd_mark(int argc, char **argv)
{
	struct arguments arguments = {};
	struct error error = {};
	int err;

	if (argp_parse(&argp, argc, argv, 0, NULL, &arguments))
		return 1;
	err = check(&arguments, &error);
	if (!err)
		err = mark(&arguments, &error);
	return err ? command_failed(&error) : 0;
}
