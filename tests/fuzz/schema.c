// SPDX-License-Identifier: GPL-2.0
/*
 * Checks JSON against docs/schema, as far as the schemas go: a keyword that is not known here ends
 * the fuzzer. tests/validate does the same with a library, but is too slow for every input.
 */
#include <jansson.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "fuzz.h"

/* A value that is being checked, and the root of its schema, in which references are looked up. */
struct place {
	const json_t *root;
	const json_t *value;
	const char *name;
};

/* What was wrong first, innermost, for the message. */
static struct {
	char name[64];
	const char *keyword;
	const json_t *value;
} fault;

static bool is_valid(const struct place *place, const json_t *schema);

static bool has_type(const json_t *value, const char *type)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "object",   [JSON_ARRAY] = "array", [JSON_STRING] = "string",
		[JSON_INTEGER] = "integer", [JSON_REAL] = "number", [JSON_TRUE] = "boolean",
		[JSON_FALSE] = "boolean",   [JSON_NULL] = "null",
	};

	return !strcmp(names[json_typeof(value)], type) ||
	       (json_is_integer(value) && !strcmp(type, "number"));
}

static bool check_type(const struct place *place, const json_t *schema, const json_t *type)
{
	const json_t *one;
	size_t i;

	(void)schema;
	if (json_is_string(type))
		return has_type(place->value, json_string_value(type));
	json_array_foreach(type, i,
			   one) if (has_type(place->value, json_string_value(one))) return true;
	return false;
}

static bool check_const(const struct place *place, const json_t *schema, const json_t *constant)
{
	(void)schema;
	return json_equal(place->value, constant);
}

static bool check_enum(const struct place *place, const json_t *schema, const json_t *list)
{
	const json_t *one;
	size_t i;

	(void)schema;
	json_array_foreach(list, i, one) if (json_equal(place->value, one)) return true;
	return false;
}

static bool check_required(const struct place *place, const json_t *schema, const json_t *list)
{
	const json_t *name;
	size_t i;

	(void)schema;
	if (json_is_object(place->value))
		json_array_foreach(
			list, i, name) if (!json_object_get(place->value,
							    json_string_value(name))) return false;
	return true;
}

static bool check_properties(const struct place *place, const json_t *schema,
			     const json_t *properties)
{
	const char *name;
	json_t *one;

	(void)schema;
	json_object_foreach((json_t *)properties, name, one)
	{
		const json_t *value = json_object_get(place->value, name);

		if (value && !is_valid(&(struct place){ place->root, value, name }, one))
			return false;
	}
	return true;
}

static bool check_additional(const struct place *place, const json_t *schema, const json_t *other)
{
	const json_t *properties = json_object_get(schema, "properties");
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)place->value, name,
			    value) if (!json_object_get(properties, name) &&
				       !is_valid(&(struct place){ place->root, value, name },
						 other)) return false;
	return true;
}

static bool check_items(const struct place *place, const json_t *schema, const json_t *items)
{
	const json_t *value;
	size_t i;

	(void)schema;
	json_array_foreach(place->value, i,
			   value) if (!is_valid(&(struct place){ place->root, value, place->name },
						items)) return false;
	return true;
}

static bool check_min_items(const struct place *place, const json_t *schema, const json_t *least)
{
	(void)schema;
	return !json_is_array(place->value) ||
	       json_array_size(place->value) >= (size_t)json_integer_value(least);
}

static bool check_max_items(const struct place *place, const json_t *schema, const json_t *most)
{
	(void)schema;
	return !json_is_array(place->value) ||
	       json_array_size(place->value) <= (size_t)json_integer_value(most);
}

static bool check_min_length(const struct place *place, const json_t *schema, const json_t *least)
{
	(void)schema;
	return !json_is_string(place->value) ||
	       json_string_length(place->value) >= (size_t)json_integer_value(least);
}

static bool check_minimum(const struct place *place, const json_t *schema, const json_t *least)
{
	(void)schema;
	return !json_is_number(place->value) ||
	       json_number_value(place->value) >= json_number_value(least);
}

static bool check_above(const struct place *place, const json_t *schema, const json_t *below)
{
	(void)schema;
	return !json_is_number(place->value) ||
	       json_number_value(place->value) > json_number_value(below);
}

static bool check_maximum(const struct place *place, const json_t *schema, const json_t *most)
{
	(void)schema;
	return !json_is_number(place->value) ||
	       json_number_value(place->value) <= json_number_value(most);
}

/* Compiled once: the schemas stay. */
static const regex_t *pattern_of(const json_t *pattern)
{
	static struct {
		const json_t *pattern;
		regex_t regex;
	} known[32];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known) && known[i].pattern; i++)
		if (known[i].pattern == pattern)
			return &known[i].regex;
	fuzz_expect(i < ARRAY_SIZE(known) && !regcomp(&known[i].regex, json_string_value(pattern),
						      REG_EXTENDED | REG_NOSUB),
		    "pattern '%s'", json_string_value(pattern));
	known[i].pattern = pattern;
	return &known[i].regex;
}

static bool check_pattern(const struct place *place, const json_t *schema, const json_t *pattern)
{
	(void)schema;
	return !json_is_string(place->value) ||
	       !regexec(pattern_of(pattern), json_string_value(place->value), 0, NULL, 0);
}

/* "#/$defs/NAME" */
static bool check_reference(const struct place *place, const json_t *schema, const json_t *path)
{
	const json_t *names = json_object_get(place->root, "$defs");
	const json_t *referred;

	(void)schema;
	referred = json_object_get(names, strrchr(json_string_value(path), '/') + 1);
	fuzz_expect(referred, "there is no %s", json_string_value(path));
	return is_valid(place, referred);
}

