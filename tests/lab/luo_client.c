// SPDX-License-Identifier: GPL-2.0
/*
 * luo_client: the lab's user of live update. It runs in the guest, on both sides of the update.
 *
 * A memfd is filled with a pattern made from the name of its session and its token, so these two
 * are enough to check every byte in the new kernel.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "liveupdate_uapi.h"

#define DEFAULT_KIB 64

static const char usage_text[] =
	"usage: luo_client preserve [--stamp SPEC] SESSION TOKEN[:KIB]... [-- SESSION ...]...\n"
	"           make memfds (64 KiB if not said), preserve them, print the pid of the\n"
	"           background process that holds the sessions; killing it unpreserves.\n"
	"           Two stamps enclose what preserves the last one: VALUE is the second, and\n"
	"           the first one has bit 7 set.\n"
	"           TOKEN=PATH preserves the file PATH, of which only the return is checked\n"
	"       luo_client retrieve [--stamp SPEC] [--no-finish] SESSION TOKEN[:KIB]... [-- ...]\n"
	"           take all files back, check every byte, finish the sessions; stamps as\n"
	"           for preserve, around what retrieves the last file;\n"
	"           --no-finish: a background process keeps them open and unfinished (its\n"
	"           pid is printed), for the kernel finishes a session that is closed\n"
	"       luo_client churn SECONDS COUNT SESSION...\n"
	"           a process for each name makes a session of one small memfd and closes it,\n"
	"           COUNT times, or until SECONDS have passed, and prints how often\n"
	"       luo_client kexec-load BZIMAGE INITRD CMDLINE\n"
	"           an INITRD of \"-\" is none\n"
	"       luo_client reboot-kexec [--stamp SPEC]\n"
	"           returns only if the update was refused, with the reason\n"
	"       luo_client stamp SPEC\n"
	"           SPEC is BDF:OFFSET:VALUE: one byte written to the configuration space of\n"
	"           a PCI device, which QEMU's trace shows with the host's time\n";

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	fputs("luo_client: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void __attribute__((noreturn)) die_usage(void)
{
	fputs(usage_text, stderr);
	exit(1);
}

static uint64_t parse_number(const char *text, const char *what)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		die("%s is not a number: '%s'", what, text);
	return value;
}

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		die("cannot open %s: %s", path, strerror(errno));
	return fd;
}

/*
 * A stamp is prepared in advance, so that it takes only one system call at the moment it marks.
 */
struct stamp {
	int fd;
	off_t offset;
	uint8_t value;
};

static const struct stamp no_stamp = { .fd = -1 };

static struct stamp stamp_prepare(char *spec)
{
	struct stamp stamp;
	char path[128], *value, *offset;
	uint64_t number;

	value = strrchr(spec, ':');
	if (!value)
		die_usage();
	*value++ = '\0';
	offset = strrchr(spec, ':');
	if (!offset)
		die_usage();
	*offset++ = '\0';

	number = parse_number(value, "the value of a stamp");
	if (number > UINT8_MAX)
		die("a stamp is one byte, and %s is more", value);
	stamp.value = number;
	stamp.offset = parse_number(offset, "the offset of a stamp");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", spec);
	stamp.fd = open_or_die(path, O_WRONLY);
	return stamp;
}

static void stamp_write_value(const struct stamp *stamp, uint8_t value)
{
	if (stamp->fd >= 0 && pwrite(stamp->fd, &value, 1, stamp->offset) != 1)
		die("cannot write the stamp: %s", strerror(errno));
}

static void stamp_write(const struct stamp *stamp)
{
	stamp_write_value(stamp, stamp->value);
}

/* To be called right before the system call that the stamp marks; stamp_write() comes after it. */
static void stamp_write_before(const struct stamp *stamp)
{
	stamp_write_value(stamp, stamp->value | 0x80);
}

struct item {
	const char *session;
	uint64_t token;
	const char *path; /* NULL: a memfd */
	size_t size;
	bool opens_session; /* the first of its session */
	int session_fd;
	int fd;
};

struct plan {
	struct item *items;
	int count;
};

/* SESSION TOKEN[:KIB]... with "--" before each further session. */
static struct plan parse_plan(int argc, char **argv)
{
	struct plan plan = { .items = calloc(argc + 1, sizeof(*plan.items)) };
	const char *session = NULL;
	bool first = false;
	int i;

	if (!plan.items)
		die("out of memory");
	for (i = 0; i < argc; i++) {
		struct item *item = &plan.items[plan.count];
		uint64_t kib = DEFAULT_KIB;
		char *colon, *equals;

		if (!strcmp(argv[i], "--")) {
			session = NULL;
			continue;
		}
		if (!session) {
			session = argv[i];
			first = true;
			if (strlen(session) >= LUO_SESSION_NAME)
				die("a session's name has at most %d bytes", LUO_SESSION_NAME - 1);
			continue;
		}
		equals = strchr(argv[i], '=');
		if (equals)
			*equals++ = '\0';
		colon = strchr(argv[i], ':');
		if (colon) {
			*colon = '\0';
			kib = parse_number(colon + 1, "a size in KiB");
			if (!kib || kib > SIZE_MAX / 1024)
				die("a memfd cannot have %s KiB", colon + 1);
		}
		*item = (struct item){
			.session = session,
			.token = parse_number(argv[i], "a token"),
			.path = equals,
			.size = kib * 1024,
			.opens_session = first,
			.session_fd = -1,
			.fd = -1,
		};
		first = false;
		plan.count++;
	}
	if (!plan.count)
		die_usage();
	return plan;
}

