// SPDX-License-Identifier: GPL-2.0
#include "command_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* Read the kernel's command line; it is empty if that fails. */
static void read_command_line(char *line, size_t size)
{
	if (!read_first_line("/proc/cmdline", line, size))
		*line = '\0';
}

int command_line_switch(const char *name)
{
	const size_t length = strlen(name);
	char line[4096];
	char *rest = line, *word;
	int found = -1;

	read_command_line(line, sizeof(line));
	while ((word = strtok_r(rest, " ", &rest))) {
		if (strncmp(word, name, length) || word[length] != '=')
			continue;
		word += length + 1;
		/* Like kstrtobool(): it reads "on", "of", or the first letter of other words. */
		found = strchr("yYtT1", *word) ||
			((*word == 'o' || *word == 'O') && (word[1] == 'n' || word[1] == 'N'));
	}
	return found;
}

char *command_line_value(const char *name)
{
	const size_t name_length = strlen(name);
	const char *value = NULL;
	char line[4096];
	char *word, *rest = line;

	read_command_line(line, sizeof(line));
	while ((word = strtok_r(rest, " ", &rest))) {
		if (!strncmp(word, name, name_length) && word[name_length] == '=')
			value = word + name_length + 1;
	}
	return value ? strdup(value) : NULL;
}

bool command_line_has(const char *wanted)
{
	char line[4096];
	char *word, *rest = line;

	read_command_line(line, sizeof(line));
	while ((word = strtok_r(rest, " ", &rest)))
		if (!strcmp(word, wanted))
			return true;
	return false;
}

void command_line_words(const char *prefix, char *words, size_t size)
{
	const size_t prefix_length = strlen(prefix);
	size_t length = 0;
	char line[4096];
	char *word, *rest = line;

	*words = '\0';
	read_command_line(line, sizeof(line));
	while ((word = strtok_r(rest, " ", &rest))) {
		if (strncmp(word, prefix, prefix_length) != 0 || length + strlen(word) >= size)
			continue;
		length += snprintf(words + length, size - length, " %s", word + prefix_length);
	}
}
