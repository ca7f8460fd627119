// SPDX-License-Identifier: GPL-2.0
#include "notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int send_datagram(const char *path, const void *bytes, size_t size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const size_t length = strlen(path);
	int fd, err = 0;

	if (length < 2 || length >= sizeof(address.sun_path) || (*path != '/' && *path != '@'))
		return -EINVAL;
	memcpy(address.sun_path, path, length);
	/* An abstract name begins with a zero byte. */
	if (*path == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, bytes, size, MSG_NOSIGNAL, (const struct sockaddr *)&address,
		   offsetof(struct sockaddr_un, sun_path) + length) < 0)
		err = -errno;
	close(fd);
	return err;
}

void notify_manager(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");

	if (path)
		send_datagram(path, text, strlen(text));
}
