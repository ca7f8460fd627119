#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# luoscope diff on captures of real updates: ten of a 7.2 kernel (base-1 to base-10), ten of a 7.3 kernel with a device that takes
# 300 ms to shut down (new-1 to new-10), and one of the latter in which the clock is contradicted. Needs no guest.
. "$(dirname "$0")/e2e/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
tar -xf "$top_dir/tests/captures/diff.tar.xz"
mkdir -m 700 store
export LUOSCOPE_STORE=$work/store
base=() new=()
for run in {1..10}; do
	base+=("base-$run.luoscope")
	new+=("new-$run.luoscope")
done

phase=(--figure phase.device_shutdown)

# ends_with STATUS COMMAND...
ends_with() {
	local status=$1 rc
	shift
	"$@"
	rc=$?
	echo "status $rc"
	[ "$rc" = "$status" ]
}

check "--help shows its use" sh -c '"$1" diff --help | grep -q "luoscope diff .* BASE... -- NEW..."' - "$tool"
check "without a limit it ends with 0, whatever it says" ends_with 0 "$tool" diff "${base[@]}" -- "${new[@]}"
check "over the limit" ends_with 2 "$tool" diff "${phase[@]}" --fail-over 5% "${base[@]}" -- "${new[@]}"
check "over a limit of 300 % too" \
	ends_with 2 "$tool" diff "${phase[@]}" --fail-over 300% "${base[@]}" -- "${new[@]}"
check "within the limit" ends_with 0 "$tool" diff --fail-over 100% "${base[@]}" -- "${new[@]}"
check "the other way round it is faster, and within" \
	ends_with 0 "$tool" diff "${phase[@]}" --fail-over 0% "${new[@]}" -- "${base[@]}"
check "too much spread for a verdict" ends_with 3 "$tool" diff --fail-over 5% "${base[@]}" -- "${new[@]}"
check "too few runs for a verdict" \
	ends_with 3 "$tool" diff "${phase[@]}" --fail-over 5% "${base[@]:0:3}" -- "${new[@]:0:3}"
check "of one that nobody has, the nearest is said" \
	sh -c '"$1" diff --figure shutdown.slow_shutdwn new-1.luoscope -- new-2.luoscope | tr -s "\n " " " |
		grep -q "not known in 1 of 1 runs: there is no shutdown of .slow_shutdwn.; the nearest is .slow_shutdown."' - "$tool"
check "a device may be written as lspci does" sh -c '
	"$1" diff --figure device.01:00.0.freeze "$2/devices.luoscope" -- "$2/trouble.luoscope" | grep -q "^device.0000:01:00.0.freeze: too few"' - \
	"$tool" "$top_dir/tests/captures"
check "a figure that nobody observed" ends_with 3 "$tool" diff --figure mark.x --fail-over 5% "${base[@]}" -- "${new[@]}"
check "a clock that is contradicted" \
	ends_with 3 "$tool" diff "${phase[@]}" --fail-over 5% "${base[@]}" -- "${new[@]}" contradicted.luoscope
check "one over the limit and one that cannot be decided" \
	ends_with 2 "$tool" diff --figure mark.x "${phase[@]}" --fail-over 5% "${base[@]}" -- "${new[@]}"
check "the limit may stand behind" \
	ends_with 2 "$tool" diff "${base[@]}" -- "${new[@]}" --fail-over 5% "${phase[@]}"

"$tool" diff "$top_dir/tests/captures/vm.luoscope" -- "$top_dir/tests/captures/slow.luoscope" >one-side
check "what only one side has is among the others by its size" sh -c '
	grep -A 3 "^Other figures" one-side | tail -1 | grep -qE "^  shutdown\.slow_shutdown +- +4\.139 s +only in new$"'
