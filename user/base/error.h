/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How library code reports an error: a negative errno for the caller, a sentence for the user. Only
 * commands print.
 */
#ifndef LUOSCOPE_ERROR_H
#define LUOSCOPE_ERROR_H

struct error {
	char text[512];
};

/*
 * Set the text of @error, unless it is NULL, and return @err. The text is one sentence without a
 * full stop that says what happened and what the user can do; it replaces any earlier text.
 */
__attribute__((format(printf, 3, 4))) int error_set(struct error *error, int err,
						    const char *format, ...);

/* Long enough for every name that the functions below write. */
#define NAME_BYTES 24

/**
 * name_errno - name of the negative errno @result, such as "EBUSY", and "ok" for 0
 *
 * An unknown value is written as a number, in @buffer of NAME_BYTES.
 */
const char *name_errno(int result, char *buffer);

#endif /* LUOSCOPE_ERROR_H */
