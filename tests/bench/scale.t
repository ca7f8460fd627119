#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Very large updates: what a report of them costs, and that this grows no faster than the update. The captures are made here: of
# 20,000 files, 10,000 devices and 250,000 spans in two areas of 16 MiB, and of a half and a quarter of that.
. "$(dirname "$0")/../e2e/lib.sh"
. "$(dirname "$0")/lib.sh"

rows=$out_dir/rows
check "captures of three sizes are reported" bash -c '"$1" "$2" "$3" >"$4"' - "$build/unit/bench_scale" "$tool" "$out_dir" "$rows"
sed 's/^/# /' "$rows"
# of COMMAND FIELD SIZE: of a line of bench_scale; 1 is the largest size, 4 a quarter of it.
of() { awk -v command="$1" -v field="$2" -v spans=$((250000 / $3)) '$1 == command && $4 == spans { print $field }' "$rows"; }
# times COMMAND FIELD: how many times that of a quarter the largest takes.
times() { awk -v all="$(of "$1" "$2" 1)" -v quarter="$(of "$1" "$2" 4)" 'BEGIN { if (quarter) printf "%.2f", all / quarter }'; }

# By the reference that the other figures are measured with.
host_slower=$(slower "$("$build/unit/bench_report" 20 | awk '$1 == "reference" { print $3 }')" 4)
figure "report of two areas of 16 MiB as text, time of the CPU" "$(of text 6 1)" ms "$(budget 500 "$host_slower")"
figure "the same as JSON" "$(of JSON 6 1)" ms "$(budget 1500 "$host_slower")"
for command in text JSON; do
	figure "the memory for it ($command), of the areas' size" \
		"$(awk -v kib="$(of "$command" 7 1)" -v areas="$(of "$command" 5 1)" 'BEGIN { if (areas) printf "%.2f", kib / areas }')" times 3
done
for command in text JSON metrics timeline diff; do
	figure "time of $command, of that of a quarter of the size" "$(times "$command" 6)" times 6
	figure "memory of $command, of that of a quarter of the size" "$(times "$command" 7)" times 4.5
done
done_testing
