#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# docs/format.md is true, and enough to write another reader: its tables are those of the headers, and the reader that was written
# from it finds in every capture what luoscope finds, and refuses what luoscope refuses.
. "$(dirname "$0")/e2e/lib.sh"
cd "$top_dir" || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
page=docs/format.md
header=include/luoscope/stats_area.h

# tables_are_true PAGE HEADER
tables_are_true() { tests/format-tables "$1" "$2" >"$work/tables.c" && gcc -std=gnu11 -Iinclude -Iuser -fsyntax-only "$work/tables.c"; }
check "the tables of the page are those of the headers" tables_are_true "$page" "$header"
check "there are many of them" test "$(grep -c _Static_assert "$work/tables.c")" -gt 200

# is_noticed TEXT SED-SCRIPT: the page, changed so, is found to be wrong.
is_noticed() {
	sed -E "$2" "$page" >"$work/page.md"
	check "$1 is noticed" sh -c '! cmp -s "$1" "$2"' - "$page" "$work/page.md"
	check "$1 is reported" fails_with 1 . tables_are_true "$work/page.md" "$header"
}
is_noticed "another value" 's/^\| 12 \| `BIND`/| 13 | `BIND`/'
is_noticed "another offset" 's/^\| 40 \| 8 \| u64 \| `detail`/| 48 | 8 | u64 | `detail`/'
is_noticed "another type" 's/^\| 32 \| 4 \| s32 \| `result`/| 32 | 4 | s64 | `result`/'
is_noticed "a field that is left out" '/^\| 48 \| 4 \| u32 \| `serial`/d'
is_noticed "a constant that is left out" '/`KHO_BOOT`/d'
sed 's/LUO_STATS_VCPU_ENTRY.*/&\n\tLUO_STATS_NEWEST = 18,/' "$header" >"$work/newer.h"
check "a constant that comes to the header is noticed" fails_with 1 "LUO_STATS_NEWEST is not in the page" \
	tests/format-tables "$page" "$work/newer.h"

mkdir "$work/captures" "$work/damaged"
cp tests/captures/*.luoscope "$work/captures"
tar -C "$work/captures" -xf tests/captures/diff.tar.xz
for capture in "$work"/captures/*.luoscope; do
	check "both readers find the same in $(basename "$capture" .luoscope)" tests/readers-agree "$tool" "$capture"
done

# Cut short, changed in a byte, and damaged within the areas.
tests/damage tests/captures/trouble.luoscope "$work/damaged"
agree_on() {
	local rc=0
	tests/readers-agree --damaged "$tool" "$work/damaged/$1"-* >"$work/said.$1" || rc=1
	cat "$work/said.$1"
	return "$rc"
}
for how in cut flip area; do
	check "both readers say the same of captures that were damaged ($how)" agree_on "$how"
done
check "what is cut short is refused" contains "$work/said.cut" '^0 can be read$'
check "what is changed in a byte is refused" contains "$work/said.flip" '^0 can be read$'
readable() { tail -n 1 "$1" | awk '{ print; exit !($1 > 50 && $1 < 150) }'; }
check "of what is damaged within, much can still be read, and much is refused" readable "$work/said.area"
# The same from the command line.
one_line() { awk '{ print } /^read_area.py: ./ { count++ } END { exit !(NR == 1 && count == 1) }' "$1"; }
for capture in "$work"/damaged/{cut-20,flip-100}.luoscope "$(find "$work/damaged" -name 'flip-1?????.luoscope' | sort | head -n 1)"; do
	tests/read_area.py "$capture" >"$work/said" 2>&1
	check "the reader refuses ${capture##*/}" test $? = 1
	check "and says in one line why" one_line "$work/said"
done

# An area as sysfs shows it, by itself.
python3 - "$work" <<'END'
import struct, sys
data = open(sys.argv[1] + "/captures/devices.luoscope", "rb").read()
size = struct.unpack_from("<Q", data, 24)[0]
open(sys.argv[1] + "/area", "wb").write(data[40:40 + size])
END
tests/read_area.py "$work/area" >"$work/area.json"
check_json "an area alone can be read" "$work/area.json" \
	'.generation == 0 and (.as_old_kernel | length) == 1 and any(.spans[]; .kind == "reset" and .subject.name == "0000:01:00.0")'
check "nothing to read is an error" fails_with 1 "No such file" tests/read_area.py "$work/nothing"
check "without a file it says how it is used" fails_with 1 "read_area.py FILE" tests/read_area.py

# disagrees TEXT SED-SCRIPT [CAPTURE]: that the reader reads otherwise is found.
disagrees() {
	mkdir -p "$work/tests"
	sed -E "$2" tests/read_area.py >"$work/tests/read_area.py"
	cp tests/readers-agree "$work/tests"
	chmod +x "$work/tests/read_area.py"
	check "$1 is another script" sh -c '! cmp -s tests/read_area.py "$1"' - "$work/tests/read_area.py"
	"$work/tests/readers-agree" "$tool" "tests/captures/${3:-devices}.luoscope" >"$work/said"
	check "$1 is found" test "$?" = 1
}
disagrees "another rate" 's/best\.khz \* 10\*\*6/& + 10**6/'
disagrees "another span's beginning" 's/self\.ns\(self\.origins\[new\], stamp\)/& + 1/'
disagrees "a kind less" 's/, 12: "bind"//'
disagrees "marks that are not joined" 's/begun\[-1\]\.state == OPEN/False/' systemd
disagrees "dropped spans that are not counted" 's/area\.dropped\[kind\] for area in areas/0 for area in areas/' full
done_testing
