/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From what a user names on the command line to a model.
 */
#ifndef LUOSCOPE_LOAD_H
#define LUOSCOPE_LOAD_H

#include "base/error.h"
#include "model/model.h"

/**
 * load_model - the model of the capture that @argument names (see store_load_argument()), or, if it
 * is NULL, of the update that started the running kernel
 *
 * Returns 0, or what store_load_argument(), capture_collect() and model_build() return; the error
 * of a capture names it. The caller frees @model with model_free(), after an error too.
 */
int load_model(struct model *model, const char *argument, struct error *error);

#endif /* LUOSCOPE_LOAD_H */
