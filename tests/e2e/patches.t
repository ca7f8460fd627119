#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The patches that 'make kernel-patches' writes: git takes them, and they carry all that is in kernel/.
. "$(dirname "$0")/lib.sh"

# has_all_files TREE: all new files of kernel/vfio are in it, as they are here.
has_all_files() {
	local file
	while read -r file; do
		cmp "$top_dir/kernel/vfio/$file" "$1/$file" || return 1
	done < <(cd "$top_dir/kernel/vfio" && find drivers include -type f)
}

# has_luo_stats TREE
has_luo_stats() {
	local file
	cmp "$top_dir/include/luoscope/stats_area.h" "$1/include/luoscope/stats_area.h" || return 1
	for file in "$top_dir"/kernel/luo_stats/*; do
		[ -d "$file" ] || cmp "$file" "$1/kernel/liveupdate/luo_stats/${file##*/}" || return 1
	done
}

patches=$out_dir/patches
check "make kernel-patches writes the patches" "$lab_dir/kernel-patches" "$patches"
for series in 7.3 7.2; do
	[ -d "$patches/$series" ] || continue
	tree=$("$lab_dir/kernel-source" "$series")
	work=$(mktemp -d)
	# git am needs a repository; of the tree it holds only what the patches touch.
	for file in $(cat "$patches/$series"/*.patch | sed -nE 's,^diff --git a/([^ ]*) .*,\1,p' | sort -u); do
		[ ! -f "$tree/$file" ] || install -D -m 644 "$tree/$file" "$work/$file"
	done
	git -C "$work" init -q
	git -C "$work" add -A
	git -C "$work" -c user.name=lab -c user.email=lab@localhost commit -qm base
	check "git am takes them on a pristine $series" git -C "$work" -c user.name=lab -c user.email=lab@localhost am -q \
		"$patches/$series"/*.patch
	check "they carry all new files for $series" has_all_files "$work"
	git -C "$work" -c advice.detachedHead=false checkout -q "$(git -C "$work" rev-list --max-parents=0 HEAD)"
	check "the last one, luo_stats, stands for itself on $series" git -C "$work" -c user.name=lab -c user.email=lab@localhost \
		am -q "$(printf '%s\n' "$patches/$series"/*.patch | tail -n 1)"
	check "it carries all of luo_stats for $series" has_luo_stats "$work"
	rm -rf "$work"
done
done_testing
