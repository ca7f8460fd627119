// SPDX-License-Identifier: GPL-2.0
#include "capture.h"

#include <luoscope/stats_area.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/huge_pages.h"

struct file_header {
	char magic[8];
	uint16_t major;
	uint16_t minor;
	uint32_t sections;
};

struct section_header {
	uint32_t type;
	uint32_t flags;
	uint64_t bytes;
	uint64_t checksum;
};

_Static_assert(sizeof(struct file_header) == 16, "the file's layout");
_Static_assert(sizeof(struct section_header) == 24, "the file's layout");

#define TRAILER_BYTES sizeof(uint64_t)

static size_t padding(uint64_t bytes)
{
	return -bytes % 8;
}

static int parse_error(struct error *error, const char *what)
{
	/* The update of an old capture cannot be captured again. */
	return error_set(
		error, -EBADMSG,
		"the capture is %s: use another copy of it, or remove it; 'luoscope save' makes a new one only of the update that started the running kernel",
		what);
}

/*
 * luo_stats_checksum() in pieces: of the whole file, and of the section that is read. Both take as
 * long as one, because each waits for its own multiplication.
 */
struct checksums {
	uint64_t file;
	uint64_t section;
};

#define CHECKSUM_BASIS 0xcbf29ce484222325ULL
#define CHECKSUM_PRIME 0x100000001b3ULL
/* What eight bytes of 0 multiply it by. */
#define PRIME_2 (CHECKSUM_PRIME * CHECKSUM_PRIME)
#define PRIME_8 (PRIME_2 * PRIME_2 * PRIME_2 * PRIME_2)

/* Most of an area is 0: such words are taken at once. */
static void add_to_checksums(struct checksums *sums, const unsigned char *bytes, size_t length)
{
	struct checksums s = *sums;
	size_t i = 0;

	while (i < length) {
		uint64_t word = 1;

		if (length - i >= sizeof(word))
			memcpy(&word, bytes + i, sizeof(word));
		if (!word) {
			s.file *= PRIME_8;
			s.section *= PRIME_8;
			i += sizeof(word);
			continue;
		}
		s.file = (s.file ^ bytes[i]) * CHECKSUM_PRIME;
		s.section = (s.section ^ bytes[i]) * CHECKSUM_PRIME;
		i++;
	}
	*sums = s;
}

static int parse_section(struct capture *capture, const unsigned char *bytes, size_t end,
			 size_t *offset, struct checksums *sums, struct error *error)
{
	const size_t start = *offset;
	struct section_header header;

	if (end - *offset < sizeof(header))
		return parse_error(error, "cut short");
	memcpy(&header, bytes + *offset, sizeof(header));
	*offset += sizeof(header);
	if (header.bytes > end - *offset || header.bytes + padding(header.bytes) > end - *offset)
		return parse_error(error, "cut short");
	if ((header.type == CAPTURE_INCOMING || header.type == CAPTURE_OUTGOING) &&
	    header.bytes > CAPTURE_AREA_MAX_BYTES)
		return error_set(
			error, -EFBIG,
			"a stats area of the capture has more than 32 MiB, which is impossible");
	add_to_checksums(sums, bytes + start, sizeof(header));
	sums->section = CHECKSUM_BASIS;
	add_to_checksums(sums, bytes + *offset, header.bytes);
	if (sums->section != header.checksum)
		return parse_error(error, "damaged (the checksum of a section does not match)");
	if (header.type && header.type < CAPTURE_SECTION_TYPES) {
		struct capture_section *section = &capture->section[header.type];

		if (section->bytes)
			return parse_error(error, "damaged (it has the same section twice)");
		section->bytes = bytes + *offset;
		section->size = header.bytes;
	}
	add_to_checksums(sums, bytes + *offset + header.bytes, padding(header.bytes));
	*offset += header.bytes + padding(header.bytes);
	return 0;
}

