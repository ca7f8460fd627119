// SPDX-License-Identifier: GPL-2.0
#include "huge_pages.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Smaller memory has no huge page in it. */
#define LEAST_BYTES (2 << 20)

void *huge_pages(void *memory, size_t bytes)
{
	/* Of the page in which it begins. */
	const size_t offset = (uintptr_t)memory % sysconf(_SC_PAGESIZE);

	/* A kernel without huge pages gives ordinary ones. */
	if (memory && bytes >= LEAST_BYTES)
		madvise((char *)memory - offset, offset + bytes, MADV_HUGEPAGE);
	return memory;
}
