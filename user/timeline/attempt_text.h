/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A failed attempt in words, the same in every picture.
 */
#ifndef LUOSCOPE_ATTEMPT_TEXT_H
#define LUOSCOPE_ATTEMPT_TEXT_H

#include <stddef.h>

#include "model/model.h"

/**
 * attempt_title - write which attempt it was, and when: "Failed attempt 1 in kernel #0,
 * 2026-11-22 16:10:17.586 UTC"
 */
void attempt_title(char *buffer, size_t size, const struct model_attempt *attempt);

/**
 * attempt_text - write how @attempt failed, what refused, and why: "EINVAL after 1.774 ms, refused
 * by device 0000:03:00.0 (vfio-pci): its interrupts are still enabled"
 *
 * What to do is in the head. The text is from outside: see text.h.
 */
void attempt_text(char *buffer, size_t size, const struct model_attempt *attempt);

#endif /* LUOSCOPE_ATTEMPT_TEXT_H */