"$tool" diff --top 0 "${phase[@]}" "${base[@]}" -- "${new[@]}" >text
check "the text: sides" contains text '^Base +10 runs, 7\.2\.12-luoscope -> 7\.2\.12-luoscope$'
check "the verdict" contains text '^phase.device_shutdown: slower by 3[0-9]{2} ms'
check "the estimate of what was asked for" contains text '^  change +\+330 ms, \+566 % \(\+305 ms to \+352 ms, '
check "each side has its median and the interval of it" contains text '^  base +59 ms \(53 ms to 88 ms\), runs from 52\.72 ms to '
check "the device at fault" contains text \
	'^  shutdown.slow_shutdown +109\.6 us \+- 4 % +310 ms \+- 7 % +\+310 ms, x2842 +x2656 to x3082$'
check "a row of which no change is shown has ~ for one" contains text '^  blackout +5\.3 s \+- 31 % .* ~ +-20 to \+50 %$'
check "what repeats the blackout has no row" lacks text '^  (session|file)\..*downtime'
check "but a line" contains text '^ +5  the same as the blackout: session\.vm-b\.downtime, '
check "so has what changed a little" contains text '^ +1  a change of less than 52\.86 ms, 1 % of the blackout$'
check "what was not compared, and why" contains text '^ +12  not compared, because all runs have the same value: devices_awaited, '
# accounted FILE: rows and counts add up to the number of figures.
accounted() {
	awk '/^Other figures/ { figures = substr($3, 2) + 0; rows = -1; listing = 1; next }
		/^Not listed/ { listing = 0; counting = 1; next }
		/^$/ { listing = counting = 0 }
		listing { rows++ }
		counting && $1 ~ /^[0-9]+$/ { rows += $1 }
		END { print figures, rows; exit !(figures > 60 && figures == rows) }' "$1"
}
check "all figures are accounted for" accounted text
check "kernels that differ" contains text '^  kernels .*7\.2\.12.*7\.3\.4'
check "no sentence is wider than 100 columns, and no table is cut" sh -c '! grep -E "^[^ ].{100}|[^ ]~ |No room" text'
check "--top limits the other figures" \
	sh -c '"$@" | grep -A4 "^Other figures" | grep -qE "^Not listed"' - "$tool" diff --top 2 "${base[@]}" -- "${new[@]}"
"$tool" diff --top 3 "${base[@]}" -- "${new[@]}" >text
check "those left out are counted" accounted text
"$tool" diff --top 0 --min-change 0% "${base[@]}" -- "${new[@]}" >text
check "--min-change 0% lists all that was compared except what is the same as the blackout" sh -c '
	grep -q "^  shutdown.alarmtimer.0.auto .* +5 us, +111 % " text && [ "$(grep -c " ~ " text)" = 54 ] && ! grep -q "change of less" text'
"$tool" diff --min-change 500ms "${phase[@]}" "${base[@]}" -- "${new[@]}" >text
check "--min-change 500ms is a time" contains text '^phase.device_shutdown: slower by 330 ms, \+566 %; less than 500\.0 ms$'
check "a change of less has no row" sh -c 'grep -q "  a change of less than 500.0 ms$" text && ! grep -q "^  shutdown" text'
check "what is known not to have changed is not claimed to have a row" lacks text '^  phase.retrieve'
"$tool" diff --fail-over 5% base-1.luoscope -- new-1.luoscope >text
check "one run against one: differences, without digits that the clock does not permit" \
	contains text '^  phase\.kernel_boot +1\.7 s +2\.5 s +\+812 ms, \+48 %$'
check "the estimate of what was asked for, there too" contains text '^  change +\+332\.9 ms, \+5\.96 %$'
check "and that they may be chance" contains text '^So few runs give no verdict: the differences may be chance\.'
check "nor are there intervals or changes" lacks text ' ~ |\+- | [mu]?s to '
"$tool" diff "${base[@]}" -- "${new[@]:0:9}" contradicted.luoscope >text
check "a doubt names its capture" contains text '^Doubt +contradicted.luoscope: the clock is contradicted$'
check "and what it left out" contains text 'not known in 1 of 10 runs: '
check "a blackout that may have been longer is not reported as not observed" sh -c '
	"$1" diff "$2/devices.luoscope" -- "$2/full.luoscope" | grep -q "not known in 1 of 1 runs, at least 5\.175 s: .* whether every file came back"' - \
	"$tool" "$top_dir/tests/captures"
