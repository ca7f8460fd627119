// SPDX-License-Identifier: GPL-2.0
#include "fuzz.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/array.h"
#include "base/text.h"
#include "build_area.h"

static const struct fuzz_target *const targets[] = {
	&fuzz_capture, &fuzz_compare, &fuzz_budget, &fuzz_log,	&fuzz_manager, &fuzz_pci_ids,
	&fuzz_events,  &fuzz_marks,   &fuzz_store,  &fuzz_host, &fuzz_btf,
};

static const struct fuzz_target *target;
static uint64_t choices;

/* What libFuzzer calls, and what it offers. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t max);

void fuzz_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("fuzz: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	abort();
}

unsigned int fuzz_choice(unsigned int below)
{
	choices = choices * 6364136223846793005ULL + 1442695040888963407ULL;
	return (choices >> 33) % below;
}

/* Outputs */

FILE *fuzz_output_begin(struct fuzz_output *output)
{
	*output = (struct fuzz_output){};
	output->out = open_memstream(&output->bytes, &output->size);
	return output->out;
}

static void end_output(struct fuzz_output *output, const char *what, int err)
{
	fclose(output->out);
	fuzz_expect(!err, "%s: returned %d", what, err);
}

static void check_line(const char *what, const char *line, size_t length, unsigned int width,
		       bool utf8)
{
	unsigned int columns = 0;
	size_t i;

	for (i = 0; i < length; i++) {
		const unsigned char c = line[i];

		columns += (c & 0xc0) != 0x80;
		fuzz_expect(c >= 0x20 && c != 0x7f && (utf8 || c < 0x80),
			    "%s: byte %02x in the line '%.*s'", what, c, (int)length, line);
	}
	fuzz_expect(!width || columns <= width, "%s: %u columns, not %u, in '%.*s'", what, columns,
		    width, (int)length, line);
}

void fuzz_output_text(struct fuzz_output *output, const char *what, int err, unsigned int width,
		      bool utf8)
{
	const char *line, *end;

	end_output(output, what, err);
	fuzz_expect(text_is_utf8(output->bytes), "%s: not valid UTF-8", what);
	fuzz_expect(strlen(output->bytes) == output->size, "%s: a byte of 0 in it", what);
	for (line = output->bytes; *line; line = end + 1) {
		end = strchr(line, '\n');
		fuzz_expect(end, "%s: its last line '%s' has no end", what, line);
		check_line(what, line, end - line, width, utf8);
	}
	free(output->bytes);
}

void fuzz_output_json(struct fuzz_output *output, const char *schema, int err, bool lines)
{
	const char *line, *end;

	end_output(output, schema, err);
	for (line = output->bytes; lines && *line; line = end + 1) {
		end = strchr(line, '\n');
		fuzz_expect(end, "%s: its last line has no end", schema);
		schema_check(schema, line, end - line);
	}
	if (!lines)
		schema_check(schema, output->bytes, output->size);
	free(output->bytes);
}

void fuzz_output_drop(struct fuzz_output *output, const char *what, int err)
{
	end_output(output, what, err);
	free(output->bytes);
}

/* Inputs */

const char *fuzz_file(const void *bytes, size_t size)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	fuzz_expect(!ftruncate(fd, 0) && pwrite(fd, bytes, size, 0) == (ssize_t)size,
		    "no file can be made");
	return path;
}

void fuzz_model_of(struct model *model, const unsigned int *types, const void *bytes, size_t size)
{
	struct built_update update;
	struct error error = {};
	struct capture capture;

	built_update_init(&update);
	built_devices(&update);
	built_vms(&update);
	built_seal(&update.old);
	built_seal(&update.new);
	built_capture(&update, &capture);
	for (; *types; types++)
		capture.section[*types] = (struct capture_section){ .bytes = bytes, .size = size };
	fuzz_expect(!model_build(model, &capture, &error), "no model: %s", error.text);
	built_update_free(&update);
}

void fuzz_section(const struct capture *capture, enum capture_section_type type, FILE *out)
{
	const struct capture_section *section = &capture->section[type];

	if (section->bytes)
		fwrite(section->bytes, 1, section->size, out);
}

/* libFuzzer */

static const struct fuzz_target *find_target(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(targets); i++)
		if (!strcmp(targets[i]->name, name))
			return targets[i];
	fprintf(stderr, "there is no fuzzer '%s'; see 'fuzz list'\n", name);
	exit(1);
}

static void list_targets(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(targets); i++)
		printf("%s %u %zu\n", targets[i]->name, targets[i]->share, targets[i]->most);
}

static void write_seed(const char *path, const char *out_path)
{
	FILE *out = fopen(out_path, "w");
	struct error error = {};
	struct capture capture;

	if (!out || capture_load(&capture, path, &error)) {
		fprintf(stderr, "cannot write %s: %s\n", out_path, error.text);
		exit(1);
	}
	target->seed(&capture, out);
	capture_free(&capture);
	fclose(out);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char **words = *argv;

	if (*argc < 2 || !strcmp(words[1], "list")) {
		list_targets();
		exit(0);
	}
	if (*argc == 5 && !strcmp(words[1], "seed")) {
		target = find_target(words[2]);
		write_seed(words[3], words[4]);
		exit(0);
	}
	target = find_target(words[1]);
	/* libFuzzer gets the words after the name. */
	words[1] = words[0];
	++*argv;
	--*argc;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	choices = luo_stats_checksum(bytes, size);
	target->run(bytes, size);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned int seed)
{
	if (target->mutate)
		return target->mutate(bytes, size, max, seed);
	return LLVMFuzzerMutate(bytes, size, max);
}
