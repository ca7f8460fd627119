// SPDX-License-Identifier: GPL-2.0
#include "detach.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/error.h"
#include "base/signals.h"
#include "pins.h"

static int remove_pins(DIR *dir, int turn, struct error *error)
{
	struct dirent *entry;
	int err = 0;

	rewinddir(dir);
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    pins_turn(entry->d_name) != turn)
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) && !err)
			err = error_set(error, -errno, "cannot remove " PINS_DIR "/%s: %s",
					entry->d_name, strerror(errno));
	}
	return err;
}

/*
 * Write to the stats area that the probes are being detached. What happens while they are may be
 * seen or not, so this comes first. Without luo_stats, or of an older version, there is no pin.
 */
static void stamp_detaching(void)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);
	const int program = bpf_obj_get(PINS_DETACHING);

	if (program < 0)
		return;
	bpf_prog_test_run_opts(program, &options);
	close(program);
	/* Whoever is stopped in the middle, and detaches again, must not record a later time. */
	unlink(PINS_DETACHING);
}

int pins_remove(struct error *error)
{
	DIR *dir = opendir(PINS_DIR);
	int turn, err = 0;

	if (!dir && errno == ENOENT)
		return error_set(error, -ENOENT, "no probes are attached");
	if (!dir)
		return error_set(error, -errno, "cannot read " PINS_DIR ": %s%s", strerror(errno),
				 errno == EACCES ? ": this needs root" : "");
	stamp_detaching();
	for (turn = 0; !err && turn < PINS_TURNS; turn++)
		err = remove_pins(dir, turn, error);
	closedir(dir);
	if (!err && rmdir(PINS_DIR))
		err = error_set(error, -errno, "cannot remove " PINS_DIR ": %s", strerror(errno));
	return err;
}

int probes_detach(struct error *error)
{
	sigset_t before;
	int lock, err;

	/* Without the right to look there, or with nothing there, there is nothing to wait for. */
	if (access(PINS_DIR, F_OK))
		return pins_remove(error);
	/* 'luoscope init' may still be attaching. */
	lock = pins_lock(error);
	if (lock < 0)
		return lock;
	signals_hold(&before);
	err = pins_remove(error);
	signals_release(&before);
	close(lock);
	return err;
}
