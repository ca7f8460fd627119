#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The rules for every file that a program can check.
. "$(dirname "$0")/e2e/lib.sh"
cd "$top_dir" || exit 1

# Without git (a tarball) there is no list of files, so all folders are searched.
mapfile -t files < <(git ls-files 2>/dev/null || find . -path ./build -prune -o -type f -print | sed 's,^\./,,')
sources=() code=() others=()
for file in "${files[@]}"; do
	[ -f "$file" ] || continue
	case $file in
	# Patches change files of the kernel, which have their own license lines.
	*.patch | */series) continue ;;
	*.luoscope | *.tar.xz | *.md | *.png | *.svg | COPYING | VERSION) continue ;;
	# Formats without comments.
	debian/changelog | debian/copyright | debian/source/format | debian/luoscope.service | */package-lock.json) continue ;;
	esac
	sources+=("$file")
	case $file in
	*.c | *.h) code+=("$file") ;;
	*) others+=("$file") ;;
	esac
done
mapfile -t scripts < <(awk '/^#!\/bin\/(ba)?sh/ { print FILENAME } { nextfile }' "${others[@]}")

# without_license FILE...: those that do not say it.
without_license() { ! grep -L 'SPDX-License-Identifier: GPL-2.0' "$@" | grep .; }
check "every source file says its license" without_license "${sources[@]}"
check "shell scripts pass shellcheck" shellcheck -x -P SCRIPTDIR --severity=warning "${scripts[@]}"

# Each test with guests runs for another architecture, or docs/lab.md says why not. These lists are those of tests/check.
no_guest=() on_request=() foreign=()
eval "$(grep -E '^(no_guest|on_request|foreign)=\(' tests/check)"
# names FILE...: of tests, without folder and ending.
names() { printf '%s\n' "$@" | sed 's,.*/,,; s/\.t$//' | sort; }
# quoted: the names of tests in standard input.
quoted() { grep -oE '`[a-z0-9_]+`' | tr -d '`' | sort; }
sed -n '/^`make check ARCH=arm64` runs/,/of `tests\/e2e`/p' docs/lab.md | sed 's/of `tests.*//' | quoted >"$out_dir/run"
sed -n '/^| the other tests with guests/,/^$/s/^| \([^|]*\) |.*/\1/p' docs/lab.md | quoted >"$out_dir/excused"
check "no test with guests is forgotten: it runs on arm64, or docs/lab.md says why not" diff <(names tests/e2e/*.t) \
	<({ names "${foreign[@]}" "${no_guest[@]}"; cat "$out_dir/excused"; } | sort)
check "one that only runs when it is asked for is among the latter" diff <(names "${on_request[@]}") \
	<(names "${on_request[@]}" | comm -12 - "$out_dir/excused")
check "docs/lab.md has the list of those that run" diff <(names "${foreign[@]}") "$out_dir/run"

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

# Each folder of user/ is a layer. It uses itself and the folders before it in this list, with these exceptions.
layers="base capture probes model figures live report check diff timeline commands"
apart="live:probes diff:check timeline:check timeline:diff"

# odd_includes: includes in user/ that are not as the checks below read them: a header of user/ has quotes around its name, or around
# its folder and its name.
odd_includes() {
	! awk '
		BEGIN {
			for (i = 1; i < ARGC; i++) {
				name = ARGV[i]
				sub(/^user\//, "", name)
				is_ours[name] = 1
			}
		}
		!/^[ \t]*#[ \t]*include/ { next }
		/^#include "([a-z_]+\/)?[a-z_]+(\.skel)?\.h"$/ { next }
		/^#include <[a-z0-9_.\/-]+>$/ {
			name = $2
			gsub(/[<>]/, "", name)
			if (!(name in is_ours) && name !~ /\.\/|\/\//)
				next
		}
		{ print FILENAME ":" FNR ": " $0 }' user/*/*.[ch] | grep .
}
check "a file of user/ includes another one by its name in quotes" odd_includes

