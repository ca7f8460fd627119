// SPDX-License-Identifier: GPL-2.0
#include "left_out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "base/json_values.h"
#include "base/text.h"
#include "model/model.h"

int left_out_add(struct left_out *left, const char *name, const struct model *model)
{
	struct left_out_entry *grown;

	if (model->has_update)
		return 0;
	grown = array_grow(left->entry, left->count, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	left->entry = grown;
	left->entry[left->count++] = (struct left_out_entry){
		.capture = name,
		.why = model->attempts ? "refused update" : "no live update",
	};
	return 1;
}

char *left_out_text(const struct left_out *left, size_t rest, bool utf8)
{
	char *text = NULL, *name;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "%zu of %zu left out: ", left->count, left->count + rest);
	for (i = 0; i < left->count; i++) {
		name = escape_text_whole(left->entry[i].capture, utf8);
		fprintf(out, "%s%s (%s)", i ? ", " : "", name ? name : "?", left->entry[i].why);
		free(name);
	}
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

int left_out_error(const struct left_out *left, const char *whose, struct error *error)
{
	const struct left_out_entry *first = left->entry;

	return error_set(error, -ENODATA,
			 "none of the captures%s has a live update (%s: %s): save one in the new"
			 " kernel after an update",
			 whose, first->capture, first->why);
}

json_t *left_out_json(const struct left_out *left)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < left->count; i++)
		list = json_append(list, json_pack("{s:o, s:s}", "capture",
						   json_text(left->entry[i].capture), "why",
						   left->entry[i].why));
	return list;
}

void left_out_free(struct left_out *left)
{
	free(left->entry);
	*left = (struct left_out){};
}
