// SPDX-License-Identifier: GPL-2.0
#include "command_line.h"

#include <string.h>

#include "text.h"

int command_line_switch(const char *name)
{
	const size_t length = strlen(name);
	char line[4096];
	char *rest = line, *word;
	int found = -1;

	if (!read_first_line("/proc/cmdline", line, sizeof(line)))
		return -1;
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
