/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of vmm share: the devices and memories that the steps make, and a step's words. */
#ifndef LAB_VMM_H
#define LAB_VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thing {
	const char *name;
	int fd;
	bool is_memory;
	/* device */
	int event_fd;
	int irq_index;
	int error_fd;		    /* of VFIO_PCI_ERR_IRQ_INDEX */
	volatile uint32_t *mapping; /* a page of its first BAR of memory; NULL before its mmap */
	int dmabuf_fd, timeline_fd;
	uint64_t dmabuf_iova;
	uint8_t header[64];
	/* memory */
	uint64_t *words;
	size_t size;
	uint64_t iova;
	bool mapped;
};

/* Ends the program with that message. */
void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...);

/* The device or memory of that name; there being none is the end of the program. */
struct thing *thing_get(const char *name);

/* The parts of "NAME,A,B"; what is not there is an error. */
void split(char *text, char **parts, int count);

uint64_t number(const char *text);

void pause_us(long us);

/* Whether a memory still has its pattern, from a place on (in bytes): 0, or -EBADMSG. */
int memory_check(const struct thing *memory, size_t from);

/* Steps of virtual machines, see vm.c: 0 or a negative errno, as all steps. */
int step_vm(char *argument);
int step_vm_device(char *argument);
int step_vm_run(char *argument);
int step_vm_pause(char *argument);
int step_vm_without(char *argument);
int step_vm_restore(char *argument);
int step_vm_check(char *argument);

#endif
