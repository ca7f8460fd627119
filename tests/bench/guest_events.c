// SPDX-License-Identifier: GPL-2.0
/*
 * What tests/bench/alternatives.t does in its guest, and the time that it takes: events that
 * luoscope and other tools observe, and the tools' own start, memory and use of the CPU.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../lab/liveupdate_uapi.h"

#define FILES 50

static const char usage_text[] =
	"usage: guest_events preserve ROUNDS    a session of 50 memfds is preserved and closed; prints\n"
	"                                       the least time for a file, in ns\n"
	"       guest_events hold SESSIONS      preserve as many such sessions, and keep them\n"
	"       guest_events retrieve SESSIONS  take them back; prints as \"preserve\"\n"
	"       guest_events kexec              a kexec that is refused; prints how many ns it took\n"
	"       guest_events marks KIND COUNT   KIND is luoscope, marker or uprobe; 100 a second, for\n"
	"                                       /dev/luo_mark takes 256; prints the time of each,\n"
	"                                       the median of each 100\n"
	"       guest_events start FILE LINES COMMAND...  until that file has as many lines; prints the\n"
	"                                       pid and ms. The command writes to /tmp/said\n"
	"       guest_events use PID            prints the CPU time in ms of a process and its descendants,\n"
	"                                       and the most memory that one of them had, in KiB\n"
	"       guest_events where              prints where the function for probes of user space is\n"
	"       guest_events spans COUNT        preserve and unpreserve as many files as fast as can be;\n"
	"                                       prints how many ms it took\n";

static void die(const char *what)
{
	fprintf(stderr, "guest_events: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* Who observes has the other CPU. */
static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static int open_luo(void)
{
	int luo = open(LUO_DEVICE, O_RDWR | O_CLOEXEC);

	if (luo < 0)
		die(LUO_DEVICE);
	return luo;
}

static int open_session(int luo, unsigned long command, int number)
{
	struct luo_session_request request = { .size = sizeof(request) };

	snprintf(request.name, sizeof(request.name), "vm-%d", number);
	if (ioctl(luo, command, &request))
		die("a session");
	return request.fd;
}

static void make_memfds(int *fds)
{
	int i;

	for (i = 0; i < FILES; i++) {
		fds[i] = memfd_create("memory", MFD_CLOEXEC);
		if (fds[i] < 0 || ftruncate(fds[i], 4096) || pwrite(fds[i], "x", 1, 0) != 1)
			die("a memfd");
	}
}

/* Returns the time that it takes for all of them. */
static uint64_t preserve(int session, const int *fds, int count)
{
	const uint64_t begin = now_ns();
	int i;

	for (i = 0; i < count; i++) {
		struct luo_file_request request = { .size = sizeof(request),
						    .fd = fds[i],
						    .token = i };

		if (ioctl(session, LUO_FILE_PRESERVE, &request))
			die("preserve");
	}
	return now_ns() - begin;
}

static void do_preserve(int rounds)
{
	int fds[FILES], luo = open_luo();
	uint64_t least = UINT64_MAX;

	make_memfds(fds);
	while (rounds--) {
		const int session = open_session(luo, LUO_SESSION_CREATE, 0);
		const uint64_t took = preserve(session, fds, FILES);

		least = took < least ? took : least;
		close(session);
	}
	printf("%llu\n", (unsigned long long)least / FILES);
}

static void do_hold(int sessions)
{
	int fds[FILES], luo = open_luo(), i, j;

	for (i = 0; i < sessions; i++) {
		make_memfds(fds);
		preserve(open_session(luo, LUO_SESSION_CREATE, i), fds, FILES);
		/* The session has them. */
		for (j = 0; j < FILES; j++)
			close(fds[j]);
	}
	printf("held\n");
	fflush(stdout);
	for (;;)
		pause();
}

static void do_retrieve(int sessions)
{
	struct luo_finish_request finish = { .size = sizeof(finish) };
	uint64_t least = UINT64_MAX;
	int luo = open_luo(), fds[FILES], i, j;

	for (i = 0; i < sessions; i++) {
		const int session = open_session(luo, LUO_SESSION_RETRIEVE, i);
		const uint64_t begin = now_ns();
		uint64_t took;

		for (j = 0; j < FILES; j++) {
			struct luo_file_request request = { .size = sizeof(request), .token = j };

			if (ioctl(session, LUO_FILE_RETRIEVE, &request))
				die("retrieve");
			fds[j] = request.fd;
		}
		took = now_ns() - begin;
		least = took < least ? took : least;
		if (ioctl(session, LUO_SESSION_FINISH, &finish))
			die("finish");
		for (j = 0; j < FILES; j++)
			close(fds[j]);
	}
	printf("%llu\n", (unsigned long long)least / FILES);
}

static void do_kexec(void)
{
	const uint64_t begin = now_ns();

	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, NULL);
	printf("%llu\n", (unsigned long long)(now_ns() - begin));
}

/* What a probe of user space is put on. */
__attribute__((noinline, noclone, used)) void mark(const char *text)
{
	__asm__ volatile("" : : "r"(text) : "memory");
}

