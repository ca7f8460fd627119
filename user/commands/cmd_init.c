// SPDX-License-Identifier: GPL-2.0
/*
 * The first process of the new kernel. The probes must be in place before /dev/liveupdate is first
 * opened, and pid 1 itself may open it, so this runs as pid 1 before the real init does. Whatever
 * goes wrong here, the real init is executed: no measurement is worth a host that does not boot.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/array.h"
#include "base/command_line.h"
#include "base/error.h"
#include "base/log_line.h"
#include "base/now.h"
#include "base/process.h"
#include "base/text.h"
#include "commands.h"
#include "init.h"
#include "probes/attach.h"
#include "probes/leave_out.h"
#include "probes/modules.h"
#include "probes/pins.h"
#include "probes/probe.h"
#include "probes/probes.h"
#include "probes/probes_steps.h"

/* In <linux/pidfd.h> since 6.11 and in <linux/nsfs.h> since 6.18, but not in Debian 12. */
#define PIDFD_GET_PID_NAMESPACE_ _IO(0xFF, 5)
#define PID_NS_INIT_INO_	 0xEFFFFFFCU

static uint64_t begin_cycles;

void init_begin(uint64_t cycles)
{
	begin_cycles = cycles;
}

bool init_is_called_for(bool has_command)
{
	bool is_called_for = !has_command;
	struct stat namespace;
	int process, fd;

	if (getpid() != 1)
		return false;
	process = syscall(SYS_pidfd_open, 1, 0);
	if (process < 0)
		return is_called_for;
	fd = ioctl(process, PIDFD_GET_PID_NAMESPACE_, 0);
	if (fd >= 0) {
		is_called_for = !fstat(fd, &namespace) && namespace.st_ino == PID_NS_INIT_INO_;
		close(fd);
	} else if (errno == EOPNOTSUPP) {
		/* Without namespaces there are no containers. */
		is_called_for = true;
	}
	close(process);
	return is_called_for;
}

/*
 * Mount what BTF, bpffs and the command line need. The real init finds it mounted, and systemd
 * leaves it mounted.
 */
static void mount_what_is_missing(void)
{
	static const struct {
		const char *type, *path, *there;
	} mounts[] = {
		/* Since 5.8 the kernel mounts it a second time over the first. */
		{ "proc", "/proc", "/proc/self" },
		{ "sysfs", "/sys", NULL },
		{ "devtmpfs", "/dev", NULL },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mounts); i++) {
		if (mounts[i].there && !access(mounts[i].there, F_OK))
			continue;
		mkdir(mounts[i].path, 0755);
		/* EBUSY: it is mounted. */
		if (mount(mounts[i].type, mounts[i].path, mounts[i].type, MS_NOSUID, NULL) &&
		    errno != EBUSY)
			log_line("cannot mount %s: %s", mounts[i].path, strerror(errno));
	}
}

#define MODPROBE_PATH "/proc/sys/kernel/modprobe"

static void write_modprobe_path(const char *path)
{
	const int fd = open(MODPROBE_PATH, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, path, strlen(path)) < 0)
		log_line("cannot write " MODPROBE_PATH ": %s", strerror(errno));
	close(fd);
}

/*
 * When bpffs is mounted, the kernel runs modprobe for its module bpf_preload, which nobody needs
 * here, and waits for it without a deadline. Without a path it runs nothing. No other process is
 * there yet; what the kernel itself asks for in this moment finds no modprobe.
 */
static void mount_bpffs(void)
{
	char path[256] = "";
	struct error error;

	if (read_first_line(MODPROBE_PATH, path, sizeof(path)))
		write_modprobe_path("\n");
	if (bpffs_mount(&error) < 0)
		log_line("%s", error.text);
	if (*path)
		write_modprobe_path(path);
}

/* The most time that the helper may take: the real init is waiting. */
#define HELPER_MS 5000

static void log_left_out(const struct probes *probes)
{
	const struct probe *list;
	char label[PROBE_LABEL_BYTES];
	size_t count, i;

	list = probes_list(probes, &count);
	for (i = 0; i < count; i++)
		if (list[i].state == PROBE_LEFT_OUT)
			log_line("not watched: %s: %s", probe_label(label, &list[i]), list[i].why);
}

/* The process that prepares what does not depend on the types of the kernel. */
static struct process helper = { .fd = -1 };

static void prepare(void)
{
	modules_load_luo_stats();
	modules_load_watched();
	probes_warm_up();
}

/*
 * Prepare in a process beside this one, which meanwhile reads the types of the kernel. They share
 * descriptors, so what that process has loaded stays.
 */
static void start_helper(void)
{
	const pid_t pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, 0);

	if (pid <= 0)
		prepare();
	if (!pid)
		_exit(0);
	helper = process_of(pid);
}

static void wait_for_helper(void)
{
	if (!process_ends_in(&helper, HELPER_MS))
		log_line(
			"loading modules took more than 5 seconds; what they provide is not watched");
}

/* Attach what must be in place before the real init is executed. Returns NULL if that fails. */
static struct probes *attach_arrival(bool at_once)
{
	struct probes *probes;
	struct error error;
	bool again;

	if (probes_open_arrival(&probes, at_once, wait_for_helper, &error)) {
		log_line("%s", error.text);
		return NULL;
	}
	if (!probes_attach_arrival(probes, &error)) {
		probes_stamp(probes, LUO_STATS_B8_INIT, begin_cycles);
		return probes;
	}
	again = probes_are_at_once(probes);
	probes_free(probes);
	log_line("%s", error.text);
	return again ? attach_arrival(false) : NULL;
}

/* When this began, and when /proc, /sys, /dev and bpffs were mounted. */
static uint64_t begin_ns, mounted_ns;

