/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Makes stats areas and captures of an update whose truth is known.
 */
#ifndef LUOSCOPE_BUILD_AREA_H
#define LUOSCOPE_BUILD_AREA_H

#include <luoscope/stats_area.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/capture.h"

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
#define OLD_KHZ	       2400012u /* + 5 ppm */
#define NEW_KHZ	       2399940u /* - 25 ppm */
#define NEW_ROUGH_KHZ  2404080u /* + 0.17 % */
#define B0_CYCLES      (3ULL * 86400 * TRUE_KHZ * 1000)
#define B0_REALTIME_NS 1790000000123456789ULL
#define MS	       1000000LL
/* What the clock of the log lost against sched_clock before it was stable. */
#define LOST_NS 41841265LL

extern const int64_t true_boundary_ns[12];

/* The counter at @ns of real time after B0. */
uint64_t true_cycles(int64_t ns);
/* What the clock of the new kernel's log reads @ns of real time after B0, once it is stable. */
uint64_t true_log_ns(int64_t ns);

/* An area of nothing, with these bytes in its chunks: subjects twice, spans, update spans. */
void built_area_init(struct built_area *area, const uint32_t chunk_bytes[4]);
/* The same area, with chunks that are larger. */
void built_area_enlarge(struct built_area *area, const uint32_t chunk_bytes[4]);
uint32_t built_subject(struct built_area *area, uint32_t kind, const char *name, const char *detail,
		       const char *group, uint64_t key);
struct luo_stats_span *built_span(struct built_area *area, unsigned int lot, uint16_t kind,
				  uint8_t role, uint32_t subject, uint64_t begin_cycles,
				  uint64_t end_cycles);
/* Where subject @number, or span @index of @lot, is. */
struct luo_stats_subject *built_subject_at(struct built_area *area, uint32_t number);
struct luo_stats_span *built_span_at(struct built_area *area, unsigned int lot, uint64_t index);
/* The stamps that the module of the new kernel takes of its boot if it is built in. */
void built_in_stamps(struct built_area *new, int64_t setup_arch_ns, int64_t first_initcall_ns,
		     int64_t last_initcall_ns);
/* Compute the checksum anew. */
void built_seal(struct built_area *area);
void built_area_free(struct built_area *area);

/**
 * struct built_update - both areas and the log of one update
 */
struct built_update {
	struct built_area old;
	struct built_area new;
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
/*
 * The same of a handler without tracepoints: the devices are known from their files. That of the
 * first one was reset in its freeze; the second one was left alone, and kept.
 */
void built_kept_device(struct built_update *update);
/* The handler says of each of these two devices whether its bind spares it a reset. */
void built_answers(struct built_update *update, const uint64_t again[2]);
/* Makes it the second attempt: the first, from 900 to 890 ms before B0, failed with EBUSY. */
void built_failed_attempt(struct built_update *update);
/* A span about the device @name, begin and end in ns after B0, in the lot that fits. */
struct luo_stats_span *built_device_span(struct built_area *area, uint16_t kind, uint8_t role,
					 const char *name, int64_t begin_ns, int64_t end_ns);
/*
 * A mark, begin and end in ns after B0. One that was not ended has an end of 0, one whose begin was
 * not seen a begin of 0.
 */
struct luo_stats_span *built_mark(struct built_area *area, const char *name, uint64_t instance,
				  int64_t begin_ns, int64_t end_ns, uint64_t detail);
/*
 * Adds two virtual machines, one a session, watched in both kernels. vm-1 has vCPU 0, which stands
 * still from 20 ms before B0 to 1.65 s after it, and vCPU 1, from 10 ms before B0 to 1.66 s; vm-2
 * has vCPU 0 alone, from 5 ms to 1.7 s.
 */
void built_vms(struct built_update *update);
/*
 * The last exit (in the area of the old kernel) or the first entry of vCPU @id of the process
 * @tgid, in ns after B0.
 */
struct luo_stats_span *built_vcpu(struct built_area *area, uint16_t kind, const char *session,
				  uint32_t tgid, uint32_t id, int64_t ns);
/* @capture borrows everything. */
void built_capture(const struct built_update *update, struct capture *capture);
void built_update_free(struct built_update *update);

#endif /* LUOSCOPE_BUILD_AREA_H */
