// SPDX-License-Identifier: GPL-2.0
#include "html.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "timeline_page.h"

/* Marks the place of the data in the page. */
static const char mark[] = "@DATA@";

/*
 * "</script>" and "<!--" have a meaning anywhere in a page, so no "<" of a name may remain. In JSON
 * it can only be in strings.
 */
static void write_escaped(FILE *out, const char *json)
{
	const char *less;

	while ((less = strchr(json, '<'))) {
		fwrite(json, 1, less - json, out);
		fputs("\\u003c", out);
		json = less + 1;
	}
	fputs(json, out);
}

int view_html(const json_t *timelines, FILE *out)
{
	const char *page = (const char *)timeline_page;
	const char *data = strstr(page, mark);
	char *json = json_dumps(timelines, JSON_COMPACT);

	if (!json)
		return -ENOMEM;
	errno = 0;
	fwrite(page, 1, data - page, out);
	fputs("{\"timelines\":", out);
	write_escaped(out, json);
	fputc('}', out);
	fputs(data + strlen(mark), out);
	free(json);
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
