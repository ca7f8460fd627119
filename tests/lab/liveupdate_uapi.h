/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of the /dev/liveupdate interface that the lab's client needs (Linux 7.2 and 7.3). A
 * distribution whose own headers are older than that can then build the lab too.
 */
#ifndef LAB_LIVEUPDATE_UAPI_H
#define LAB_LIVEUPDATE_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define LUO_DEVICE	 "/dev/liveupdate"
#define LUO_SESSION_NAME 64 /* with the terminating zero */

/* Each request begins with its own size; the kernel puts the new descriptor into fd. */

struct luo_session_request {
	__u32 size;
	__s32 fd;
	char name[LUO_SESSION_NAME];
};

/* On /dev/liveupdate: a new session, or one that the old kernel preserved. */
#define LUO_SESSION_CREATE   _IO(0xBA, 0x00)
#define LUO_SESSION_RETRIEVE _IO(0xBA, 0x01)

struct luo_file_request {
	__u32 size;
	__s32 fd;
	__aligned_u64 token;
};

struct luo_finish_request {
	__u32 size;
	__u32 reserved;
};

/* On the descriptor of a session. */
#define LUO_FILE_PRESERVE  _IO(0xBA, 0x40)
#define LUO_FILE_RETRIEVE  _IO(0xBA, 0x41)
#define LUO_SESSION_FINISH _IO(0xBA, 0x42)

#endif
