// SPDX-License-Identifier: GPL-2.0
#include "kallsyms.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "leave_out.h"

/* A symbol has up to 511 bytes, a module's name up to 55. */
#define LINE_BYTES 640

/* Each tracepoint is a variable with this prefix. */
#define TRACEPOINT_PREFIX "__tracepoint_"

/**
 * struct sightings - where a target is among the symbols
 * @same:    symbols of its name, in the module that BTF has it in, or in the kernel itself
 * @module:  if BTF has it nowhere, a module that has a symbol of its name
 * @renamed: what the compiler has made of its name
 */
struct sightings {
	unsigned int same;
	char module[56];
	char renamed[64];
};

/* Whether @suffix is what a compiler adds to the name of a function that it has changed. */
static bool is_of_compiler(const char *suffix)
{
	static const char *const suffixes[] = { ".llvm.", ".isra.", ".constprop.", ".part." };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (has_prefix(suffix, suffixes[i]))
			return true;
	return false;
}

static void see(struct sightings *seen, const struct probe *probe, const char *symbol,
		const char *module)
{
	const char *name = symbol;
	size_t length = strlen(probe->target);

	if (probe->kind == PROBE_TRACEPOINT) {
		if (!has_prefix(name, TRACEPOINT_PREFIX))
			return;
		name += strlen(TRACEPOINT_PREFIX);
	}
	if (strncmp(name, probe->target, length) != 0)
		return;
	if (is_of_compiler(name + length))
		text_copy(seen->renamed, sizeof(seen->renamed), symbol, strlen(symbol));
	if (name[length])
		return;
	if (!*module == !probe->module && (!*module || !strcmp(module, probe->module)))
		seen->same++;
	else if (!probe->btf_id)
		text_copy(seen->module, sizeof(seen->module), module, strlen(module));
}

/* Split "ADDRESS TYPE SYMBOL", or the same with a tab and "[MODULE]". Returns false if it is not. */
static bool split(char *line, char *type, char **symbol, char **module)
{
	char *at = strchr(line, ' ');

	if (!at || !at[1] || at[2] != ' ')
		return false;
	*type = at[1];
	*symbol = at + 3;
	(*symbol)[strcspn(*symbol, "\n")] = '\0';
	*module = *symbol + strcspn(*symbol, "\t");
	if (!**module)
		return true;
	*(*module)++ = '\0';
	*module += **module == '[';
	(*module)[strcspn(*module, "]")] = '\0';
	return true;
}

/* Most symbols have another start than any of the names. */
static unsigned char start_of(const char *name)
{
	return name[0] * 31 + (name[0] ? name[1] * 7 + (name[1] ? name[2] : 0) : 0);
}

static void look(struct sightings *seen, const struct probe *list, size_t count, FILE *symbols)
{
	bool is_start[256] = {};
	char line[LINE_BYTES], type, *symbol, *module;
	size_t i;

	is_start[start_of(TRACEPOINT_PREFIX)] = true;
	for (i = 0; i < count; i++)
		is_start[start_of(list[i].target)] = true;
	while (fgets(line, sizeof(line), symbols)) {
		if (!split(line, &type, &symbol, &module) || !is_start[start_of(symbol)])
			continue;
		for (i = 0; i < count; i++)
			if (list[i].kind == PROBE_TRACEPOINT || strchr("tTwW", type))
				see(&seen[i], &list[i], symbol, module);
	}
}

static void judge(struct probe *probe, const struct sightings *seen)
{
	const bool is_tracepoint = probe->kind == PROBE_TRACEPOINT;

	if (probe->state == PROBE_NOT_NEEDED || probe->state == PROBE_LEFT_OUT ||
	    (is_tracepoint && probe->btf_id))
		return;
	if (seen->same > 1 && !is_tracepoint)
		probe_leave_out(probe, "ambiguous name: %u functions of this kernel have it",
				seen->same);
	else if (!seen->same && *seen->module)
		probe_leave_out(probe, "no BTF in module %s: build it with that of its kernel",
				seen->module);
	else if (!seen->same && *seen->renamed)
		probe_leave_out(probe, "renamed by the compiler: this kernel has %s",
				seen->renamed);
	else if (!seen->same && probe->btf_id)
		probe_leave_out(probe, "inlined by the compiler: this kernel has no symbol for it");
	else if (seen->same && !probe->btf_id)
		probe_leave_out(probe, "no BTF: the kernel's BTF does not have it");
}

void kallsyms_check(struct probe *list, size_t count, FILE *symbols)
{
	struct sightings *seen = symbols ? calloc(count ?: 1, sizeof(*seen)) : NULL;
	unsigned int found = 0;
	size_t i;

	if (!seen)
		return;
	look(seen, list, count, symbols);
	for (i = 0; i < count; i++)
		found += seen[i].same;
	/* Without any of them the list says nothing. */
	for (i = 0; found && i < count; i++)
		judge(&list[i], &seen[i]);
	free(seen);
}

void kallsyms_check_running(struct probe *list, size_t count)
{
	FILE *symbols = fopen("/proc/kallsyms", "re");

	kallsyms_check(list, count, symbols);
	if (symbols)
		fclose(symbols);
}
