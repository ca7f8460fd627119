// SPDX-License-Identifier: GPL-2.0
/*
 * The report in text: which sections it has, and in what order.
 */
#include "report_text.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/text.h"
#include "headline.h"
#include "model/model.h"
#include "report.h"
#include "text_cells.h"
#include "text_sections.h"

/* In the order of the report; print_losses() comes last. */
static int (*const sections[])(struct view *view) = {
	print_phases,  print_poles,	   print_gaps,	   print_shutdowns,  print_boot,
	print_devices, print_reset_floors, print_files,	   print_sessions,   print_vms,
	print_manager, print_marks,	   print_attempts, print_open_spans, print_other_spans,
};

static int write_report(const struct model *model, FILE *out, const struct view_options *options)
{
	struct view view = {
		.model = model, .options = options, .out = out, .width = cells_width(options)
	};
	size_t i;
	int err = 0;

	head_print(model, out, options->utf8, view.width < VIEW_WIDTH ? view.width : VIEW_WIDTH);
	for (i = 0; !err && i < ARRAY_SIZE(sections); i++)
		err = sections[i](&view);
	if (err)
		return err;
	print_losses(&view);
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

/* Sentences and titles are written unfolded, and folded at the end. */
int view_text(const struct model *model, FILE *out, const struct view_options *options)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream;
	int err;

	if (!options->width)
		return write_report(model, out, options);
	stream = open_memstream(&text, &size);
	if (!stream)
		return -ENOMEM;
	err = write_report(model, stream, options);
	if (fclose(stream) && !err)
		err = -ENOMEM;
	if (!err)
		fold_lines(out, text, cells_width(options));
	free(text);
	if (!err && (fflush(out) || ferror(out)))
		err = errno ? -errno : -EIO;
	return err;
}
