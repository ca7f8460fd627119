#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What every file has to keep to, as far as a program can tell.
. "$(dirname "$0")/e2e/lib.sh"
cd "$top_dir" || exit 1

# Without git (a tarball) there is no list of the tree's files, and the folders have to do.
mapfile -t files < <(git ls-files 2>/dev/null || find . -path ./build -prune -o -type f -print | sed 's,^\./,,')
sources=() scripts=() code=()
for file in "${files[@]}"; do
	[ -f "$file" ] || continue
	case $file in
	# Patches are of the kernel's files, which say theirs.
	*.patch | */series) continue ;;
	*.luoscope | *.tar.xz | *.md | *.png | *.svg | COPYING | VERSION) continue ;;
	# Formats without comments.
	debian/changelog | debian/copyright | debian/source/format | debian/luoscope.service | */package-lock.json) continue ;;
	esac
	sources+=("$file")
	case $file in
	*.c | *.h) code+=("$file") ;;
	*) head -1 "$file" | grep -qE '^#!/bin/(ba)?sh' && scripts+=("$file") ;;
	esac
done

# without_license FILE...: those that do not say it.
without_license() { ! grep -L 'SPDX-License-Identifier: GPL-2.0' "$@" | grep .; }
check "every source file says its license" without_license "${sources[@]}"
check "shell scripts pass shellcheck" shellcheck -x -P SCRIPTDIR --severity=warning "${scripts[@]}"

# too_wide FILE...: a message is kept on one line, so that it can be searched for; all else has 100 columns.
too_wide() { ! awk 'length($0) > 100 && !/"/ { print FILENAME ":" FNR }' "$@" | grep .; }
check "no line of code is wider than 100 columns" too_wide "${code[@]}"

formatted=()
for file in "${code[@]}"; do
	case $file in
	# Tables in comments, and a word that clang-format takes for C++; the kernel's own style checker is for the kernel's files.
	include/luoscope/stats_area.h | bpf/kernel_types.h | kernel/vfio/*) ;;
	*) formatted+=("$file") ;;
	esac
done
check "code is formatted as .clang-format says" clang-format --dry-run -Werror "${formatted[@]}"

if checkpatch=$("$lab_dir/kernel-source" 7.3 2>/dev/null)/scripts/checkpatch.pl && [ -f "$checkpatch" ]; then
	# It leaves a cache where it is started.
	cd "$build" || exit 1
	check "kernel code is clean under checkpatch --strict" perl "$checkpatch" --strict --no-tree --no-signoff --terse \
		--no-summary --ignore CONST_STRUCT --file "$top_dir"/kernel/luo_stats/*.[ch]
	mapfile -t handler < <(find "$top_dir/kernel/vfio" -name '*.[ch]')
	check "the handler is, too" perl "$checkpatch" --strict --no-tree --no-signoff --terse --no-summary \
		--file "${handler[@]}"
	mapfile -t patches < <(find "$top_dir/kernel" -name '*.patch')
	check "and so are the patches" perl "$checkpatch" --strict --no-tree --no-signoff --terse --no-summary \
		"${patches[@]}"
else
	checks=$((checks + 1))
	echo "ok $checks - checkpatch # SKIP there is no kernel source here"
fi
done_testing