/* Its offset in the program's file. */
static void do_where(void)
{
	const uint64_t at = (uint64_t)(uintptr_t)mark;
	unsigned long long begin, end, offset;
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%llx-%llx %*s %llx", &begin, &end, &offset) == 3 && at >= begin &&
		    at < end)
			printf("0x%llx\n", (unsigned long long)at - begin + offset);
}

static int compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void do_marks(const char *kind, int count)
{
	static const char text[] = "at step 1";
	const char *path = !strcmp(kind, "luoscope") ? "/dev/luo_mark" :
			   !strcmp(kind, "marker")   ? "/sys/kernel/tracing/trace_marker" :
						       NULL;
	const int fd = path ? open(path, O_WRONLY) : -1;
	uint64_t took[64];
	int i, batch;

	if (path && fd < 0)
		die(path);
	for (batch = 0; batch < 64 && batch < count / 100; batch++) {
		const uint64_t begin = now_ns();

		for (i = 0; i < 100; i++) {
			if (path && write(fd, text, sizeof(text) - 1) < 0)
				die(path);
			else if (!path)
				mark(text);
		}
		took[batch] = (now_ns() - begin) / 100;
		sleep(1);
	}
	qsort(took, batch, sizeof(*took), compare);
	printf("%llu\n", (unsigned long long)(batch ? took[batch / 2] : 0));
}

/* A line that begins with a tab belongs to the one before it. */
static int count_lines(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[512];
	int lines = 0;

	while (file && fgets(line, sizeof(line), file))
		lines += *line != '\t';
	if (file)
		fclose(file);
	return lines;
}

static void do_start(const char *path, int lines, char **command)
{
	const uint64_t begin = now_ns();
	const pid_t pid = fork();

	if (!pid) {
		const int said = open("/tmp/said", O_WRONLY | O_CREAT | O_TRUNC, 0600);

		setsid();
		run_on(1);
		dup2(said, STDOUT_FILENO);
		dup2(said, STDERR_FILENO);
		execvp(command[0], command);
		die(command[0]);
	}
	/* Each look takes a while itself, and stops whoever attaches. */
	while (count_lines(path) < lines && now_ns() - begin < 120000000000ull) {
		if (waitpid(pid, NULL, WNOHANG) == pid && count_lines(path) < lines)
			die("it has ended");
		usleep(20000);
	}
	printf("%d %llu\n", (int)pid, (unsigned long long)(now_ns() - begin) / 1000000);
}

/* Adds what it and its descendants took of the CPU so far, and finds the largest of them. */
static void add_use(int pid, uint64_t *ms, uint64_t *kib)
{
	unsigned long user, system, gone_user, gone_system;
	char path[300], line[1024], *end;
	struct dirent *entry;
	int parent;
	FILE *file;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return;
	end = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	fclose(file);
	if (end && sscanf(end, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu",
			  &user, &system, &gone_user, &gone_system) == 4)
		*ms += (user + system + gone_user + gone_system) * 1000 / sysconf(_SC_CLK_TCK);
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "VmHWM:", 6) && strtoul(line + 6, NULL, 10) > *kib)
			*kib = strtoul(line + 6, NULL, 10);
	if (file)
		fclose(file);
	dir = opendir("/proc");
	while (dir && (entry = readdir(dir))) {
		if (atoi(entry->d_name) < 1)
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		end = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
		fclose(file);
		if (end && sscanf(end, ") %*c %d", &parent) == 1 && parent == pid)
			add_use(atoi(entry->d_name), ms, kib);
	}
	if (dir)
		closedir(dir);
}

static void do_use(int pid)
{
	uint64_t ms = 0, kib = 0;

	add_use(pid, &ms, &kib);
	printf("%llu %llu\n", (unsigned long long)ms, (unsigned long long)kib);
}

static void do_spans(int count)
{
	int fds[FILES], luo = open_luo();
	const uint64_t begin = now_ns();

	make_memfds(fds);
	for (; count > 0; count -= FILES) {
		const int session = open_session(luo, LUO_SESSION_CREATE, 0);

		preserve(session, fds, count < FILES ? count : FILES);
		close(session);
	}
	printf("%llu\n", (unsigned long long)(now_ns() - begin) / 1000000);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	run_on(0);
	if (!strcmp(what, "preserve") && argc == 3)
		do_preserve(atoi(argv[2]));
	else if (!strcmp(what, "hold") && argc == 3)
		do_hold(atoi(argv[2]));
	else if (!strcmp(what, "retrieve") && argc == 3)
		do_retrieve(atoi(argv[2]));
	else if (!strcmp(what, "kexec") && argc == 2)
		do_kexec();
	else if (!strcmp(what, "marks") && argc == 4)
		do_marks(argv[2], atoi(argv[3]));
	else if (!strcmp(what, "start") && argc > 4)
		do_start(argv[2], atoi(argv[3]), argv + 4);
	else if (!strcmp(what, "use") && argc == 3)
		do_use(atoi(argv[2]));
	else if (!strcmp(what, "where") && argc == 2)
		do_where();
	else if (!strcmp(what, "spans") && argc == 3)
		do_spans(atoi(argv[2]));
	else
		return fputs(usage_text, stderr), 1;
	return 0;
}
