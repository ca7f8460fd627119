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
check "the cause is what docs/start.md leads to" grep -q 'slow_shutdown' docs/start.md
one_screen() { [ "$(COLUMNS=80 LINES=24 "$tool" report tests/captures/slow.luoscope | wc -l)" -le 23 ]; }
check "the report fits a screen" one_screen
check "the guest that lost its device is named" grep -q '^  0000:03:00.0  vm ' "$work/sre.md"
check "the refused update says by what, and why" grep -q 'refused: 0000:03:00.0, its interrupts are still enabled' "$work/sre.md"
done_testing
