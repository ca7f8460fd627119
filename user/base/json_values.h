/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The values that all our JSON documents share. Each function returns NULL if out of memory.
 */
#ifndef LUOSCOPE_JSON_VALUES_H
#define LUOSCOPE_JSON_VALUES_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "bounded.h"

/* A string; one that is not valid UTF-8 has its bytes escaped (see escape_text()). */
json_t *json_text(const char *text);

/* The same, or null if @text is empty. */
json_t *json_text_or_null(const char *text);

/*
 * A number that may exceed 2^53 - 1, which JSON readers round: always a string of decimal digits.
 */
json_t *json_u64(uint64_t number);

/*
 * A number that exceeds 2^53 - 1 only if what it was read from is damaged; then it is that.
 */
json_t *json_count(uint64_t number);

/* The nanoseconds of @time; null: not known. And whether they are a lower bound. */
json_t *json_time(struct bounded time);
json_t *json_estimate(struct estimate time);
json_t *json_lower_bound(struct bounded number);

/* The name of a negative errno, or null for 0. */
json_t *json_errno(int32_t result);

/*
 * The largest possible error of @number, or null if it has none: an unknown number, and one that is
 * only a bound.
 */
json_t *json_error(struct bounded number);

/*
 * Add "NAME_ns", "NAME_error_ns" and "NAME_is_lower_bound" of @time to @object, with @name for
 * NAME. Takes ownership of @object: returns it, or NULL.
 */
json_t *json_with_time(json_t *object, const char *name, struct bounded time);

/*
 * Add "value", "low" and "high" of @number to @object; null: not known, or an open bound. Takes
 * ownership of @object: returns it, or NULL.
 */
json_t *json_with_bounds(json_t *object, struct bounded number);

/* Append @value to @list and take ownership of both: returns @list, or NULL if either is NULL. */
json_t *json_append(json_t *list, json_t *value);

/**
 * json_write - write @document and a newline to @out, and free it
 * @flags: jansson's, such as JSON_INDENT(2)
 *
 * @document may be NULL, which means out of memory. Returns 0, -ENOMEM, or the negative errno of a
 * failed write.
 */
int json_write(json_t *document, FILE *out, size_t flags);

#endif /* LUOSCOPE_JSON_VALUES_H */
