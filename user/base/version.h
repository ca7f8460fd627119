/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LUOSCOPE_VERSION_H
#define LUOSCOPE_VERSION_H

/* The release, and if it was built in a git tree, the commit: such as "1.0+g0123456789ab". */
extern const char luoscope_version[];

#endif /* LUOSCOPE_VERSION_H */
