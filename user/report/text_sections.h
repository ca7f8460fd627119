/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The sections of the text report, which report_text.c puts in order. A section with nothing to
 * show writes nothing.
 *
 * Each returns 0 or -ENOMEM.
 */
#ifndef LUOSCOPE_TEXT_SECTIONS_H
#define LUOSCOPE_TEXT_SECTIONS_H

#include "text_cells.h"

/* text_phases.c: the phases, and the long poles. */
int print_phases(struct view *view);
int print_poles(struct view *view);

/* text_vms.c: the virtual machines. */
int print_vms(struct view *view);

/*
 * text_devices.c: the devices; their resets, with the times that the specification requires, and
 * which devices were spared a second one.
 */
int print_devices(struct view *view);
int print_resets(struct view *view);

/* text_files.c: the files with what they share, and the sessions. */
int print_files(struct view *view);
int print_sessions(struct view *view);

/* text_gaps.c: time in which nothing was observed. */
int print_gaps(struct view *view);

/* text_boot.c: what happens inside jump and kernel_boot. */
int print_boot(struct view *view);

/* text_lists.c: the plain lists. */
int print_shutdowns(struct view *view);
int print_manager(struct view *view);
int print_marks(struct view *view);
int print_attempts(struct view *view);
int print_other_spans(struct view *view);
int print_losses(struct view *view);

#endif /* LUOSCOPE_TEXT_SECTIONS_H */
