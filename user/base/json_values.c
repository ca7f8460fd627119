// SPDX-License-Identifier: GPL-2.0
#include "json_values.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bounded.h"
#include "error.h"
#include "text.h"

json_t *json_text(const char *text)
{
	char *escaped;
	json_t *json;

	if (text_is_utf8(text))
		return json_string_nocheck(text);
	escaped = escape_text_whole(text, true);
	json = escaped ? json_string(escaped) : NULL;
	free(escaped);
	return json;
}

json_t *json_text_or_null(const char *text)
{
	return *text ? json_text(text) : json_null();
}

json_t *json_u64(uint64_t number)
{
	char buffer[NAME_BYTES];

	snprintf(buffer, sizeof(buffer), "%llu", (unsigned long long)number);
	return json_string(buffer);
}

static const uint64_t most_exact = (1ULL << 53) - 1;

json_t *json_count(uint64_t number)
{
	return json_integer(number < most_exact ? number : most_exact);
}

json_t *json_time(struct bounded time)
{
	return time.known ? json_integer(time.value) : json_null();
}

json_t *json_estimate(struct estimate time)
{
	return json_time(bounded_estimate(time));
}

json_t *json_lower_bound(struct bounded number)
{
	return number.known && !bounded_is_open(number) ?
		       json_boolean(bounded_is_lower_bound(number)) :
		       json_null();
}

json_t *json_errno(int32_t result)
{
	char buffer[NAME_BYTES];

	return result ? json_string(name_errno(result, buffer)) : json_null();
}

json_t *json_error(struct bounded number)
{
	return bounded_is_closed(number) ? json_count(bounded_error(number)) : json_null();
}

json_t *json_with_time(json_t *object, const char *name, struct bounded time)
{
	char member[64];
	int err;

	/* There are many of them, so no object is made that would only be copied. */
	snprintf(member, sizeof(member), "%s_ns", name);
	err = json_object_set_new_nocheck(object, member, json_time(time));
	snprintf(member, sizeof(member), "%s_error_ns", name);
	err |= json_object_set_new_nocheck(object, member, json_error(time));
	snprintf(member, sizeof(member), "%s_is_lower_bound", name);
	err |= json_object_set_new_nocheck(object, member, json_lower_bound(time));
	if (!err)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *json_known(int64_t number, bool known)
{
	return known ? json_integer(number) : json_null();
}

json_t *json_with_bounds(json_t *object, struct bounded number)
{
	json_t *bounds = json_pack("{s:o, s:o, s:o}", "value",
				   json_known(number.value, number.known), "low",
				   json_known(number.low, number.low != BOUNDED_NO_LOW), "high",
				   json_known(number.high, number.high != BOUNDED_NO_HIGH));
	const int err = object && bounds ? json_object_update(object, bounds) : -1;

	json_decref(bounds);
	if (!err)
		return object;
	json_decref(object);
	return NULL;
}

json_t *json_append(json_t *list, json_t *value)
{
	if (list && value && !json_array_append_new(list, value))
		return list;
	if (!list)
		json_decref(value);
	json_decref(list);
	return NULL;
}

int json_write(json_t *document, FILE *out, size_t flags)
{
	int err = 0;

	if (!document)
		return -ENOMEM;
	errno = 0;
	if (json_dumpf(document, out, flags) || fputc('\n', out) == EOF || fflush(out))
		err = errno ? -errno : -EIO;
	json_decref(document);
	return err;
}
