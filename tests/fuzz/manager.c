// SPDX-License-Identifier: GPL-2.0
/*
 * What systemd says of itself, and all else that a capture has about its host.
 */
#include "capture/systemd.h"
#include "fuzz.h"
#include "model/model.h"

static void run(const uint8_t *bytes, size_t size)
{
	static const unsigned int sections[] = { CAPTURE_HOST, 0 };
	struct model model;

	fuzz_model_of(&model, sections, bytes, size);
	fuzz_views(&model);
	model_free(&model);
}

static void seed(const struct capture *capture, FILE *out)
{
	fuzz_section(capture, CAPTURE_HOST, out);
	fputs(MANAGER_PREFIX MANAGER_VERSION
	      "=262.1\n" MANAGER_PREFIX MANAGER_SHUTDOWN_START
	      "=259180000000\n" MANAGER_PREFIX MANAGER_SHUTDOWN_START_REALTIME
	      "=@1789999980\n" MANAGER_PREFIX MANAGER_SHUTDOWN_FINISH
	      "=259190000000\n" MANAGER_PREFIX MANAGER_SHUTDOWN_LATE_START
	      "=259191000000\n" MANAGER_PREFIX MANAGER_SHUTDOWN_LATE_FINISH
	      "=259192000000\n" MANAGER_PREFIX MANAGER_START
	      "=600000\n" MANAGER_PREFIX MANAGER_FINISH "=4000000\n",
	      out);
}

const struct fuzz_target fuzz_manager = {
	.name = "manager",
	.share = 4,
	.most = 2 << 10,
	.run = run,
	.seed = seed,
};
