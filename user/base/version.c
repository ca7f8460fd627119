// SPDX-License-Identifier: GPL-2.0
/* Each commit changes it, and no other file is compiled again for that. */
#include "version.h"

/* The Makefile says it, except to the unit tests. */
#ifndef LUOSCOPE_VERSION
#define LUOSCOPE_VERSION "unknown"
#endif

const char luoscope_version[] = LUOSCOPE_VERSION;
