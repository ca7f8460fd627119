/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the model: the attempts that failed, and why.
 */
#ifndef LUOSCOPE_ATTEMPTS_H
#define LUOSCOPE_ATTEMPTS_H

#include "capture/area.h"
#include "model.h"

/**
 * attempts_add - add the attempts of @area that failed, with their causes
 */
void attempts_add(struct model *model, const struct area *area);

#endif /* LUOSCOPE_ATTEMPTS_H */
