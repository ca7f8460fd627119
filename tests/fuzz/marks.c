// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/luo_mark: the module's own code, on an area of this file. Each line is one write, by the
 * writer that its first byte names.
 */
#include "kernel.h"
/* What is in it is static. */
#include "../../kernel/luo_stats/mark.c"
static const size_t most_bytes = TEXT_BYTES;
#undef NAME_BYTES

#include "fuzz.h"

#define WRITERS	    3
#define SUBJECTS    64
#define SPANS	    256
#define WRITE_BYTES 160

/* The area: which places are in use, and which of them have ended. */
static struct {
	u32 subjects;
	struct luo_stats_subject_key key[SUBJECTS];
	u32 spans;
	bool is_open[SPANS];
	u32 subject[SPANS];
	u32 missed;
	u64 cycles;
} area;

u64 luo_stats_counter(void)
{
	return ++area.cycles;
}

u32 luo_stats_area_capacity(enum luo_stats_chunk_kind kind)
{
	return kind == LUO_STATS_CHUNK_SUBJECTS ? SUBJECTS : SPANS;
}

static bool has_spans(u32 subject)
{
	size_t i;

	for (i = 0; i < area.spans; i++)
		if (area.subject[i] == subject)
			return true;
	return false;
}

u32 luo_stats_area_subject(const struct luo_stats_subject_key *key)
{
	const size_t length = strnlen(key->name, sizeof(key->name));
	size_t i;

	fuzz_expect(length && length < sizeof(key->name), "a name of %zu bytes", length);
	for (i = 0; i < length; i++)
		fuzz_expect(!iscntrl(key->name[i]) && key->name[i] != ' ', "byte %02x in a name",
			    key->name[i]);
	for (i = 0; i < area.subjects; i++) {
		if (memcmp(&area.key[i], key, sizeof(*key)) != 0)
			continue;
		/* One that never had room for a span asks for its subject again. */
		fuzz_expect(!has_spans(i + 1), "a mark twice");
		return i + 1;
	}
	fuzz_expect(area.subjects < SUBJECTS / SHARE_OF_AREA, "more marks than their share");
	area.key[area.subjects++] = *key;
	return area.subjects;
}

int luo_stats_area_span_end(u64 handle, u32 subject, s32 result, u64 detail, u64 end_cycles)
{
	(void)subject;
	(void)result;
	(void)detail;
	(void)end_cycles;
	fuzz_expect(handle && handle <= area.spans && area.is_open[handle - 1],
		    "the end of a span that is not open");
	area.is_open[handle - 1] = false;
	return 0;
}

u64 luo_stats_area_mark(u64 used, u32 subject, enum luo_stats_mark detail, u64 cycles)
{
	(void)cycles;
	fuzz_expect(subject && subject <= area.subjects, "a mark without a subject");
	fuzz_expect(used <= area.spans, "the place of another");
	if (used)
		fuzz_expect(area.subject[used - 1] == subject, "the place of another mark");
	else
		used = ++area.spans;
	fuzz_expect(area.spans <= SPANS / SHARE_OF_AREA, "more spans than their share");
	area.subject[used - 1] = subject;
	area.is_open[used - 1] = detail == LUO_STATS_MARK_SPAN;
	return used;
}

void luo_stats_area_missed(u32 kind)
{
	fuzz_expect(kind == LUO_STATS_MARK, "kind %u was missed", kind);
	area.missed++;
}

/* Whether @text is as the comment of mark.c says, worked out in another way. */
static bool is_mark(const char *text, size_t bytes)
{
	char copy[WRITE_BYTES + 1], verb[6], name[64], rest[WRITE_BYTES];
	unsigned long long instance;
	int words, name_end = 0, end = 0;

	if (bytes && text[bytes - 1] == '\n')
		bytes--;
	if (memchr(text, 0, bytes))
		return false;
	memcpy(copy, text, bytes);
	copy[bytes] = '\0';
	words = sscanf(copy, "%5[a-z] %63[^ ]%n %159[0-9]%n", verb, name, &name_end, rest, &end);
	end = words == 3 ? end : name_end;
	if (words < 2 || (copy[name_end] && copy[name_end] != ' ') || copy[end] ||
	    (size_t)end != bytes || strstr(copy, "  ") || copy[strlen(verb)] != ' ' ||
	    bytes != strlen(copy) || copy[bytes - 1] == ' ')
		return false;
	if (words == 3) {
		errno = 0;
		instance = strtoull(rest, NULL, 10);
		if (errno && instance)
			return false;
	}
	for (end = 0; copy[end]; end++)
		if (iscntrl(copy[end]))
			return false;
	return !strcmp(verb, "begin") || !strcmp(verb, "end") || !strcmp(verb, "at");
}

static void check_write(const char *text, size_t bytes, ssize_t result)
{
	const bool is_valid = result == (ssize_t)bytes || result == -ENOSPC || result == -EAGAIN;

	fuzz_expect(result == (ssize_t)bytes || result == -EINVAL || result == -ERANGE ||
			    result == -EMSGSIZE || result == -EAGAIN || result == -ENOSPC,
		    "a write returns %zd", result);
	fuzz_expect(bytes > most_bytes || is_valid == is_mark(text, bytes),
		    "'%.*s' is %sa mark, but the write returns %zd", (int)bytes, text,
		    is_valid ? "not " : "", result);
}

static void run(const uint8_t *bytes, size_t size)
{
	struct file file[WRITERS] = {};
	const uint8_t *end = bytes + size, *line_end;
	unsigned int i;

	memset(&area, 0, sizeof(area));
	luo_stats_mark_create();
	for (i = 0; i < WRITERS; i++)
		fuzz_expect(!mark_open(NULL, &file[i]), "out of memory");
	for (; bytes < end; bytes = line_end) {
		const char *text = (const char *)bytes + 1;
		size_t length;

		line_end = memchr(bytes, '\n', end - bytes);
		line_end = line_end ? line_end + 1 : end;
		length = line_end - bytes - 1;
		check_write(text, length, mark_write(&file[*bytes % WRITERS], text, length, NULL));
	}
	for (i = 0; i < WRITERS; i++)
		mark_release(NULL, &file[i]);
	luo_stats_mark_remove();
}

static void seed(const struct capture *capture, FILE *out)
{
	struct error error = {};
	struct model model;
	size_t i;

	if (!model_build(&model, capture, &error))
		for (i = 0; i < model.marks; i++)
			fprintf(out, "1begin %s %llu\n2end %s %llu\n", model.mark[i].name,
				(unsigned long long)model.mark[i].instance, model.mark[i].name,
				(unsigned long long)model.mark[i].instance);
	fputs("0begin pause\n0end pause\n1at resume 18446744073709551615\n2begin pause 1\n"
	      "2begin pause 1\n0end other 00\n",
	      out);
	model_free(&model);
}

const struct fuzz_target fuzz_marks = {
	.name = "marks",
	.share = 8,
	.most = 2 << 10,
	.run = run,
	.seed = seed,
};