/* Captures are small once compressed, and often sent like that. */
static int not_a_capture(const unsigned char *bytes, size_t size, struct error *error)
{
	static const struct {
		const char *magic;
		const char *unpack;
	} formats[] = {
		{ "\x1f\x8b", "zcat" },
		{ "\xfd\x37zXZ", "xzcat" },
		{ "\x28\xb5\x2f\xfd", "zstdcat" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		const size_t length = strlen(formats[i].magic);

		if (size >= length && !memcmp(bytes, formats[i].magic, length))
			return error_set(
				error, -EBADMSG,
				"this is compressed: unpack it, as with '%s FILE | luoscope report -'",
				formats[i].unpack);
	}
	return error_set(error, -EBADMSG, "this is not a capture that 'luoscope save' wrote");
}

static int parse_sections(struct capture *capture, const unsigned char *bytes, size_t size,
			  struct error *error)
{
	struct checksums sums = { .file = CHECKSUM_BASIS };
	struct file_header header;
	size_t offset = sizeof(header);
	uint64_t checksum;
	uint32_t i;
	int err;

	if (size > CAPTURE_MAX_BYTES)
		return error_set(error, -EFBIG,
				 "the capture has more than 64 MiB, which is impossible");
	if (!size)
		return error_set(error, -EBADMSG,
				 "the capture is empty: the command that wrote it failed");
	if (memcmp(bytes, CAPTURE_MAGIC, size < 8 ? size : 8))
		return not_a_capture(bytes, size, error);
	if (size < sizeof(header) + TRAILER_BYTES)
		return parse_error(error, "cut short");
	memcpy(&header, bytes, sizeof(header));
	if (header.major != CAPTURE_MAJOR)
		return error_set(error, -EPROTONOSUPPORT,
				 "the capture has format %u, but this luoscope reads format %u",
				 header.major, CAPTURE_MAJOR);
	size -= TRAILER_BYTES;
	add_to_checksums(&sums, bytes, sizeof(header));
	for (i = 0; i < header.sections; i++) {
		err = parse_section(capture, bytes, size, &offset, &sums, error);
		if (err)
			return err;
	}
	if (offset != size)
		return parse_error(error, "damaged (there is something after its last section)");
	memcpy(&checksum, bytes + size, sizeof(checksum));
	if (sums.file != checksum)
		return parse_error(error, "damaged (its checksum does not match)");
	return 0;
}

int capture_parse(struct capture *capture, const void *bytes, size_t size, struct error *error)
{
	int err;

	*capture = (struct capture){};
	err = parse_sections(capture, bytes, size, error);
	if (err)
		*capture = (struct capture){};
	return err;
}

/* One byte more than @fd says that it has: the end is seen without more room. */
static size_t room_for(int fd, size_t max)
{
	const size_t least = 64 << 10;
	struct stat status;

	if (fstat(fd, &status) || status.st_size < (off_t)least || status.st_size > (off_t)max)
		return least;
	return status.st_size + 1;
}

int read_all(int fd, size_t max, void **bytes, size_t *size)
{
	size_t capacity = room_for(fd, max), used = 0;
	char *buffer = huge_pages(malloc(capacity), capacity);
	int err;

	if (!buffer)
		return -ENOMEM;
	for (;;) {
		ssize_t got = read(fd, buffer + used, capacity - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err = -errno;
			goto err_free;
		}
		if (!got)
			break;
		used += got;
		if (used > max) {
			err = -EFBIG;
			goto err_free;
		}
		if (used == capacity) {
			char *larger = realloc(buffer, capacity * 2);

			if (!larger) {
				err = -ENOMEM;
				goto err_free;
			}
			buffer = larger;
			capacity *= 2;
		}
	}
	*bytes = buffer;
	*size = used;
	return 0;

err_free:
	free(buffer);
	return err;
}

int capture_load(struct capture *capture, const char *path, struct error *error)
{
	bool is_stdin = !strcmp(path, "-");
	const char *name = is_stdin ? "standard input" : path;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	void *bytes;
	size_t size;
	int err;

	*capture = (struct capture){};
	/* "$capture" of a script that has not set it. */
	if (!*path)
		return error_set(error, -ENOENT, "the name of a capture must not be empty");
	if (fd < 0) {
		err = -errno;
		return error_set(error, err, "cannot open %s: %s%s", path, strerror(-err),
				 err == -EACCES ? ": this needs root, or a copy that you may read" :
						  "");
	}
	err = read_all(fd, CAPTURE_MAX_BYTES, &bytes, &size);
	if (!is_stdin)
		close(fd);
	if (err == -EFBIG)
		return error_set(error, err, "%s has more than 64 MiB, so it is not a capture",
				 name);
	if (err)
		return error_set(error, err, "cannot read %s: %s%s", name, strerror(-err),
				 err == -EISDIR ? ": name the captures in it" : "");
	err = capture_parse(capture, bytes, size, error);
	if (err) {
		free(bytes);
		return err;
	}
	capture->file = bytes;
	return 0;
}

/* Build the whole file, in memory from malloc(). */
static int serialize(const struct capture *capture, void **bytes, size_t *size, struct error *error)
{
	struct file_header header = { .magic = CAPTURE_MAGIC,
				      .major = CAPTURE_MAJOR,
				      .minor = CAPTURE_MINOR };
	uint64_t total = sizeof(header) + TRAILER_BYTES;
	unsigned char *file;
	uint64_t checksum;
	size_t offset;
	unsigned int i;

	for (i = 1; i < CAPTURE_SECTION_TYPES; i++) {
		const struct capture_section *section = &capture->section[i];

		if (!section->bytes)
			continue;
		header.sections++;
		total += sizeof(struct section_header) + section->size + padding(section->size);
	}
	if (total > CAPTURE_MAX_BYTES)
		return error_set(error, -EFBIG, "the capture would have more than 64 MiB");
	file = calloc(1, total);
	if (!file)
		return error_set(error, -ENOMEM, "out of memory");

	memcpy(file, &header, sizeof(header));
	offset = sizeof(header);
	for (i = 1; i < CAPTURE_SECTION_TYPES; i++) {
		const struct capture_section *section = &capture->section[i];
		struct section_header head = { .type = i, .bytes = section->size };

		if (!section->bytes)
			continue;
		head.checksum = luo_stats_checksum(section->bytes, section->size);
		memcpy(file + offset, &head, sizeof(head));
		offset += sizeof(head);
		memcpy(file + offset, section->bytes, section->size);
		offset += section->size + padding(section->size);
	}
	checksum = luo_stats_checksum(file, offset);
	memcpy(file + offset, &checksum, sizeof(checksum));
	*bytes = file;
	*size = total;
	return 0;
}

int capture_write(const struct capture *capture, const char *path, struct error *error)
{
	void *bytes = NULL;
	size_t size = 0;
	int err;

	err = serialize(capture, &bytes, &size, error);
	if (err)
		return err;
	err = file_write(path, bytes, size, 0600, error);
	free(bytes);
	return err;
}

void capture_set(struct capture *capture, enum capture_section_type type, void *bytes, size_t size)
{
	free(capture->section[type].owned);
	capture->section[type] =
		(struct capture_section){ .bytes = bytes, .size = size, .owned = bytes };
}

bool capture_value(const struct capture *capture, enum capture_section_type type, const char *key,
		   char *value, size_t size)
{
	const struct capture_section *section = &capture->section[type];
	const char *p = section->bytes;
	const char *end = p ? p + section->size : NULL;
	size_t key_length = strlen(key);

	value[0] = '\0';
	while (p < end) {
		const char *line_end = memchr(p, '\n', end - p);

		if (!line_end)
			line_end = end;
		if ((size_t)(line_end - p) > key_length && !memcmp(p, key, key_length) &&
		    p[key_length] == '=') {
			p += key_length + 1;
			snprintf(value, size, "%.*s", (int)(line_end - p), p);
			return true;
		}
		p = line_end + 1;
	}
	return false;
}

uint64_t capture_bytes(const struct capture *capture)
{
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < CAPTURE_SECTION_TYPES; i++)
		bytes += capture->section[i].size;
	return bytes;
}

void capture_free(struct capture *capture)
{
	unsigned int i;

	for (i = 0; i < CAPTURE_SECTION_TYPES; i++)
		free(capture->section[i].owned);
	free(capture->file);
	*capture = (struct capture){};
}

bool capture_is_file(const char *path)
{
	char magic[sizeof(CAPTURE_MAGIC) - 1];
	struct stat status;
	bool is_capture;
	int fd;

	/* Opening a pipe would wait for its other end. */
	if (stat(path, &status) || !S_ISREG(status.st_mode))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	is_capture = read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
		     !memcmp(magic, CAPTURE_MAGIC, sizeof(magic));
	close(fd);
	return is_capture;
}
