# SPDX-License-Identifier: GPL-2.0
# What the tests of figures share. Sourced, after tests/e2e/lib.sh.
# shellcheck shell=bash

# row NAME VALUE UNIT BAR OK: a figure for build/bench/bench.json, which 'make bench' makes of all rows. OK is true, false or null,
# which is for what has no bar.
mkdir -p "$build/bench"
bench_rows=$build/bench/$test_name.rows
: >"$bench_rows"
row() {
	jq -nc --arg name "$1" --arg value "$2" --arg unit "$3" --arg bar "$4" --argjson ok "$5" \
		'def number: tonumber? // null; {name: $name, value: ($value | number), unit: $unit, bar: ($bar | number), ok: $ok}' >>"$bench_rows"
}

# figure TEXT VALUE UNIT BUDGET
figure() {
	local over
	over=$(awk -v value="$2" -v budget="$4" 'BEGIN { print !(value != "" && value + 0 < budget) }')
	printf '# figure: %-58s %8s %s (budget %s %s)\n' "$1" "$2" "$3" "$4" "$3"
	row "$1" "$2" "$3" "$4" "$([ "$over" = 0 ] && echo true || echo false)"
	ok "$1 is within its budget" "$over"
}

# slower TAKES ON_THAT_ONE: how many times slower this machine is than the one that the budgets were made for, by what takes so many
# ms on either. Never below 1: a fast machine has the same budgets.
slower() { awk -v takes="$1" -v there="$2" 'BEGIN { print (takes > there ? takes / there : 1) }'; }
# budget FIGURE TIMES: it grows on a slow machine, else the machine's speed would be tested and not ours.
budget() { awk -v figure="$1" -v times="$2" 'BEGIN { printf "%.0f", figure * times }'; }
