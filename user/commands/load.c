// SPDX-License-Identifier: GPL-2.0
#include "load.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "capture/capture.h"
#include "capture/collect.h"
#include "capture/store.h"
#include "model/model.h"

/* The running kernel's; if it has no luo_stats, there are still captures of others. */
static int collect(struct capture *capture, struct error *error)
{
	struct error reason = {};
	const int err = capture_collect(capture, NULL, &reason);

	if (!err)
		return 0;
	return error_set(error, err, "%s%s", reason.text,
			 err == -ENOENT && !collect_module_is_built_in() ?
				 ", or name a capture ('luoscope list')" :
				 "");
}

int load_model(struct model *model, const char *argument, struct error *error)
{
	static bool has_read_stdin;
	const bool is_stdin = argument && !strcmp(argument, "-");
	struct capture capture = {};
	struct error reason = {};
	bool is_named;
	int err;

	*model = (struct model){};
	if (is_stdin && has_read_stdin)
		return error_set(error, -EINVAL, "standard input can be only one of the captures");
	has_read_stdin |= is_stdin;
	err = argument ? store_load_argument(&capture, argument, &reason) :
			 collect(&capture, &reason);
	/* An error about the contents of a file does not name the file. */
	is_named = !argument || (err && err != -EBADMSG && err != -EPROTONOSUPPORT);
	if (!err)
		err = model_build(model, &capture, &reason);
	if (!err && !argument && !model->has_update)
		model->lost_capture = store_lost(&capture, store_dir());
	capture_free(&capture);
	if (!err)
		return 0;
	if (is_named)
		return error_set(error, err, "%s", reason.text);
	return error_set(error, err, "%s: %s", store_argument_name(argument), reason.text);
}
