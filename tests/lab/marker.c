// SPDX-License-Identifier: GPL-2.0
/*
 * marker: writes to /dev/luo_mark for the tests, and prints the result of each write.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEVICE	 "/dev/luo_mark"
#define NOBODY	 65534
#define MOST_FDS 64

static const char usage_text[] =
	"usage: marker open\n"
	"           open the device, print the result\n"
	"       marker write TEXT...\n"
	"           one write each, through one open file; \\n, \\t and \\0 are what they are in C\n"
	"       marker flood FILES TEXT\n"
	"           write through FILES open files in turn until a write fails; tell how many went\n"
	"           well, with what the last one failed and how many ms it took\n"
	"       marker every MS TEXT\n"
	"           write for ever, in the background\n"
	"       marker nobody COMMAND...\n"
	"           one of the above without privileges; if 3 is open, it is the device\n";

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "marker: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void __attribute__((noreturn)) die_usage(void)
{
	fputs(usage_text, stderr);
	exit(1);
}

/* A process that may not open the device may have inherited it. */
static int given = -1;

static int open_device(void)
{
	int fd = given >= 0 ? given : open(DEVICE, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		die(DEVICE);
	return fd;
}

static const char *result(ssize_t written)
{
	return written < 0 ? strerrorname_np(errno) : "ok";
}

/* In place; returns the length. */
static size_t unescape(char *text)
{
	char *from = text, *to = text;

	for (; *from; from++) {
		if (*from != '\\') {
			*to++ = *from;
			continue;
		}
		from++;
		*to++ = *from == 'n' ? '\n' : *from == 't' ? '\t' : *from == '0' ? '\0' : *from;
	}
	return to - text;
}

static int do_open(void)
{
	puts(result(open(DEVICE, O_WRONLY)));
	return 0;
}

static int do_write(int argc, char **argv)
{
	int fd = open_device();
	int i;

	for (i = 0; i < argc; i++) {
		size_t length = unescape(argv[i]);

		puts(result(write(fd, argv[i], length)));
	}
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static int do_flood(int files, const char *text)
{
	const size_t length = strlen(text);
	int fd[MOST_FDS], i;
	long accepted;
	int64_t begin;

	if (files < 1 || files > MOST_FDS)
		die_usage();
	for (i = 0; i < files; i++)
		fd[i] = open_device();
	begin = now_ms();
	for (accepted = 0; write(fd[accepted % files], text, length) >= 0; accepted++)
		;
	printf("%ld %s %lld\n", accepted, result(-1), (long long)(now_ms() - begin));
	return 0;
}

static int do_every(int ms, const char *text)
{
	int fd = open_device(), null;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid)
		return 0;
	null = open("/dev/null", O_RDWR);
	if (setsid() < 0 || chdir("/") || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(null, 2) < 0)
		_exit(1);
	for (;;) {
		if (write(fd, text, strlen(text)) < 0)
			_exit(1);
		usleep(ms * 1000);
	}
}

int main(int argc, char **argv)
{
	argv++;
	argc--;
	if (argc && !strcmp(*argv, "nobody")) {
		if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
		    setresuid(NOBODY, NOBODY, NOBODY))
			die("cannot become nobody");
		given = fcntl(3, F_GETFD) >= 0 ? 3 : -1;
		argv++;
		argc--;
	}
	if (argc == 1 && !strcmp(*argv, "open"))
		return do_open();
	if (argc > 1 && !strcmp(*argv, "write"))
		return do_write(argc - 1, argv + 1);
	if (argc == 3 && !strcmp(*argv, "flood"))
		return do_flood(atoi(argv[1]), argv[2]);
	if (argc == 3 && !strcmp(*argv, "every"))
		return do_every(atoi(argv[1]), argv[2]);
	die_usage();
}
