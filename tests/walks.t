#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The first ten minutes of each user: luoscope answers as docs/walks says, and the answers are where they look for them.
. "$(dirname "$0")/e2e/lib.sh"
cd "$top_dir" || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for walk in tests/walks/*; do
	name=${walk##*/}
	check "$name: luoscope answers as the page says ('tests/walk $name >docs/walks/$name.md' makes it anew)" \
		sh -c 'tests/walk "$1" >"$2/$1.md" && diff -u "docs/walks/$1.md" "$2/$1.md"' - "$name" "$work"
done

# after PATTERN LINES FILE: the lines after the first one that matches.
after() { grep -A "$2" -m 1 -E "$1" "$3" | tail -n +2; }
# The cause that docs/start.md names, and the walk of the engineer, is what the report has on top.
top_row() { after '^  what to fix' 1 "$work/engineer.md" | grep -q '^  shutdown of slow_shutdown '; }
check "the report's top row is the cause" top_row
# named_cause PAGE: the sentence that names the cause has the name, the time and the blackout of the report's top row.
named_cause() {
	local sentence row blackout
	sentence=$(tr '\n' ' ' <"$1" | grep -oE 'The first row is the cause of this blackout: the [a-z]+ of `[^`]+`, [0-9.]+ m?s of [0-9.]+ m?s\.' | tr -d '\`')
	row=$("$tool" report tests/captures/slow.luoscope | after '^  what to fix' 1 - | sed -E 's/^  (.*[^ ]) {2,}([0-9.]+ m?s)( {2,}[0-9.]+ m?s){2}$/\1, \2/')
	blackout=$("$tool" report tests/captures/slow.luoscope | grep -oE 'blackout [0-9.]+ m?s')
	echo "says: $sentence; top row: $row; $blackout"
	[ "${sentence#*blackout: the }" = "$row of ${blackout#blackout }." ]
}
check "which is what docs/start.md names" named_cause docs/start.md
check "another one would be noticed" fails_with 1 "" named_cause <(sed 's/the shutdown of `slow_shutdown`/the shutdown of `virtio0`/' docs/start.md)
# shown PAGE: each output of luoscope that the page shows after its command is what comes of it.
shown() {
	awk -v out="$work/shown" '
		/^```sh$/ { getline command; getline; next_is = command ~ /^(build\/)?luoscope [^|]*tests\/captures/; next }
		/^```text$/ { if (next_is) { n++; print command >(out "." n ".sh"); on = 1; next_is = 0 } next }
		/^```/ { on = 0; next }
		on { print >(out "." n ".text") }
		/[^ ]/ { next_is = 0 }' "$1"
	local script
	for script in "$work"/shown.*.sh; do
		PATH=$build:$PATH COLUMNS=80 bash "$script" | diff "${script%.sh}.text" - || return 1
	done
}
check "docs/start.md shows what luoscope answers" shown docs/start.md
check "both outputs were compared" test "$(find "$work" -name 'shown.*.sh' | wc -l)" = 2
check "the README shows the same report" diff <(sed -n '/^```text/,/^```/p' README.md | sed '1d; /^```/,$d') <(COLUMNS=80 "$tool" report tests/captures/slow.luoscope)
# The budget that docs/start.md recommends for the new kernel's boot: slow_shutdown, in the old one, does not exceed it.
boot_budget() {
	local budget
	budget=$(tr '\n' ' ' <docs/start.md | grep -oE "luoscope check( --budget '[^']+')+" | grep -oE "'[^']*boot[^']*'" | tr -d "'")
	echo "$budget"
	[ "$(wc -w <<<"$budget")" = 1 ] && "$tool" check --budget "$budget" tests/captures/slow.luoscope
}
check "the old kernel does not exceed the budget for the new one's boot" boot_budget
one_screen() { [ "$(COLUMNS=80 LINES=24 "$tool" report tests/captures/slow.luoscope | wc -l)" -le 23 ]; }
check "the report fits a screen" one_screen
check "the guest that lost its device is named" grep -q '^  0000:03:00.0  vm ' "$work/sre.md"
check "the refused update says by what, and why" grep -q 'refused: 0000:03:00.0, its interrupts are still enabled' "$work/sre.md"
done_testing
