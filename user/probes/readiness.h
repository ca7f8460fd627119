/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What somebody asks before an update: will it work, and will it be measured? Each function judges
 * what others found out, and writes what is wrong and what to do, or what is well, to @text of
 * ESCAPED_BYTES.
 */
#ifndef LUOSCOPE_READINESS_H
#define LUOSCOPE_READINESS_H

#include <stdbool.h>

#include "capture/area.h"
#include "kexec_image.h"
#include "kho.h"
#include "vfio_devices.h"

/* The answer to a question, or the state of what a kernel offers. */
enum preflight_state {
	PREFLIGHT_FINE,
	PREFLIGHT_MISSING,
	PREFLIGHT_UNKNOWN,
};

/* Names of items: the sum of all others; whether any probe is missing; and others that judge. */
#define PREFLIGHT_SUM	   "a live update"
#define PREFLIGHT_COMPLETE "every probe"
#define PREFLIGHT_CLOCK	   "clock"
#define PREFLIGHT_VMS	   "virtual machines"
#define PREFLIGHT_DEVICES  "vfio devices"

enum preflight_state readiness_of_kho(char *text, const struct kho *kho);

enum preflight_state readiness_of_image(char *text, enum kexec_image image);

/* The running kernel's live update handler for vfio-pci. */
enum vfio_handler {
	VFIO_HANDLER_NONE,
	VFIO_HANDLER_OURS,    /* that of kernel/vfio, by its tracepoints */
	VFIO_HANDLER_UNKNOWN, /* there may be another one */
};

/**
 * readiness_of_devices - will the devices that are in use survive?
 * @sees_all: the open files of all processes were seen
 */
enum preflight_state readiness_of_devices(char *text, const struct vfio_devices *devices,
					  enum vfio_handler handler, bool sees_all);

/**
 * readiness_of_room - has @area, the running kernel's, room for the spans of an update?
 *
 * Each file, session, device and vCPU that it knows needs one or two from B0 on. What was lost so
 * far makes the next update's figures inconclusive.
 */
enum preflight_state readiness_of_room(char *text, const struct area *area);

/**
 * readiness_of_clock - will the times of both kernels be comparable?
 * @source:    by which the kernel keeps its time
 * @invariant: the CPU guarantees that its counter is
 * @unstable:  the kernel found the counter to be unstable
 */
enum preflight_state readiness_of_clock(char *text, const char *source, bool invariant,
					bool unstable);

/* Whether the item of that name is one of the questions. */
bool readiness_asks(const char *name);

/* Whether it judges, rather than is a thing that could be missing. */
bool readiness_judges(const char *name);

#endif /* LUOSCOPE_READINESS_H */
