// SPDX-License-Identifier: GPL-2.0
/*
 * fd_keeper: a service that leaves a memfd with its service manager, which keeps it for it, through
 * a live update too. It writes to the given file whether it was handed one ("kept TEXT") or had to
 * make one ("made TEXT"), and keeps running.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3 /* where a service manager puts what it hands over */
#define NAME	 "memory"
#define TEXT	 "what the first kernel's service had to remember"
#define BYTES	 (1 << 20)

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "fd_keeper: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Tell the service manager @text, and hand it @fd unless that is -1. */
static void notify(const char *text, int fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {};
	struct iovec data = { .iov_base = (void *)text, .iov_len = strlen(text) };
	struct msghdr message = { .msg_name = &address,
				  .msg_namelen = sizeof(address),
				  .msg_iov = &data,
				  .msg_iovlen = 1 };
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!path || strlen(path) >= sizeof(address.sun_path) || s < 0)
		die("no service manager to notify");
	strcpy(address.sun_path, path);
	if (fd >= 0) {
		struct cmsghdr *header = &control.align;

		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	if (sendmsg(s, &message, MSG_NOSIGNAL) < 0)
		die("notify");
	close(s);
}

static int make_memory(void)
{
	int fd = memfd_create(NAME, MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, BYTES) || pwrite(fd, TEXT, strlen(TEXT), BYTES / 2) < 0)
		die("memfd");
	return fd;
}

int main(int argc, char **argv)
{
	const char *names = getenv("LISTEN_FDNAMES");
	const int kept = names && !strcmp(names, NAME);
	const int fd = kept ? FIRST_FD : make_memory();
	char text[sizeof(TEXT)] = "";
	FILE *out;

	if (argc != 2)
		die("usage: fd_keeper OUTPUT");
	if (pread(fd, text, strlen(TEXT), BYTES / 2) < 0)
		die("reading the memory");
	out = fopen(argv[1], "w");
	if (!out || fprintf(out, "%s %s\n", kept ? "kept" : "made", text) < 0 || fclose(out))
		die(argv[1]);
	if (!kept)
		notify("FDSTORE=1\nFDNAME=" NAME, fd);
	notify("READY=1", -1);
	for (;;)
		pause();
}