/*
 * SplitMix64, seeded with FNV-1a of the name and the token: no two files share a pattern, and no
 * page repeats.
 */
static uint64_t pattern_seed(const struct item *item)
{
	uint64_t hash = 0xcbf29ce484222325;
	const char *byte;
	int i;

	for (byte = item->session; *byte; byte++)
		hash = (hash ^ (uint8_t)*byte) * 0x100000001b3;
	for (i = 0; i < 64; i += 8)
		hash = (hash ^ ((item->token >> i) & 0xff)) * 0x100000001b3;
	return hash;
}

static uint64_t pattern_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static uint64_t *map_item(const struct item *item, int protection)
{
	void *words = mmap(NULL, item->size, protection, MAP_SHARED, item->fd, 0);

	if (words == MAP_FAILED)
		die("cannot map memfd %s/%llu: %s", item->session, (unsigned long long)item->token,
		    strerror(errno));
	return words;
}

static void memfd_make(struct item *item)
{
	uint64_t state = pattern_seed(item);
	uint64_t *words;
	size_t i;

	item->fd = memfd_create(item->session, MFD_CLOEXEC);
	if (item->fd < 0 || ftruncate(item->fd, item->size))
		die("cannot make a memfd of %zu bytes: %s", item->size, strerror(errno));
	words = map_item(item, PROT_READ | PROT_WRITE);
	for (i = 0; i < item->size / sizeof(*words); i++)
		words[i] = pattern_next(&state);
	munmap(words, item->size);
}

static void memfd_check(const struct item *item)
{
	unsigned long long token = item->token;
	uint64_t state = pattern_seed(item);
	struct stat st;
	uint64_t *words;
	size_t i;

	if (fstat(item->fd, &st))
		die("cannot ask the size of memfd %s/%llu: %s", item->session, token,
		    strerror(errno));
	if ((uint64_t)st.st_size != item->size)
		die("memfd %s/%llu arrived with %lld bytes instead of %zu", item->session, token,
		    (long long)st.st_size, item->size);
	words = map_item(item, PROT_READ);
	for (i = 0; i < item->size / sizeof(*words); i++)
		if (words[i] != pattern_next(&state))
			die("memfd %s/%llu arrived with other contents, first at byte %zu",
			    item->session, token, i * sizeof(*words));
	munmap(words, item->size);
	printf("memfd %s/%llu ok\n", item->session, token);
}

static int session_get(int luo, unsigned long command, const char *name)
{
	struct luo_session_request request = { .size = sizeof(request) };

	strncpy(request.name, name, sizeof(request.name) - 1);
	if (ioctl(luo, command, &request))
		die("cannot %s session %s: %s",
		    command == LUO_SESSION_CREATE ? "create" : "retrieve", name, strerror(errno));
	return request.fd;
}

/*
 * The sessions of a plan, each opened once; a file follows its session at once, as a VMM would
 * do it. The last file's step gets the stamp.
 */
static void for_each_file(struct plan *plan, unsigned long session_command,
			  void (*file_step)(struct item *item, const struct stamp *stamp),
			  const struct stamp *stamp)
{
	int luo = open_or_die(LUO_DEVICE, O_RDWR);
	int i, session = -1;

	for (i = 0; i < plan->count; i++) {
		struct item *item = &plan->items[i];

		if (item->opens_session)
			session = session_get(luo, session_command, item->session);
		item->session_fd = session;
		file_step(item, i == plan->count - 1 ? stamp : &no_stamp);
	}
	close(luo);
}

static void item_preserve(struct item *item, const struct stamp *stamp)
{
	struct luo_file_request request = { .size = sizeof(request), .token = item->token };

	if (item->path)
		item->fd = open_or_die(item->path, O_RDWR);
	else
		memfd_make(item);
	request.fd = item->fd;
	stamp_write_before(stamp);
	if (ioctl(item->session_fd, LUO_FILE_PRESERVE, &request))
		die("cannot preserve file %s/%llu: %s", item->session,
		    (unsigned long long)item->token, strerror(errno));
	stamp_write(stamp);
}

static void item_retrieve(struct item *item, const struct stamp *stamp)
{
	struct luo_file_request request = { .size = sizeof(request), .token = item->token };

	stamp_write_before(stamp);
	if (ioctl(item->session_fd, LUO_FILE_RETRIEVE, &request))
		die("cannot retrieve file %s/%llu: %s", item->session,
		    (unsigned long long)item->token, strerror(errno));
	stamp_write(stamp);
	item->fd = request.fd;
}

/*
 * Leaves a child that keeps every descriptor open until it is killed or the machine goes down. Its
 * standard streams are let go, so that it keeps no file system busy and nobody waits for the end of
 * its output.
 */
