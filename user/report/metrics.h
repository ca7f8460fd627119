/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The figures of the report as metrics.
 */
#ifndef LUOSCOPE_METRICS_H
#define LUOSCOPE_METRICS_H

#include <stdio.h>

#include "model/model.h"

/**
 * view_metrics - write the figures as OpenMetrics text, valid in Prometheus's older text format too
 * @top: how many devices, devices shut down and marks get samples of their own; 0: all
 *
 * docs/metrics.md lists the metrics. A value that was not observed, or is withheld, has no sample.
 * Names are escaped by escape_text(). Returns 0 or a negative errno.
 */
int view_metrics(const struct model *model, FILE *out, unsigned int top);

#endif /* LUOSCOPE_METRICS_H */
