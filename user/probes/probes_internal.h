/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of this folder share about the BPF object. For nobody else.
 */
#ifndef LUOSCOPE_PROBES_INTERNAL_H
#define LUOSCOPE_PROBES_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include <luoscope/kfuncs.h>

#include "luoscope.skel.h"
#include "probe.h"

/* Which programs are loaded together. */
enum probes_part {
	PROBES_ALL,
	PROBES_ARRIVAL, /* those by which files and devices come back: see arrival.c */
	PROBES_REST,	/* the others */
};

/**
 * struct probes - the BPF object, and what this kernel has for it
 * @before:    the object of the part before, whose programs stay loaded; or NULL
 * @part:      of the list, what the object is for
 * @have_links_at_once: this kernel has links for many functions
 * @at_once:   the functions of the arrival are attached by such links
 * @have_maps: they are there before the object is loaded, for another process that loads part of it
 * @returns_apart: another process loads the program for all returns
 * @is_trial:  only to see what the kernel takes: nothing that is attached already
 * @have_area: all kfuncs of luo_stats are there
 * @is_unnoted: the area has no room to say that these probes are attached
 * @kfunc:     the types' numbers of all kfuncs; of those of luo_stats in the BTF of a module, if
 *             @kfunc_fd is not 0
 * @kfunc_fd:  of that BTF
 * @target_fd: one for each module with targets
 * @reached_ns: by enum probes_step
 * @types_fd:  a file with those of the kernel's types that the programs read
 */
struct probes {
	struct luoscope_bpf *skeleton;
	struct luoscope_bpf *before;
	struct probe *list;
	size_t count;
	enum probes_part part;
	bool have_links_at_once;
	bool at_once;
	bool have_maps;
	bool returns_apart;
	bool is_trial;
	bool have_area;
	bool is_unnoted;
	uint32_t kfunc[LUOSCOPE_KFUNCS];
	int kfunc_fd;
	int target_fd[8];
	size_t target_fds;
	int types_fd;
	uint64_t reached_ns[6];
};

/*
 * luoscope_bpf__open(), of which each caller would get its own copy of the object. @types: a file
 * with the kernel's types; NULL: let libbpf find them.
 */
struct luoscope_bpf *probes_open_skeleton(const char *types);

struct bpf_program *probes_program(const struct probes *probes, size_t i);

/* Whether the program of probe @i is loaded by itself. */
bool probes_is_loaded(const struct probes *probes, size_t i);

/* Whether all programs of @group are in @state. */
bool probes_group_is(const struct probes *probes, enum probe_group group, enum probe_state state);

/*
 * After probes_open_arrival() and loading: open another object, for the other programs, which
 * shares the maps. Returns 0 or a negative errno.
 */
int probes_open_rest(struct probes *probes);

/*
 * Make the maps, so that several processes can each load part of the programs. Returns 0 or a
 * negative errno.
 */
int probes_make_maps(struct probes *probes);

/*
 * After probes_make_maps(): load the program for all returns, and nothing else. Returns 0 or a
 * negative errno.
 */
int probes_load_returns(struct probes *probes);

/*
 * After probes_open_rest(), in place of probes_load(): load only the program that notes that probes
 * are being detached. Returns 0 or a negative errno.
 */
int probes_load_detaching(struct probes *probes);

/* After probes_make_maps(): probes_load() is not to load that program. */
void probes_leave_returns(struct probes *probes);

/*
 * Look for targets whose name means several functions or none, which takes a while. Leaves probes
 * out, also such as are attached.
 */
void probes_check_names(struct probes *probes);

/*
 * Load the programs whose targets this kernel has. What the kernel rejects is left out, with all
 * that is of no use without it. Returns 0 or a negative errno: what is missing is nothing that the
 * other programs could do without, such as the right to load them.
 */
int probes_load(struct probes *probes);

#endif /* LUOSCOPE_PROBES_INTERNAL_H */
