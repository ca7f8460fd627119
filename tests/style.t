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
	*.luoscope | *.md | *.png | *.svg | COPYING | VERSION) continue ;;
	esac
	sources+=("$file")
	case $file in
	*.c | *.h) code+=("$file") ;;
	*) head -1 "$file" | grep -qE '^#!/bin/(ba)?sh' && scripts+=("$file") ;;
	esac
done

without_spdx() { grep -L 'SPDX-License-Identifier: GPL-2.0' "${sources[@]}" | grep .; }
[ -z "$(without_spdx)" ]
ok "every source file has an SPDX line" $?

check "shell scripts pass shellcheck" shellcheck -x -P SCRIPTDIR "${scripts[@]}"

wide() { awk 'length($0) > 100 && !/https?:/ { print FILENAME ":" FNR; found = 1 } END { exit !found }' "$@"; }
check "no line of code is wider than 100 columns" sh -c '! awk '\''length($0) > 100 { print FILENAME ":" FNR; found = 1 } END { exit !found }'\'' "$@"' - "${code[@]}"

format() { clang-format --dry-run -Werror "$@"; }
formatted=()
for file in "${code[@]}"; do
	case $file in
	# Tables in comments, and a word that clang-format takes for C++.
	include/luoscope/stats_area.h | bpf/kernel_types.h) ;;
	*) formatted+=("$file") ;;
	esac
done
check "code is formatted as .clang-format says" format "${formatted[@]}"

if checkpatch=$("$lab_dir/kernel-source" 7.3 2>/dev/null)/scripts/checkpatch.pl && [ -f "$checkpatch" ]; then
	check "kernel code is clean under checkpatch --strict" perl "$checkpatch" --strict --no-tree --no-signoff --terse \
		--no-summary --ignore CONST_STRUCT --file kernel/luo_stats/*.[ch]
else
	checks=$((checks + 1))
	echo "ok $checks - checkpatch # SKIP there is no kernel source here"
fi
done_testing
