// SPDX-License-Identifier: GPL-2.0
#include "pager.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "array.h"
#include "terminal.h"

/* What a shell returns for a command that cannot be run, or that there is not. */
#define STATUS_NOT_RUN	 126
#define STATUS_NOT_FOUND 127

int pager_open(struct pager *pager, bool wanted)
{
	*pager = (struct pager){ .out = stdout };
	if (wanted && terminal_height(stdout))
		pager->out = open_memstream(&pager->text, &pager->size);
	return pager->out ? 0 : -ENOMEM;
}

/* The command, for a shell; NULL: none. If less is missing, there is none either. */
static const char *pager_command(void)
{
	const char *command = getenv("LUOSCOPE_PAGER");

	if (!command)
		command = getenv("PAGER");
	if (!command)
		return "command -v less >/dev/null || exit 127; exec less";
	return *command && strcmp(command, "cat") ? command : NULL;
}

/* Whether @text and the prompt after it fit. A line that is wider than the terminal counts once. */
static bool fits(const char *text)
{
	unsigned int lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines < terminal_height(stdout);
}

/* Returns false if the pager could not be run, and nothing was shown. */
static bool show_in_pager(const struct pager *pager, const char *command)
{
	/* ^C and ^\ are the pager's; that it ends early is no error. */
	static const int ignored[] = { SIGINT, SIGQUIT, SIGPIPE };
	struct sigaction before[ARRAY_SIZE(ignored)], child_before;
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	const struct sigaction keep_status = { .sa_handler = SIG_DFL };
	FILE *pipe;
	int status;
	size_t i;

	/* Quit if it fits after all, show colours, and leave the text on the screen. */
	setenv("LESS", "FRX", 0);
	/* A parent that ignores it would have the kernel discard the pager's status. */
	sigaction(SIGCHLD, &keep_status, &child_before);
	pipe = popen(command, "we");
	if (!pipe) {
		sigaction(SIGCHLD, &child_before, NULL);
		return false;
	}
	for (i = 0; i < ARRAY_SIZE(ignored); i++)
		sigaction(ignored[i], &ignore, &before[i]);
	fwrite(pager->text, 1, pager->size, pipe);
	status = pclose(pipe);
	for (i = 0; i < ARRAY_SIZE(ignored); i++)
		sigaction(ignored[i], &before[i], NULL);
	sigaction(SIGCHLD, &child_before, NULL);
	/* Shown twice is better than not at all. */
	if (status < 0)
		return false;
	return !WIFEXITED(status) ||
	       (WEXITSTATUS(status) != STATUS_NOT_RUN && WEXITSTATUS(status) != STATUS_NOT_FOUND);
}

int pager_close(struct pager *pager)
{
	const char *command = pager_command();

	if (pager->out != stdout) {
		if (fclose(pager->out)) {
			free(pager->text);
			return -ENOMEM;
		}
		if (!command || fits(pager->text) || !show_in_pager(pager, command))
			fwrite(pager->text, 1, pager->size, stdout);
		free(pager->text);
	}
	errno = 0;
	if (fflush(stdout) || ferror(stdout))
		return errno ? -errno : -EIO;
	return 0;
}
