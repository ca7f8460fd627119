/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The report's figures for those who collect them.
 */
#ifndef LUOSCOPE_METRICS_H
#define LUOSCOPE_METRICS_H

#include <stdio.h>

#include "model/model.h"

/**
 * view_metrics - write the figures as OpenMetrics text, valid in Prometheus's older text format too
 * @top: how many devices, devices shut down and marks have samples of their own; 0: all
 *
 * docs/metrics.md lists the metrics. What was not observed, or is withheld, has no sample. Names
 * are escaped by escape_text(). Returns 0 or a negative errno.
 */
int view_metrics(const struct model *model, FILE *out, unsigned int top);

#endif /* LUOSCOPE_METRICS_H */
