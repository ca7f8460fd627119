// SPDX-License-Identifier: GPL-2.0
#include "pager.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "terminal.h"

/* What a shell returns for a command that cannot be run, or that there is not. */
#define STATUS_NOT_RUN	 126
#define STATUS_NOT_FOUND 127

/* How often to look whether the pager reads. */
#define LOOK_MS 10

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

/* Write the text to the pipe @fd, as far as the pager wants it. Returns how much it was. */
static size_t write_text(const struct pager *pager, int fd)
{
	size_t written = 0;
	ssize_t got;

	while (written < pager->size) {
		got = write(fd, pager->text + written, pager->size - written);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		written += got;
	}
	return written;
}

/* Wait until some of the @written bytes are read, or nobody is left to do so. */
static bool is_read(int fd, size_t written)
{
	struct pollfd reader = { .fd = fd };
	bool is_gone = false;
	int unread;

	for (;;) {
		if (ioctl(fd, FIONREAD, &unread))
			return true;
		if ((size_t)unread < written || is_gone)
			return (size_t)unread < written;
		is_gone = poll(&reader, 1, LOOK_MS) > 0;
	}
}

/* Whether a pager with this @status, of wait(2), has shown something. */
static bool has_shown(int status, bool has_read)
{
	/* ^C and ^\ are the user's. */
	if (WIFSIGNALED(status))
		return has_read || WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGQUIT;
	if (!WEXITSTATUS(status))
		return true;
	return has_read && WEXITSTATUS(status) != STATUS_NOT_RUN &&
	       WEXITSTATUS(status) != STATUS_NOT_FOUND;
}

/* Returns false if the pager could not be run, or failed, and nothing was shown. */
static bool show_in_pager(const struct pager *pager, const char *command)
{
	/* ^C and ^\ are the pager's; that it ends early is no error. */
	static const int ignored[] = { SIGINT, SIGQUIT, SIGPIPE };
	struct sigaction before[ARRAY_SIZE(ignored)], child_before;
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	const struct sigaction keep_status = { .sa_handler = SIG_DFL };
	FILE *pipe;
	bool has_read;
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
	has_read = is_read(fileno(pipe), write_text(pager, fileno(pipe)));
	status = pclose(pipe);
	for (i = 0; i < ARRAY_SIZE(ignored); i++)
		sigaction(ignored[i], &before[i], NULL);
	sigaction(SIGCHLD, &child_before, NULL);
	/* Shown twice is better than not at all. */
	return status >= 0 && has_shown(status, has_read);
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
