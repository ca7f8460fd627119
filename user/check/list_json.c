// SPDX-License-Identifier: GPL-2.0
#include "list_json.h"

#include <jansson.h>

#include "base/bounded.h"
#include "base/json_values.h"
#include "check.h"
#include "figures/figure_names.h"
#include "figures/figures.h"

static json_t *json_words(const struct figure_pattern *pattern)
{
	json_t *list;
	unsigned int i;

	if (!pattern->word)
		return json_null();
	list = json_array();
	for (i = 0; pattern->word(i); i++)
		list = json_append(list, json_string(pattern->word(i)));
	return list;
}

static json_t *json_forms(void)
{
	const struct figure_pattern *pattern;
	json_t *list = json_array();

	for (pattern = figure_patterns; pattern->text; pattern++)
		list = json_append(list, json_pack("{s:s, s:s, s:s, s:o}", "form", pattern->text,
						   "unit", unit_name(pattern->unit), "meaning",
						   pattern->meaning, "words", json_words(pattern)));
	return list;
}

static json_t *json_figure(const struct figure *figure)
{
	const struct bounded *measured = &figure->measured;
	json_t *json = json_pack(
		"{s:s, s:s, s:s, s:o, s:s?}", "name", figure->name, "form", figure->pattern->text,
		"unit", unit_name(figure->pattern->unit), "is_lower_bound",
		measured->known ? json_boolean(bounded_is_lower_bound(*measured)) : json_null(),
		"why", measured->why);

	return json_with_bounds(json, *measured);
}

static json_t *json_figures(const struct figures *figures)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < figures->count; i++)
		list = json_append(list, json_figure(&figures->figure[i]));
	return list;
}

int view_figures_json(const struct check_capture *capture, FILE *out)
{
	return json_write(json_pack("{s:s, s:o, s:o, s:o}", "schema", VIEW_FIGURES_JSON_SCHEMA,
				    "capture", capture ? json_text(capture->name) : json_null(),
				    "forms", json_forms(), "figures",
				    capture ? json_figures(&capture->figures) : json_null()),
			  out, JSON_INDENT(2));
}
