/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loads the model of the capture that the user names on the command line.
 */
#ifndef LUOSCOPE_LOAD_H
#define LUOSCOPE_LOAD_H

#include "base/error.h"
#include "model/model.h"

/**
 * load_model - build the model of the capture that @argument names (see store_load_argument()), or
 * if it is NULL, of the update that started the running kernel
 *
 * Returns 0, or what store_load_argument(), capture_collect() or model_build() returns; the text of
 * an error in a capture names the capture. The caller frees @model with model_free(), also after an
 * error.
 */
int load_model(struct model *model, const char *argument, struct error *error);

#endif /* LUOSCOPE_LOAD_H */