"$tool" diff --top 0 "$top_dir/tests/captures/devices.luoscope" -- "$top_dir/tests/captures/trouble.luoscope" >text
check "nor as being on one side only" contains text '^blackout: not known$'
check "a downtime that went on is a lower bound in its row, too" \
	contains text '^  device\.0000:02:00\.0\.downtime +4\.250 s +>= 6\.754 s +not known$'
check "a device that only one side has" contains text '^  device\.0000:05:00\.0\.downtime +[^ ]+ m?s +- +only in base$'
"$tool" diff "${base[@]:0:2}" -- "${base[@]:2:3}" "${new[@]:0:2}" >text
check "a side of different kernels" \
	contains text '^New +5 runs, of different kernels: 7\.2\.12-luoscope -> 7\.2\.12-luoscope \(3\), '
check "too few runs is a verdict" contains text "^blackout: too few runs, a verdict needs 4 on each side$"

in_terminal 60 "$tool" diff --fail-over 5% "${base[@]}" -- "${new[@]}" >narrow
check "it fits into a narrow terminal" bash -c '[ "$(wc -L <narrow)" -le 60 ] && grep -q "  No room for: " narrow'

"$tool" diff --json --fail-over 5% "${base[@]}" -- "${new[@]}" >json
check "the document is as its schema says" "$top_dir/tests/validate" diff json
check_json "one document" json '.schema == "luoscope.diff/2" and .result == "inconclusive" and .limit == 0.05'
check_json "medians are those of the reports" json \
	'(.figures[] | select(.name == "blackout") | .new.values) == ([$reports[].update.blackout_ns] | sort)' \
	--slurpfile reports <(for run in "${new[@]}"; do "$tool" report --json "$run"; done)
check_json "the named family is the blackout" json '[.figures[] | select(.named) | .name] == ["blackout"]'
check_json "the smallest change that matters is 1 % of the blackout" json \
	'.min_change_ns as $least | .figures[] | select(.name == "blackout") | .base.median / 100 - $least | fabs < 1'
check_json "why figures are folded" json \
	'[.figures[] | select(.folded == "repeats_blackout") | .name] | sort ==
	 ["file.vm-a.1.downtime", "file.vm-a.2.downtime", "file.vm-b.7.downtime", "session.vm-a.downtime", "session.vm-b.downtime"]'
check_json "what is folded is small" json '.min_change_ns as $least |
	[.figures[] | if .folded == "no_change" then [.change.low, .change.high] elif .folded == "small_change" then [.change.estimate]
	 else empty end | .[] | fabs < $least] | all and length > 50'
# The second smallest and the second largest of ten hold the median with 97.9 %.
check_json "the interval of a median is from run to run" json \
	'.figures[] | select(.name == "blackout") | .base | (.values[1] - .median_low | fabs < 1e5) and (.values[8] - .median_high | fabs < 1e5)'
check "another program gets the same statistics of the runs" "$top_dir/tests/check_diff.py" json
check "which notices a wrong one" fails_with 1 "" \
	sh -c 'jq ".figures[0].new.median_high -= 1e9" json >wrong.json && "$1/tests/check_diff.py" wrong.json' - "$top_dir"
check_json "figures have their verdicts" json \
	'.figures[] | select(.name == "shutdown.slow_shutdown") | .verdict == "slower" and .change.low > 290e6 and .p_corrected < 0.05'

"$tool" diff --json "${phase[@]}" --figure phase.system_core_shutdown "${base[@]}" -- "${new[@]}" >two.json
for document in json two.json; do
	check_json "a change that is shown has an interval without 0, one that is not has 0 in it" $document \
		'[.figures[] | select(.change.low != null) | (.verdict | IN("slower", "faster")) == (.change.low > 0 or .change.high < 0)] |
		 all and length > 20'
done

"$tool" diff --json --figure mark.x base-1.luoscope -- "${new[@]:0:3}" contradicted.luoscope >poor.json
check "that of a poor comparison, too" "$top_dir/tests/validate" diff poor.json
check_json "which has no verdicts" poor.json \
	'[.figures[].verdict] | unique | inside(["not observed", "only in base", "only in new", "not known", "the same", "too few runs"])'