/* With luoscope.parts on the command line: log how long each part took. */
static void log_parts(const struct probes *probes)
{
	static const struct {
		enum probes_step step;
		const char *name;
	} parts[] = {
		{ PROBES_OPENED, "object" },   { PROBES_TYPES, "types" },
		{ PROBES_MODULES, "modules" }, { PROBES_FOUND, "targets" },
		{ PROBES_LOADED, "load" },     { PROBES_ATTACHED, "attach" },
	};
	uint64_t last_ns = mounted_ns;
	char text[256];
	size_t length, i;

	if (!command_line_has("luoscope.parts"))
		return;
	length = snprintf(text, sizeof(text), "mounts %.1f", (mounted_ns - begin_ns) / 1e6);
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		const uint64_t reached_ns = probes_reached_ns(probes, parts[i].step);

		length += snprintf(text + length, sizeof(text) - length, ", %s %.1f", parts[i].name,
				   (reached_ns - last_ns) / 1e6);
		last_ns = reached_ns;
	}
	log_line("parts in ms: %s, rest %.1f", text,
		 (read_clock_ns(CLOCK_BOOTTIME) - last_ns) / 1e6);
}

/* Attach everything else. */
static void attach_rest(struct probes *probes)
{
	struct error error;

	if (probes_attach_rest(probes, &error))
		log_line("this kernel's next update is not watched: %s", error.text);
	log_left_out(probes);
}

/*
 * The rest is for the next update, and can wait: a process beside the real init attaches it. An
 * initramfs's systemd ends the processes that it finds, but those whose names begin with '@'.
 */
static void attach(char *name)
{
	struct probes *probes = attach_arrival(true);
	pid_t child;

	if (!probes)
		return;
	child = fork();
	if (child <= 0) {
		if (!child)
			*name = '@';
		attach_rest(probes);
	}
	if (!child)
		_exit(0);
	log_parts(probes);
	probes_stamp(probes, LUO_STATS_INIT_DONE, 0);
	/* No time is spent on freeing what the execution of the real init frees. */
}

/* Whether this is an initramfs, where the kernel's default is /init, and /init is not ourselves. */
static bool init_is_in_initramfs(void)
{
	struct stat init, self;
	struct statfs root;

	return !statfs("/", &root) && (root.f_type == RAMFS_MAGIC || root.f_type == TMPFS_MAGIC) &&
	       !stat("/init", &init) && !stat("/proc/self/exe", &self) &&
	       (init.st_dev != self.st_dev || init.st_ino != self.st_ino);
}

/*
 * Execute the real init: the one on the command line, or else the one that the kernel would find.
 * Returns only if there is none.
 */
static void execute_real_init(char **argv)
{
	static const char *const candidates[] = { "/init", "/sbin/init", "/etc/init", "/bin/init",
						  "/bin/sh" };
	char *given = command_line_value("luoscope.init");
	size_t i;

	if (given) {
		argv[0] = given;
		execv(given, argv);
		log_line("cannot execute luoscope.init=%s: %s", given, strerror(errno));
	}
	for (i = !init_is_in_initramfs(); i < ARRAY_SIZE(candidates); i++) {
		argv[0] = (char *)candidates[i];
		execv(candidates[i], argv);
	}
	log_line(
		"there is no init to execute; give luoscope.init=PATH on the kernel's command line");
}

static const char help[] =
	"Usage: luoscope init\n"
	"Run as the first process of the new kernel: load luo_stats.ko, attach the\n"
	"probes, execute the real init.\n"
	"\n"
	"The kernel runs it. These words go on the command line of the kernel that a live\n"
	"update starts:\n"
	"  init=%-18s  executed from the root file system\n"
	"  rdinit=/luoscope         executed from an initramfs\n"
	"  luoscope.init=PATH       the real init (default: like the kernel, /init or\n"
	"                           /sbin/init)\n"
	"  luoscope.module=PATH     luo_stats.ko (default: /luo_stats.ko, then below\n"
	"                           /lib/modules); not needed where it is built in\n"
	"  luoscope.parts           log how long each part took\n"
	"  luo_stats.area_kib=SIZE  for the module, like all words that begin with\n"
	"                           luo_stats.\n"
	"Other words of the command line go to the real init. Errors go to the kernel\n"
	"log, and the real init is executed in any case.\n"
	"After an update, '/sbin/modprobe' loads KVM and vfio-pci if they are modules:\n"
	"otherwise virtual machines and their devices could not be watched. If it takes\n"
	"more than a second, it is killed. A process beside the real init attaches what\n"
	"the next update needs.\n\n"
	"Examples:\n"
	"  kexec -s -l bzImage --initrd=initrd.img --reuse-cmdline \\\n"
	"    --append=init=%s\n";

/* It names this program where it is, wherever somebody has installed it. */
static void print_help(void)
{
	char self[PATH_MAX];
	const ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length > 0)
		self[length] = '\0';
	else
		strcpy(self, "/usr/sbin/luoscope");
	printf(help, self, self);
}

int cmd_init(int argc, char **argv)
{
	struct error error;

	if (getpid() != 1) {
		const bool asked = argc > 1 &&
				   (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-?"));

		if (!asked)
			fputs("luoscope: 'init' runs only as the first process of a kernel; see 'luoscope init --help'\n",
			      stderr);
		else
			print_help();
		return asked ? 0 : 1;
	}
	begin_ns = read_clock_ns(CLOCK_BOOTTIME);
	mount_what_is_missing();
	mount_bpffs();
	mounted_ns = read_clock_ns(CLOCK_BOOTTIME);
	start_helper();
	/* Until all is attached, nobody else attaches. */
	if (pins_lock(&error) < 0)
		log_line("%s", error.text);
	attach(argv[0]);
	wait_for_helper();
	execute_real_init(argv);
	return 1;
}