static void hold_in_background(void)
{
	pid_t pid;
	int null;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("cannot fork: %s", strerror(errno));
	if (pid) {
		printf("%d\n", (int)pid);
		return;
	}
	null = open_or_die("/dev/null", O_RDWR);
	if (setsid() < 0 || chdir("/") || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(null, 2) < 0)
		_exit(1);
	for (;;)
		pause();
}

static int do_preserve(int argc, char **argv)
{
	static const struct option options[] = {
		{ "stamp", required_argument, NULL, 's' },
		{},
	};
	struct stamp stamp = no_stamp;
	struct plan plan;
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (option != 's')
			die_usage();
		stamp = stamp_prepare(optarg);
	}
	plan = parse_plan(argc - optind, argv + optind);

	for_each_file(&plan, LUO_SESSION_CREATE, item_preserve, &stamp);
	hold_in_background();
	return 0;
}

static int do_retrieve(int argc, char **argv)
{
	static const struct option options[] = {
		{ "stamp", required_argument, NULL, 's' },
		{ "no-finish", no_argument, NULL, 'n' },
		{},
	};
	struct luo_finish_request request = { .size = sizeof(request) };
	struct stamp stamp = no_stamp;
	bool finish = true;
	struct plan plan;
	int option, i;

	/* "+": what follows the first name is the plan's, "--" included. */
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (option == 's')
			stamp = stamp_prepare(optarg);
		else if (option == 'n')
			finish = false;
		else
			die_usage();
	}
	plan = parse_plan(argc - optind, argv + optind);

	for_each_file(&plan, LUO_SESSION_RETRIEVE, item_retrieve, &stamp);
	for (i = 0; i < plan.count; i++)
		if (!plan.items[i].path)
			memfd_check(&plan.items[i]);
	if (!finish) {
		hold_in_background();
		return 0;
	}
	for (i = 0; i < plan.count; i++) {
		if (!plan.items[i].opens_session)
			continue;
		if (ioctl(plan.items[i].session_fd, LUO_SESSION_FINISH, &request))
			die("cannot finish session %s: %s", plan.items[i].session, strerror(errno));
		printf("session %s finished\n", plan.items[i].session);
	}
	return 0;
}

/*
 * The kernel unpreserves what a session that is closed has preserved. Returns how many sessions
 * there were.
 */
static uint64_t churn(int luo, const char *session, uint64_t seconds, uint64_t count)
{
	struct timespec start, now;
	uint64_t i;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (i = 0; i < count; i++) {
		struct item item = { .session = session, .token = i, .size = 4096 };

		clock_gettime(CLOCK_MONOTONIC, &now);
		if ((uint64_t)(now.tv_sec - start.tv_sec) >= seconds)
			break;
		item.session_fd = session_get(luo, LUO_SESSION_CREATE, session);
		item_preserve(&item, &no_stamp);
		close(item.fd);
		close(item.session_fd);
	}
	return i;
}

static int do_churn(int argc, char **argv)
{
	uint64_t seconds, count;
	int luo, status, i;

	if (argc < 4)
		die_usage();
	seconds = parse_number(argv[1], "a number of seconds");
	count = parse_number(argv[2], "a number of sessions");
	luo = open_or_die(LUO_DEVICE, O_RDWR);
	for (i = 3; i < argc; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("cannot fork: %s", strerror(errno));
		if (pid)
			continue;
		printf("%llu\n", (unsigned long long)churn(luo, argv[i], seconds, count));
		return 0;
	}
	while (wait(&status) > 0)
		if (status)
			die("a process that made sessions failed");
	return 0;
}

static int do_kexec_load(int argc, char **argv)
{
	int kernel, initrd = -1;
	unsigned long flags = 0;

	if (argc != 4)
		die_usage();
	kernel = open_or_die(argv[1], O_RDONLY);
	if (strcmp(argv[2], "-"))
		initrd = open_or_die(argv[2], O_RDONLY);
	else
		flags = KEXEC_FILE_NO_INITRAMFS;
	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[3]) + 1, argv[3], flags))
		die("cannot load %s for kexec: %s", argv[1], strerror(errno));
	return 0;
}

static int do_reboot_kexec(int argc, char **argv)
{
	static const struct option options[] = {
		{ "stamp", required_argument, NULL, 's' },
		{},
	};
	struct stamp stamp = no_stamp;
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (option != 's')
			die_usage();
		stamp = stamp_prepare(optarg);
	}
	if (optind != argc)
		die_usage();

	sync();
	stamp_write(&stamp);
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, NULL);
	die("the kernel refused the update: %s", strerror(errno));
}

static int do_stamp(int argc, char **argv)
{
	struct stamp stamp;

	if (argc != 2)
		die_usage();
	stamp = stamp_prepare(argv[1]);
	stamp_write(&stamp);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{ "preserve", do_preserve },	 { "retrieve", do_retrieve },
		{ "kexec-load", do_kexec_load }, { "reboot-kexec", do_reboot_kexec },
		{ "stamp", do_stamp },		 { "churn", do_churn },
	};
	size_t i;

	if (argc < 2)
		die_usage();
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	die_usage();
}
