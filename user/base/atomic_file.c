// SPDX-License-Identifier: GPL-2.0
#include "atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

static int write_all(int fd, const void *bytes, size_t size)
{
	const char *p = bytes;

	while (size) {
		ssize_t written = write(fd, p, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		p += written;
		size -= written;
	}
	return 0;
}

/*
 * Put the rename itself on the disk. Some file systems cannot do that, which is not an error.
 */
static void sync_directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *directory;
	int fd;

	directory = slash ? strndup(path, slash - path + 1) : strdup(".");
	if (!directory)
		return;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(directory);
}

static int status_of(const char *path, struct stat *status)
{
	return strcmp(path, "-") ? stat(path, status) : fstat(STDOUT_FILENO, status);
}

static int status_of_directory(const char *path, struct stat *status)
{
	const char *slash = strrchr(path, '/');
	char *directory = slash ? strndup(path, slash - path + 1) : strdup(".");
	int err = directory ? stat(directory, status) : -1;

	free(directory);
	return err;
}

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool file_is_same(const char *a, const char *b)
{
	struct stat x, y;
	const bool has_a = !status_of(a, &x), has_b = !status_of(b, &y);

	if (!strcmp(a, b))
		return true;
	if (has_a != has_b)
		return false;
	if (!has_a && (strcmp(last_name(a), last_name(b)) != 0 || status_of_directory(a, &x) ||
		       status_of_directory(b, &y)))
		return false;
	return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int replace_file(const char *path, const void *bytes, size_t size, mode_t mode)
{
	char *temporary;
	int err, fd;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		goto out_free;
	}
	err = write_all(fd, bytes, size);
	if (!err && (fchmod(fd, mode) || fsync(fd)))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (!err && rename(temporary, path))
		err = -errno;
	if (err)
		unlink(temporary);
	else
		sync_directory_of(path);
out_free:
	free(temporary);
	return err;
}

/* A device or a pipe is not replaced but written to. */
static int write_special(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = write_all(fd, bytes, size);
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int file_write(const char *path, const void *bytes, size_t size, mode_t mode, struct error *error)
{
	/* As /dev/stdout: the link must not be replaced by a file. */
	const bool is_stdout = file_is_same(path, "-");
	const char *name = is_stdout ? "standard output" : path;
	/* A limit on the size of files is an error like others: the signal would leave a half file. */
	void (*const before)(int number) = signal(SIGXFSZ, SIG_IGN);
	struct stat status;
	int err;

	if (is_stdout)
		err = write_all(STDOUT_FILENO, bytes, size);
	else if (!stat(path, &status) && !S_ISREG(status.st_mode))
		err = write_special(path, bytes, size);
	else
		err = replace_file(path, bytes, size, mode);
	signal(SIGXFSZ, before);
	if (err && !*path)
		return error_set(error, err, "the name of a file to write must not be empty");
	if (err == -EFBIG)
		return error_set(
			error, err,
			"cannot write %s: %zu bytes exceed the limit on the size of a file ('ulimit -f'); nothing was saved",
			name, size);
	if (err == -ENOSPC || err == -EDQUOT)
		return error_set(error, err,
				 "cannot write %s: no space left for %zu bytes; nothing was saved",
				 name, size);
	if (err == -ENOENT || err == -ENOTDIR)
		return error_set(error, err, "cannot write %s: there is no such directory", name);
	if (err)
		return error_set(error, err, "cannot write %s: %s", name, strerror(-err));
	return 0;
}