# not_before: of lines "FOLDER USED TEXT", those where a folder uses one that it must not use; their text.
not_before() {
	awk -v layers="$layers" -v apart="$apart" '
		BEGIN {
			for (count = split(layers, list, " "); count; count--)
				level[list[count]] = count
			for (count = split(apart, list, " "); count; count--)
				forbidden[list[count]] = 1
		}
		{ used = $2; folder = $1; sub(/^[^ ]+ [^ ]+ /, "") }
		!(folder in level) { print folder ": no layer has this folder"; next }
		used != folder && !(used in level && level[used] < level[folder] && !(folder ":" used in forbidden))'
}

# against_layers: each include in user/ that a layer must not have. One of another folder names that folder.
against_layers() {
	# The name has one part in a folder of its own, and two in another.
	! grep -n '^#include "' user/*/*.[ch] | awk -F '[:/"]' '{ print $2, (NF > 7 ? $6 : $2), $0 }' | not_before | grep .
}
check "a folder of user/ uses only the folders before it" against_layers

# in_circle: files of user/ that include one another; a source file and its header are one.
in_circle() {
	! awk '
		FNR == 1 {
			node = FILENAME
			sub(/\.[ch]$/, "", node)
			folder = node
			sub(/\/[^\/]*$/, "", folder)
			print node, node
		}
		/^#include "[a-z_\/]+\.h"$/ {
			name = substr($2, 2, length($2) - 4)
			print node, (name ~ /\// ? "user" : folder) "/" name
		}' user/*/*.[ch] | awk '$1 == $2 || !seen[$0]++' | { tsort 2>&1 >/dev/null || true; } | grep .
}
check "no file of user/ includes itself by way of others" in_circle

# What a header *_internal.h has, the source files of its folder share; another header would pass it on.
check "only source files include the internal header of their folder" sh -c '! grep -n "#include \".*_internal\.h\"" user/*/*.h &&
	! grep -n "#include \".*/.*_internal\.h\"" user/*/*.c tests/unit/*.[ch]'

# What the includes do not show: which object needs a symbol of which other one.
objects=()
for file in user/*/*.c; do objects+=("build/${file%.c}.o"); done
# objects_are_built: and not older than their sources, for only then they are what is here.
objects_are_built() { make -s "${objects[@]}" && stat -c %n "${objects[@]}" >/dev/null; }
check "the objects of user/ can be built" objects_are_built

# needs: lines "FILE OTHER SYMBOL", without the files' suffixes.
needs() {
	nm -A -P -g "${objects[@]}" | awk '
		{ sub(/^build\/user\//, ""); sub(/\.o:/, "") }
		$3 ~ /^[Uwv]$/ { needing[++count] = $1; needed[count] = $2; next }
		{ defining[$2] = $1 }
		END {
			for (i = 1; i <= count; i++)
				if (needed[i] in defining)
					print needing[i], defining[needed[i]], needed[i]
		}'
}
needs >"$out_dir/needs"
# If nothing was read, the checks below would pass.
check "and what they need of one another is known" test "$(wc -l <"$out_dir/needs")" -gt "${#objects[@]}"

needs_against_layers() {
	! awk '{ split($1, file, "/"); split($2, other, "/"); print file[1], other[1], $1 " needs " $3 "() of " $2 }' "$out_dir/needs" |
		not_before | grep .
}
check "a folder of user/ needs no symbol but those of the folders before it" needs_against_layers

# need_one_another: files of user/ that do, and by which symbols.
need_one_another() {
	local said circle
	said=$(awk '{ print $1, $2 }' "$out_dir/needs" | tsort 2>&1 >/dev/null) && return
	echo "$said"
	circle=$(awk 'NF == 2 { print $2 }' <<<"$said" | paste -sd '|')
	grep -E "^($circle) ($circle) " "$out_dir/needs"
	return 1
}
check "no file of user/ needs itself by way of others" need_one_another

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