# docs/ci.md shows what comes of its command.
page=$top_dir/docs/ci.md
mkdir bin
ln -s "$tool" bin/luoscope
command=$(grep -E '^luoscope diff .*--top' "$page")
check "the page has a command" test -n "$command"
sed '1,/^```console/d; /^```/,$d' "$page" >shown
check "the page shows what comes of it" env PATH="$work/bin:$PATH" bash -c "$command | diff - shown"

check "-- missing" fails_with 1 '"--" is missing' "$tool" diff "${base[@]}"
check "-- twice" fails_with 1 '"--" was given twice' "$tool" diff base-1.luoscope -- new-1.luoscope -- new-2.luoscope
check "no base" fails_with 1 'no capture before "--"' "$tool" diff -- "${new[@]}"
check "no new" fails_with 1 'no capture after "--"' "$tool" diff "${base[@]}" --
check "nothing at all" fails_with 1 '"--" is missing' "$tool" diff
check "a capture on both sides" fails_with 1 "base-1.luoscope' and 'base-1.luoscope' are captures of the same update" \
	"$tool" diff base-1.luoscope -- base-1.luoscope
check "a copy of a capture on one side" fails_with 1 "captures of the same update: give only one" \
	sh -c 'cp base-1.luoscope copy && exec "$1" diff base-1.luoscope copy -- new-1.luoscope' - "$tool"
refused=$top_dir/tests/captures/refused.luoscope
check "a capture of a refused update is left out" sh -c '
	"$1" diff base-1.luoscope -- new-1.luoscope "$2" | grep -q "^ *1 of 2 left out: .*refused.luoscope (refused update)$"' - "$tool" "$refused"
check "unless none is left" fails_with 1 "none of the captures of the base has a live update" "$tool" diff "$refused" -- new-1.luoscope
check "a limit is not known to be kept then" ends_with 3 "$tool" diff --fail-over 100% "${base[@]}" -- "${new[@]}" "$refused"
check "a file that is not there" fails_with 1 "^luoscope: cannot open nothing: No such file" "$tool" diff base-1.luoscope -- nothing
check "a file that is no capture" fails_with 1 "text: this is not a capture" "$tool" diff base-1.luoscope -- text
head -c 5000 new-1.luoscope >short
check "a capture that is cut short" fails_with 1 "short: the capture is cut short" "$tool" diff base-1.luoscope -- short
check "a stored capture that there is not" fails_with 1 "no capture 7" "$tool" diff base-1.luoscope -- 7
cp new-1.luoscope store/1.luoscope
check "a stored capture" ends_with 0 "$tool" diff base-1.luoscope -- 1
check "standard input" sh -c '"$1" diff base-1.luoscope -- - <new-1.luoscope | grep -q "^New"' - "$tool"
for limit in 5 5%% -5% x% "" 1e9% nan%; do
	check "--fail-over '$limit'" fails_with 1 "must be a percentage .* such as 5%" "$tool" diff --fail-over "$limit" a -- b
done
for change in 5 -5% x% "" 1e9% 3m; do
	check "--min-change '$change'" fails_with 1 "must be a time such as 10ms, or a percentage" \
		"$tool" diff --min-change "$change" a -- b
done
check "--top x" fails_with 1 "must be a number" "$tool" diff --top x a -- b
check "a figure that there is not" fails_with 1 "phase.jmp.*phase.jump" "$tool" diff --figure phase.jmp a -- b
check "an option that there is not" fails_with 1 "unrecognized option" "$tool" diff --jsno a -- b
check "a full device is an error" fails_with 1 "No space left" \
	sh -c '"$1" diff base-1.luoscope -- new-1.luoscope >/dev/full' - "$tool"
check "in JSON too" fails_with 1 "No space left" \
	sh -c '"$1" diff --json base-1.luoscope -- new-1.luoscope >/dev/full' - "$tool"
check "a closed pipe does no harm" sh -c '"$1" diff --top 0 base-1.luoscope -- new-1.luoscope | head -1 >/dev/null' - "$tool"
done_testing
