/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Makes stats areas and captures of an update whose truth is known.
 */
#ifndef LUOSCOPE_BUILD_AREA_H
#define LUOSCOPE_BUILD_AREA_H

#include <luoscope/stats_area.h>
#include <stddef.h>
#include <stdint.h>

#include "capture.h"

/**
 * struct built_area - a stats area that is being made
 * @header: at the start of its bytes, may be changed at will; then built_seal()
 */
struct built_area {
	union {
		unsigned char *bytes;
		struct luo_stats_header *header;
	};
	size_t size;
};

/* What is true of the update: nanoseconds of real time, and the counter's real rate. */
#define TRUE_KHZ       2400000u
#define LEFT_KHZ       2400012u /* + 5 ppm */
#define CAME_KHZ       2399940u /* - 25 ppm */
#define CAME_ROUGH_KHZ 2404080u /* + 0.17 % */
#define B0_CYCLES      (3ULL * 86400 * TRUE_KHZ * 1000)
#define B0_REALTIME_NS 1790000000123456789ULL
#define MS	       1000000LL

extern const int64_t true_boundary_ns[12];

/* The counter at @ns of real time after B0. */
uint64_t true_cycles(int64_t ns);
/* What sched_clock of the new kernel reads @ns of real time after B0. */
uint64_t true_sched_ns(int64_t ns);

/* An area of nothing, with these bytes in its chunks: subjects twice, spans, update spans. */
void built_area_init(struct built_area *area, const uint32_t chunk_bytes[4]);
uint32_t built_subject(struct built_area *area, uint32_t kind, const char *name, const char *detail,
		       const char *group, uint64_t key);
struct luo_stats_span *built_span(struct built_area *area, unsigned int lot, uint16_t kind,
				  uint8_t role, uint32_t subject, uint64_t begin_cycles,
				  uint64_t end_cycles);
/* Where subject @number, or span @index of @lot, is. */
struct luo_stats_subject *built_subject_at(struct built_area *area, uint32_t number);
struct luo_stats_span *built_span_at(struct built_area *area, unsigned int lot, uint64_t index);
/* Compute the checksum anew. */
void built_seal(struct built_area *area);
void built_area_free(struct built_area *area);

/**
 * struct built_update - both areas and the log of one update
 */
struct built_update {
	struct built_area left;
	struct built_area came;
	char klog[2048];
	const char *host;
};

/*
 * A live update 7.2.12 -> 7.3.4 of two sessions with three memfds, and four devices that are shut
 * down.
 */
void built_update_init(struct built_update *update);
/*
 * Adds two preserved devices: 0000:81:00.0 is reset by FLR and in service again 1.7 s after B0, the
 * reset of 0000:82:00.0 finds a lock busy, and it follows 50 ms later. Both are retrieved before
 * 1.54 s.
 */
void built_devices(struct built_update *update);
/* A span about the device @name, begin and end in ns after B0, in the lot that fits. */
struct luo_stats_span *built_device_span(struct built_area *area, uint16_t kind, uint8_t role,
					 const char *name, int64_t begin_ns, int64_t end_ns);
/* @capture borrows everything. */
void built_capture(const struct built_update *update, struct capture *capture);
void built_update_free(struct built_update *update);

#endif /* LUOSCOPE_BUILD_AREA_H */