/* Whether it is so, without a fault if not. */
static bool may_be(const struct place *place, const json_t *schema)
{
	const bool is_so = is_valid(place, schema);

	fault.keyword = NULL;
	return is_so;
}

static size_t count_valid(const struct place *place, const json_t *list)
{
	const json_t *one;
	size_t count = 0, i;

	json_array_foreach(list, i, one) count += may_be(place, one);
	return count;
}

static bool check_any(const struct place *place, const json_t *schema, const json_t *list)
{
	(void)schema;
	return count_valid(place, list);
}

static bool check_one(const struct place *place, const json_t *schema, const json_t *list)
{
	(void)schema;
	return count_valid(place, list) == 1;
}

static bool check_all(const struct place *place, const json_t *schema, const json_t *list)
{
	const json_t *one;
	size_t i;

	(void)schema;
	json_array_foreach(list, i, one) if (!is_valid(place, one)) return false;
	return true;
}

static bool check_if(const struct place *place, const json_t *schema, const json_t *condition)
{
	const json_t *then = json_object_get(schema, "then");

	return !then || !may_be(place, condition) || is_valid(place, then);
}

typedef bool rule_check(const struct place *place, const json_t *schema, const json_t *argument);

static const struct {
	const char *keyword;
	rule_check *check;
} rules[] = {
	{ "$comment", NULL },
	{ "$defs", NULL },
	{ "$ref", check_reference },
	{ "$schema", NULL },
	{ "additionalProperties", check_additional },
	{ "allOf", check_all },
	{ "anyOf", check_any },
	{ "const", check_const },
	{ "description", NULL },
	{ "enum", check_enum },
	{ "exclusiveMinimum", check_above },
	{ "if", check_if },
	{ "items", check_items },
	{ "maxItems", check_max_items },
	{ "maximum", check_maximum },
	{ "minItems", check_min_items },
	{ "minLength", check_min_length },
	{ "minimum", check_minimum },
	{ "oneOf", check_one },
	{ "pattern", check_pattern },
	{ "properties", check_properties },
	{ "required", check_required },
	{ "then", NULL }, /* see "if" */
	{ "title", NULL },
	{ "type", check_type },
};

#define SCHEMAS_MAX 4096 /* a power of two, and twice as many as there are */
#define RULES_MAX   12

/* A schema whose keywords were looked up. */
struct compiled {
	const json_t *schema;
	size_t count;
	struct {
		const char *keyword;
		rule_check *check;
		const json_t *argument;
	} rule[RULES_MAX];
};

static void compile(struct compiled *compiled, const json_t *schema)
{
	const char *keyword;
	json_t *argument;
	size_t i;

	compiled->schema = schema;
	json_object_foreach((json_t *)schema, keyword, argument)
	{
		for (i = 0; i < ARRAY_SIZE(rules) && strcmp(rules[i].keyword, keyword) != 0; i++)
			;
		fuzz_expect(i < ARRAY_SIZE(rules) && compiled->count < RULES_MAX,
			    "schema.c does not know '%s'", keyword);
		if (!rules[i].check)
			continue;
		compiled->rule[compiled->count].keyword = keyword;
		compiled->rule[compiled->count].check = rules[i].check;
		compiled->rule[compiled->count++].argument = argument;
	}
}

/* The schemas stay, so each is compiled once. */
static const struct compiled *compiled_of(const json_t *schema)
{
	static struct compiled known[SCHEMAS_MAX];
	size_t at = (uintptr_t)schema / 16 % SCHEMAS_MAX;

	while (known[at].schema && known[at].schema != schema)
		at = (at + 1) % SCHEMAS_MAX;
	if (!known[at].schema)
		compile(&known[at], schema);
	return &known[at];
}

static bool is_valid(const struct place *place, const json_t *schema)
{
	const struct compiled *compiled;
	size_t i;

	if (json_is_boolean(schema))
		return json_is_true(schema);
	compiled = compiled_of(schema);
	for (i = 0; i < compiled->count; i++) {
		if (compiled->rule[i].check(place, schema, compiled->rule[i].argument))
			continue;
		if (!fault.keyword) {
			snprintf(fault.name, sizeof(fault.name), "%s", place->name);
			fault.keyword = compiled->rule[i].keyword;
			fault.value = place->value;
		}
		return false;
	}
	return true;
}

static const json_t *schema_of(const char *name)
{
	static struct {
		const char *name;
		json_t *schema;
	} known[8];
	json_error_t error;
	char path[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known) && known[i].schema; i++)
		if (!strcmp(known[i].name, name))
			return known[i].schema;
	snprintf(path, sizeof(path), "docs/schema/%s.schema.json", name);
	fuzz_expect(i < ARRAY_SIZE(known), "too many schemas");
	known[i].name = name;
	known[i].schema = json_load_file(path, 0, &error);
	fuzz_expect(known[i].schema, "%s: %s", path, error.text);
	return known[i].schema;
}

void schema_check(const char *name, const char *text, size_t size)
{
	const json_t *schema = schema_of(name);
	json_error_t error;
	json_t *value = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	char *wrong;

	fuzz_expect(value, "%s: not JSON: %s in line %d", name, error.text, error.line);
	fault.keyword = NULL;
	if (!is_valid(&(struct place){ schema, value, "document" }, schema)) {
		wrong = json_dumps(fault.value, JSON_COMPACT | JSON_ENCODE_ANY);
		fuzz_fail("%s: \"%s\" of '%s' forbids %.300s", name, fault.keyword, fault.name,
			  wrong);
	}
	json_decref(value);
}
