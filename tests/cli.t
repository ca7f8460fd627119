#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The commands with correct and wrong arguments, on this machine; needs no guest. The capture is of a real update.
. "$(dirname "$0")/e2e/lib.sh"

capture=$top_dir/tests/captures/7.2-to-7.3.luoscope
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
# The tree may lie where only root gets.
install -m 755 "$tool" "$work/luoscope"
install -m 644 "$capture" "$work/good.luoscope"

# quiet COMMAND...: it succeeds and prints nothing on stderr.
quiet() {
	local said
	said=$("$@" 2>&1 >/dev/null) || return 1
	[ -z "$said" ] || { echo "$said"; return 1; }
}

mapfile -t commands < <("$tool" --help | sed -nE 's/^  ([a-z]+) .*/\1/p')
check "there are commands" test "${#commands[@]}" -ge 13
for command in "${commands[@]}"; do
	check "$command --help fits in 80 columns" sh -c '! "$1" "$2" --help | grep -E "^.{81}"' - "$tool" "$command"
	check "$command --help shows its use" quiet sh -c '"$1" "$2" --help | grep -q "luoscope $2"' - "$tool" "$command"
done
# one_meaning: no letter means two different options; -n is always how many to show.
one_meaning() {
	local letters
	letters=$(for command in "${commands[@]}"; do "$tool" "$command" --help; done |
		sed -nE 's/^ +-(.), +(--[a-z-]+).*/\1 \2/p' | sort -u)
	[ "$(wc -l <<<"$letters")" -ge 12 ] && ! grep -v "^n " <<<"$letters" | cut -c1 | uniq -d | grep .
}
check "a letter means the same option in every command" one_meaning
check "--help fits in 80 columns" sh -c '! "$1" --help | grep -E "^.{81}"' - "$tool"
check "--help lists the commands" sh -c '"$1" --help | grep -q "^  report "' - "$tool"
# same_commands: README's table has the commands of --help, in its order.
same_commands() {
	diff <("$tool" --help | sed -nE 's/^  ([a-z]+) .*/\1/p') <(grep -oE '^\| `[a-z]+' "$top_dir/README.md" | tr -d '|` ')
}
check "README lists the same, in the same order" same_commands
check "--version shows one" sh -c '"$1" --version | grep -qE "^luoscope [^ ]+$"' - "$tool"
check "no command is an error that shows the use" fails_with 1 'Usage: luoscope COMMAND' "$tool"
check "a command that there is not" fails_with 1 "there is no command 'reprot'; did you mean 'report'?" "$tool" reprot
# Slips of the keyboard: a letter too many, one that lacks, a wrong one, two in the wrong order; and a beginning.
for slip in reeport:report chek:check lost:list atil:tail metircs:metrics time:timeline stauts:status detatch:detach; do
	check "${slip%:*}: what was meant" fails_with 1 "; did you mean '${slip#*:}'\\?\$" "$tool" "${slip%:*}"
done
for other in nope stop xyz frobnicate ""; do
	check "'$other' is like no command" fails_with 1 "there is no command '$other'; 'luoscope --help' lists them" "$tool" "$other"
done
check "nor one like it" fails_with 1 "there is no command 'xyzzy'; 'luoscope --help' lists them" "$tool" xyzzy
check "a capture without a command" fails_with 1 "there is no command '.*'; did you mean 'luoscope report $capture'\?$" "$tool" "$capture"
# same_help WORD...: that shows the help of report.
same_help() { diff <("$tool" report --help) <("$tool" "$@"); }
for words in "help report" "report -h" "--help report"; do
	read -ra words <<<"$words"
	check "luoscope ${words[*]} shows the help of report" same_help "${words[@]}"
done
check "help for a command that there is not" fails_with 1 "there is no command 'xyzzy'" "$tool" help xyzzy
for words in "help report diff" "--help report diff" "-h report diff"; do
	read -ra words <<<"$words"
	check "luoscope ${words[*]}: one command at a time" fails_with 1 "^luoscope: unexpected argument 'diff'; see 'luoscope --help'$" "$tool" "${words[@]}"
done
check "the version has no argument" fails_with 1 "^luoscope: unexpected argument 'report'" "$tool" --version report
check "help for help shows the commands" diff <("$tool" help) <("$tool" help help)
check "an option that there is not" fails_with 1 "unrecognized option" "$tool" report --jsno
check "one argument too many" fails_with 1 "only one file" "$tool" save a b
check "save without a file" fails_with 1 "." "$tool" save
check "init is not for everybody" fails_with 1 "first process" "$tool" init
# alone COMMAND...: as the first process of a container.
alone() { unshare --pid --fork --kill-child --mount-proc "$@"; }
if alone true 2>/dev/null; then
	check "the first process of a container is any command" cmp <(alone "$tool" --version) <("$tool" --version)
fi

check "a capture is rendered without root" quiet "${nobody[@]}" "$work/luoscope" report "$work/good.luoscope"
check "from standard input too" bash -c '"$1" report - <"$2" | cmp - <("$1" report "$2")' - "$tool" "$capture"
check "--json is one document" sh -c '"$1" report --json "$2" | jq -es "length == 1"' - "$tool" "$capture"
check "--json and text show the same blackout" sh -c '
	ns=$("$1" report --json "$2" | jq .update.blackout_ns)
	"$1" report "$2" | grep -q "blackout $(awk -v ns=$ns "BEGIN { printf \"%.3f s\", ns / 1e9 }")"' - "$tool" "$capture"
check "--top limits the devices" sh -c '
	[ "$("$1" report --shutdown --top 2 "$2" | awk "/^Slowest/ { on = 1; next } on && /^\$|outside device callbacks/ { exit } on" | wc -l)" = 3 ]' - "$tool" "$capture"
devices=$top_dir/tests/captures/devices.luoscope
check "--columns and --sort make a table of their own" sh -c '
	[ "$("$1" report --columns device,reset --sort reset --top 2 -H "$2" | awk "{ print \$1, \$3 }")" = "$(
		"$1" report --json "$2" | jq -r "[.devices[] | select(.reset.duration_ns)] | sort_by(-.reset.duration_ns)[:2][] | .device + \" ms\"")" ]' \
	- "$tool" "$devices"
check "--device leaves the others out" sh -c '
	"$1" report --device 0000:01:00.0 "$2" >"$3" && grep -q 0000:01:00.0 "$3" && ! grep -q "^ *0000:02:00.0" "$3"' - "$tool" "$devices" "$work/one"
trouble=$top_dir/tests/captures/trouble.luoscope
# rows SECTION: the rows of a section of the report on standard input.
rows() {
	awk -v title="$1" 'index($0, title) == 1 { on = 1; next } on && /^$/ { exit } on'
}
# column NAME OPTION...: a column of the devices in trouble, after their names.
column() {
	"$tool" report --columns "device,$1" -H "${@:2}" "$trouble" | sed -E 's/^ +//; s/  +/ /g'
}
check "what is not back has no time of return" test "$(column in-service)" = "0000:01:00.0 6.772 s
0000:02:00.0 not back
0000:03:00.0 not back"
check "and was down for longer than was seen, or for an unknown time" test "$(column downtime)" = "0000:01:00.0 6.772 s
0000:02:00.0 not back
0000:03:00.0 >= 6.752 s"
for sort in downtime in-service; do
	check "by $sort it comes first" test "$(column driver --sort "$sort" | cut -d" " -f1 | tr '\n' " ")" = "0000:02:00.0 0000:03:00.0 0000:01:00.0 "
done
check "and is not what is left out" test "$(column driver --top 1 | cut -d" " -f1)" = 0000:02:00.0
check "a file that is not back says so" test "$("$tool" report --files "$trouble" | rows Files | grep -c "^  vm  *[24] .* not back$")" = 2
check "and its session was down at least until the blackout's end" sh -c '"$1" report --sessions "$2" | grep -qE "^  vm  +4 .* >= 6.772 s$"' - "$tool" "$trouble"
"$tool" report --json "$trouble" >"$work/trouble.json"
check_json "the JSON says which are not back" "$work/trouble.json" \
	'[.devices[] | .not_back, .downtime_is_lower_bound] == [false, false, true, true, true, true] and
	 [.files[].not_back] == [false, true, false, true] and .sessions[0].files_missing == 2'
check "a device that is not there" fails_with 1 "no preserved device '0000:77:00.0'" "$tool" report --device 0000:77:00.0 "$devices"
check "a column that is not there" fails_with 1 "no column 'colour'; the columns are device, " "$tool" report --columns device,colour "$devices"
check "--json and columns do not go together" fails_with 1 "jq" "$tool" report --json --columns device "$devices"
several=("$capture" "$devices" "$top_dir/tests/captures/full.luoscope")
# same_statistics CAPTURE...: min, median and max of the phases are those of the single reports.
same_statistics() {
	local one
	one=$(for each; do "$tool" report --json "$each"; done |
		jq -sc 'map(.phases[] | select(.is_lower_bound | not)) | group_by(.name) | map({name: ("phase." + .[0].name), v: (map(.duration_ns) | sort)}) |
			map([.name, (.v | length), .v[0], (.v | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 | round end), .v[-1]])')
	"$tool" report --json "$@" | jq -e --argjson one "$one" \
		'[.figures[] | select(.captures > 0 and (.name | startswith("phase."))) | [.name, .captures, .min, .median, .max]] | sort == ($one | sort)'
}
check "several captures: the least, the median and the most of each" same_statistics "${several[@]}"
check "in text too, of those that know it" sh -c '"$@" | grep -q "^  blackout .* 2 of 3 "' - "$tool" report "${several[@]}"
"$tool" report --json "${several[@]}" "$trouble" >"$work/several.json"
"$tool" report --top 0 "${several[@]}" "$trouble" >"$work/several"
check "a lower bound is not among them, and is reported as one" contains "$work/several" \
	'^  blackout +at least 6\.772 s in trouble: a frozen file was not seen'
check "but its max has it, because that may be the worst run" contains "$work/several" \
	'^  blackout +2 of 4 +3\.498 s +4\.240 s +>= 6\.772 s +7\.2-to-7\.3 +trouble$'
check "and is one where the bound is not the most" contains "$work/several" '^  phase\.retrieve +2 of 4 .* >= 845\.4 ms .* devices$'
check_json "in JSON too" "$work/several.json" \
	'.names as $names | .figures[] | select(.name == "blackout") | .captures == 2 and
	 ([.bounds[] | [$names[.capture], .low != null, .high] | .[0] |= (split("/")[-1])] ==
	  [["full.luoscope", true, null], ["trouble.luoscope", true, null]])'
check_json "its max there is that of the text, and marked" "$work/several.json" \
	'.names as $names | [.figures[] | select(.name == "blackout" or .name == "phase.retrieve" or .name == "phase.jump") |
		[.name, ($names[.max_capture] | split("/")[-1]), .max_is_lower_bound]] ==
	 [["blackout", "trouble.luoscope", true], ["phase.jump", "trouble.luoscope", false],
	  ["phase.retrieve", "devices.luoscope", true]] and
	 (.figures[] | select(.name == "blackout") | .max > 6771e6)'
check_json "unless nothing is known" "$work/several.json" \
	'[.figures[] | select(.max == null) | .max_is_lower_bound, .max_capture] | unique | . == [] or . == [null]'
"$tool" report "$devices" "$top_dir/tests/captures/vm.luoscope" >"$work/two"
check "the slowest devices of device_shutdown are in it" contains "$work/two" '^  shutdown\.0000:00:05\.0 +2 of 2 '
check "and the moments of the boot" contains "$work/two" '^  boot\.pid1 +1 of 2 +2\.269 s '
check "nor is the time of a step that failed" bash -c '
	grep -qE "^  device\.0000:01:00\.0\.reset +1 of 4 +107\.4 ms .* devices  devices$" "$1" &&
	grep -qE "^  device\.0000:01:00\.0\.reset +at least 16\.66 ms in trouble: a step failed$" "$1"' - "$work/several"
check_json "not even in the statistics over all devices" "$work/several.json" \
	'.figures[] | select(.name == "device.reset.min") | .captures == 1 and .min > 1000000 and (.bounds | length == 1)'
check "which capture has the least and which the most is reported" contains "$work/several" \
	'^  phase\.userspace +4 of 4 +1\.330 s +1\.558 s +2\.422 s +7\.2-to-7\.3 +trouble$'
check_json "in JSON too" "$work/several.json" \
	'.names as $names | .figures[] | select(.name == "phase.userspace") |
	 [$names[.min_capture, .max_capture] | split("/")[-1]] == ["7.2-to-7.3.luoscope", "trouble.luoscope"]'
check "and the largest error, if one matters" contains "$work/several" \
	'^  phase\.kernel_boot +4 of 4 +1\.44 s +1\.52 s +1\.87 s +each \+- 0\.21 s +7\.2-to-7\.3 +full$'
"$tool" report "$devices" "$top_dir/tests/captures/arm64.luoscope" >"$work/soft"
check "even if the max has hardly any" contains "$work/soft" \
	'^  phase\.kernel_boot +2 of 2 +1\.50 s +1\.73 s +1\.962 s +each \+- 0\.21 s +devices +arm64$'
check "and what it is of" contains "$work/soft" "^each \+-: the largest error of the row's times$"
"$tool" report --top 0 "$top_dir/tests/captures/slow.luoscope" "$top_dir/tests/captures/vm.luoscope" \
	"$top_dir/tests/captures/unstable.luoscope" >"$work/with-unstable"
check "what a contradicted clock shows does not count in the order" bash -c '
	sed -nE "/^Devices in device_shutdown \(.*, longest median first\)$/,/^$/p" "$1" | sed 1,2d >"$2"
	[ "$(wc -l <"$2")" -ge 20 ] && head -2 "$2" | tail -1 | grep -q "^  shutdown\.0000:00:05\.0 " &&
	awk "function ns(value, unit) { return value * (unit == \"s\" ? 1e9 : unit == \"ms\" ? 1e6 : unit == \"us\" ? 1e3 : 1) }
		NF > 7 { now = ns(\$7, \$8); if (NR > 1 && now > last) { print; bad = 1 } last = now } END { exit bad }" "$2"' - \
	"$work/with-unstable" "$work/shutdowns"
check "a lower bound does, and the title says so" grep -qxF "Sessions (3 of 3, longest median or lower bound of downtime first)" "$work/several"
for section in Devices Files Sessions; do
	check "$section are reported" contains "$work/several" "^$section \\("
done
check "files too" contains "$work/several" '^  file\.vm-database\.1\.retrieve +2 of 4 '
check "and marks" bash -c '"$@" | grep -qE "^  mark\.fd-keeper-down\.0 "' - \
	"$tool" report "$capture" "$top_dir/tests/captures/systemd.luoscope"
check "no sentence is wider than 100 columns, and no table is cut" sh -c '! grep -E "^[^ ].{100}|~ |No room" "$1"' - "$work/several"
check "a capture whose clock is contradicted is reported once" bash -c '
	[ "$("$@" | grep -cE "^  unstable +[0-9]+ figures: the clock is contradicted$")" = 1 ]' - \
	"$tool" report "$capture" "$top_dir/tests/captures/unstable.luoscope"
for n in 1 2; do
	mkdir -p "$work/runs/$n"
done
cp "$capture" "$work/runs/1/update.luoscope"
cp "$devices" "$work/runs/2/update.luoscope"
mkdir "$work/long"
cp "$capture" "$work/long/one-build-of-several-with-long-names.luoscope"
cp "$devices" "$work/long/the-other-build-of-several-with-long-names.luoscope"
check "on a terminal names are not cut where they differ" contains \
	<(in_terminal 132 env NO_COLOR=1 "$tool" report --no-pager "$work"/long/*.luoscope) '^  blackout +2 of 2 .* one-build-of-[^ ]+ +the-other-build-[^ ]+$'
check "in a pipe they are whole" contains <("$tool" report "$work"/long/*.luoscope) \
	'^  blackout +2 of 2 .* one-build-of-several-with-long-names +the-other-build-of-several-with-long-names$'
cp "$capture" "$work/long/build-of-several-with-a-long-name-1.luoscope"
cp "$devices" "$work/long/build-of-several-with-a-long-name-2.luoscope"
check "on a terminal they are cut where they are alike" contains <(in_terminal 132 env NO_COLOR=1 "$tool" report --no-pager "$work"/long/build*) \
	'^  blackout +2 of 2 .*  ~h-a-long-name-1  ~h-a-long-name-2$'
check "in a pipe these are whole, too" contains <("$tool" report "$work"/long/build*) \
	'^  blackout +2 of 2 .*  build-of-several-with-a-long-name-1  build-of-several-with-a-long-name-2$'
check "captures are called by what distinguishes them" bash -c '"$@" | grep -qE "^  blackout +2 of 2 .*  1 +2$"' - \
	"$tool" report "$work"/runs/{1,2}/update.luoscope
check "one update twice is refused, whatever the files are called" fails_with 1 "captures of the same update: give only one" \
	"$tool" report "$capture" "$devices" "$work/runs/1/update.luoscope"
check "virtual machines too, those first with the longest downtime" bash -c '
	"$1" report "$2" "$3" | awk "/^Virtual machines/ { on = 1 } /^Devices/ { exit } on" >"$4" &&
	grep -qF "Virtual machines (3 of 3, longest median or lower bound of downtime first)" "$4" && [ "$(awk "NR > 2 && NF { print \$1, \$2 }" "$4" | paste -sd " ")" = \
	"vm.vm\\x203.downtime 0 vm.vm-2.downtime 2 vm.vm-1.downtime 2" ]' - "$tool" "$(made vms)" "$(made lost-vm)" "$work/vms"
full=$top_dir/tests/captures/full.luoscope
# A blackout after which not everything came back: every view shows that it is a lower bound, as
# check does.
away='blackout at least 6\.772 s \(2 of 4 files and 2 of 3 devices not back\)'
maybe='blackout at least 5\.175 s \(it is not known whether every file came back\)'
for view in report timeline "timeline --svg -" "timeline --json" "timeline --html -"; do
	read -ra words <<<"$view"
	check "luoscope $view: a blackout after which not all came back is a lower bound" \
		bash -c '"${@:2}" | grep -qE "$1"' - "$away" "$tool" "${words[@]}" "$trouble"
	check "luoscope $view: and where that is not known" \
		bash -c '"${@:2}" | grep -qE "$1"' - "$maybe" "$tool" "${words[@]}" "$full"
	check "luoscope $view: where the clock is contradicted it is withheld" \
		bash -c '"${@:2}" | grep -q "$1"' - "blackout withheld: the clock is contradicted" "$tool" "${words[@]}" \
		"$top_dir/tests/captures/unstable.luoscope"
done
# The border of jump and kernel_boot is soft in this capture: with its error, kernel_boot may be shorter than userspace.
check "an error that matters is reported" bash -c '
	[ "$("$1" report --full "$2" | sed -nE "/^Phases/,/^$/{/^  (jump|kernel_boot) /p}" | awk "{ print \$1, \$(NF - 7), \$(NF - 6), \$(NF - 5), \$(NF - 4), \$(NF - 3) }" |
		xargs)" = "jump 832 ms +- 201 ms kernel_boot 1.50 s +- 0.21 s" ]' - "$tool" "$devices"
check "of a moment, too" bash -c '"$1" report --full "$2" | grep -qE "^  kernel_boot +1\.18 s  \+- 0\.21 s "' - "$tool" "$devices"
check "check shows it" bash -c '"$1" check --list "$2" | grep -qE "^phase\.kernel_boot +1\.50 s \+- 0\.21 s$"' - "$tool" "$devices"
check "SVG shows it" bash -c '"$1" timeline --svg - "$2" | grep -q "<title>kernel_boot, 1\.50 s +- 0\.21 s<"' - "$tool" "$devices"
check "so does the timeline, if there is room" bash -c '
	COLUMNS=100 "$1" timeline "$2" | grep -qE "^kernel_boot +1\.50 s \+- 0\.21 s \|"' - "$tool" "$devices"
check "no phase is called the longest that may not be" bash -c '
	"$1" report --full "$2" | grep -qxE "Longest phase: kernel_boot, 1\.50 s \+- 0\.21 s, 30 %; or userspace, 1\.341 s \(equal within error\)"' \
	- "$tool" "$devices"
check "one that is, is" bash -c '"$1" report --full "$2" | grep -qx "Longest phase: kernel_boot, 17.73 s, 69.7 %"' - \
	"$tool" "$top_dir/tests/captures/systemd.luoscope"
check "but only as far as is known, where another is not" bash -c '
	"$1" report --full "$2" | grep -qx "Longest phase: userspace, perhaps 2.572 s, of the phases whose time is known"' - \
	"$tool" "$top_dir/tests/captures/unstable.luoscope"
check_json "why the border is soft is reported, to the end of the sentence" <("$tool" report --json "$devices") \
	'.notes | any(test("known to .* has no line .sched_clock: Marking stable.; a built-in luo_stats needs none$"))'
check "of a firm one nothing is" bash -c '
	"$1" report --json "$2" | jq -e ".notes == []" && ! "$1" report --full "$2" | grep -qF "  +- "' - \
	"$tool" "$top_dir/tests/captures/systemd.luoscope"
check "the last phase and what a pole saves are lower bounds, too" bash -c '
	[ "$("$1" report --full "$2" | grep -cE "^  (retrieve|luoscope init) .* >= [0-9.]+ m?s\\b")" = 2 ]' - "$tool" "$trouble"
check_json "in JSON too, and why" <("$tool" report --json "$trouble") \
	'(.update | .blackout_is_lower_bound and (.blackout_why | test("not seen to come back"))) and
	 ([.phases[] | select(.is_lower_bound) | .name] == ["retrieve", "resume"])'
check_json "nothing else is one" <("$tool" report --json "$devices") \
	'[.. | objects | .blackout_is_lower_bound?, .is_lower_bound? | select(. != null)] | length > 5 and (any | not)'
check "a refused attempt is reported with the device that was the cause" sh -c '
	"$1" report --attempts "$2" | grep -qE "^ +1 +2026-11-22 16:10:17\.586 UTC +#0 +EINVAL .* device 0000:03:00\.0 +vfio-pci$"' - \
	"$tool" "$top_dir/tests/captures/refused.luoscope"
# The same host made both captures: first the update was refused, then it was done.
begun() { "$tool" report --json "$top_dir/tests/captures/$1.luoscope" | jq "$2 | tonumber"; }
check "and with when that was, by the clock of the update that came after it" awk \
	-v a="$(begun refused '.failed_attempts[0].begin_realtime_ns')" -v b="$(begun trouble '.failed_attempts[0].begin_realtime_ns')" \
	-v update="$(begun trouble '.update.begin_realtime_ns')" \
	'BEGIN { exit !(a > 1.79e18 && a - b < 1e6 && b - a < 1e6 && update - b > 1e9 && update - b < 2e9) }'
check "why the clock is not trusted is a sentence" contains <("$tool" report --full "$top_dir/tests/captures/unstable.luoscope") \
	"^ +- the new kernel found the counter to be unstable$"
check "of several, the one that cannot be read is named" fails_with 1 "nothing.luoscope: No such" \
	"$tool" report "$capture" "$work/nothing.luoscope"
refused=$top_dir/tests/captures/refused.luoscope
"$tool" report "$capture" "$refused" "$top_dir/tests/captures/vm.luoscope" >"$work/left"
check "of several, one that has no update is named, counted and left out" sh -c '
	[ "$(sed -n 1,2p "$1" | tr "\n" " ")" = "2 live updates; captures: how many have the figure 1 of 3 left out: $2 (refused update) " ] &&
	grep -q "^  blackout  *2 of 2 " "$1"' - "$work/left" "$refused"
"$tool" report --json "$capture" "$refused" >"$work/left.json"
check "in JSON as well" sh -c '"$1/tests/validate" summary "$2/left.json" &&
	jq -e ".captures == 1 and .left_out == [{capture: \$refused, why: \"refused update\"}]" --arg refused "$3" "$2/left.json"' - \
	"$top_dir" "$work" "$refused"
check "without any update there is nothing to show" fails_with 1 "none of the captures has a live update .*refused update" \
	"$tool" report "$refused" "$refused"
# fits COLUMNS FILE: no line is wider, and what has no room is named below its table.
fits() {
	! grep -E "^.{$(($1 + 1))}" "$2" && grep -q "^Phases" "$2"
}
for columns in 40 60 80 100 132 200; do
	for name in devices trouble full systemd unstable; do
		NO_COLOR=1 in_terminal "$columns" "$tool" report --full --no-pager "$top_dir/tests/captures/$name.luoscope" >"$work/$columns.$name"
		check "the report of $name fits into $columns columns" fits "$columns" "$work/$columns.$name"
	done
done
for columns in 40 60 80; do
	in_terminal "$columns" "$tool" status >"$work/$columns.status"
	check "the status fits into $columns columns" sh -c '! grep -E "^.{$(($1 + 1))}" "$2" && grep -q "^luo_stats" "$2"' - \
		"$columns" "$work/$columns.status"
	NO_COLOR=1 in_terminal "$columns" "$tool" report --no-pager "${several[@]}" >"$work/$columns.several"
	check "the report of several fits into $columns columns" sh -c '! grep -E "^.{$(($1 + 1))}" "$2" && grep -q "^  phase.*jump" "$2"' - \
		"$columns" "$work/$columns.several"
done
# asked COLUMNS ARGUMENT...: what a command shows on a terminal of 132 columns if COLUMNS asks for others fits them.
asked() (
	cd "$top_dir/tests/captures" && in_terminal 132 env COLUMNS="$1" NO_COLOR=1 LUOSCOPE_PAGER= "$tool" "${@:2}" >"$work/asked" 2>&1
	[ -s "$work/asked" ] && ! grep -E "^.{$(($1 + 1))}" "$work/asked"
)
for columns in 40 60; do
	for words in "check trouble.luoscope" "check --list trouble.luoscope" "check --list" "check -b blackout<=1s -b mark.x<=1s trouble.luoscope" \
		"diff devices.luoscope -- trouble.luoscope" "timeline trouble.luoscope" "report --full trouble.luoscope" \
		"report devices.luoscope trouble.luoscope" status; do
		read -ra words <<<"$words"
		check "COLUMNS=$columns: ${words[*]}" asked "$columns" "${words[@]}"
	done
done
# Sentences; tables are whole in a pipe.
for words in "report $trouble" "report $devices $trouble" "check $trouble" "diff $devices -- $trouble"; do
	read -ra words <<<"$words"
	check "in a pipe too: ${words[*]##*/}" lacks <(COLUMNS=60 "$tool" "${words[@]}") '^[A-Z][a-z].{60}'
done
in_terminal 132 env COLUMNS=60 "$tool" status >"$work/asked.status"
check "COLUMNS comes before what the terminal says" sh -c '! grep -E "^.{61}" "$1" && cmp "$1" "$2"' - "$work/asked.status" "$work/60.status"
# what_is_shown FILE: the headings of the devices' table, and what there was no room for, one a line.
what_is_shown() {
	rows Devices <"$1" | sed 's/in service/in_service/g' | awk '/^ +device .*downtime$/ { print; next }
		on && /^  ?[^ ]/ { exit }
		/No room for:/ { on = 1; sub(/.*No room for:/, "") }
		on' | tr -s ', \n' '\n' | grep . | sort
}
"$tool" report --devices "$trouble" >"$work/piped.trouble"
for columns in 60 80; do
	check "at $columns columns each column of the devices is there, or is named as left out" \
		diff <(what_is_shown "$work/piped.trouble") <(what_is_shown "$work/$columns.trouble")
	check "and some are left out" grep -q "^  No room for: preserve, " "$work/$columns.trouble"
done
check "where there is no terminal, all columns are there" sh -c '! grep "No room" "$1" && grep -q "device  session  preserve .*freeze .*reset  method  outcome .*downtime$" "$1"' \
	- "$work/piped.trouble"
check "in one of 132 columns too" sh -c '! grep "No room" "$1"' - "$work/132.trouble"
check "and nothing is shortened, whatever COLUMNS says" cmp "$work/piped.trouble" <(COLUMNS=100 "$tool" report --devices "$trouble")
check "numbers and devices are never cut" sh -c '! cat "$@" | grep -E "[0-9]~|0000:[^ ]*~"' - "$work"/40.* "$work"/60.* "$work"/80.*
check "columns that are asked for are all there, on any terminal" sh -c '
	script -qec "stty cols 40; \"$1\" report --columns device,preserve,freeze,reset,retrieve,bind \"$2\"" /dev/null </dev/null |
		grep -qE "device +preserve +freeze +reset +retrieve +bind"' - "$tool" "$trouble"
for name in 7.2-to-7.3 trouble vm; do
	check "no sentence of the report of $name is wider than 100 columns" bash -c '
		"$1" report --full "$2" >"$3" && grep -q "^Phases" "$3" && ! grep -E "^[^ ].{100}" "$3"' - \
		"$tool" "$top_dir/tests/captures/$name.luoscope" "$work/wide"
done
"$tool" report --json "$top_dir/tests/captures/systemd.luoscope" >"$work/systemd.json"
check_json "what the service manager took is reported, of an update under one that shows it" "$work/systemd.json" \
	'.manager | .version == "262-1" and .before_update_ns > 0 and .shutdown_start_ns == -.before_update_ns and
	 .shutdown_finish_ns > .shutdown_start_ns and .systemd_shutdown_finish_ns <= .shutdown_error_ns and .finish_ns > .start_ns'
check_json "and else nothing" <("$tool" report --json "$capture") '.manager == null'
check "a full device is an error" fails_with 1 "No space left" sh -c '"$1" report "$2" >/dev/full' - "$tool" "$capture"
for command in status "status --json" --help --version "report --help" "diff --usage"; do
	check "luoscope $command to a full device is an error" fails_with 1 "cannot write the .*: No space left" \
		bash -c 'read -ra words <<<"$2"; "$1" "${words[@]}" >/dev/full' - "$tool" "$command"
done
check "a closed pipe does no harm" sh -c '"$1" report "$2" | head -1 >/dev/null' - "$tool" "$capture"

hostile=$work/$'x\e[2J\xff'
cp "$work/good.luoscope" "$hostile"
truncate -s 3000 "$hostile"
for command in report metrics "check --budget blackout<=9s" "diff $capture --" "report $capture"; do
	read -ra words <<<"$command"
	check "luoscope ${words[0]}: the error of a capture names it, and shows no terminal what to do" \
		fails_with 1 'x\\x1b\[2J\\xff: .*cut short' "$tool" "${words[@]}" "$hostile"
	check "luoscope ${words[0]}: of standard input too" fails_with 1 'standard input: .*cut short' \
		bash -c '"${@:2}" - <"$1"' - "$hostile" "$tool" "${words[@]}"
done
# names_it COMMAND...: with a capture on standard input, that is what it is called, and nothing else is.
names_it() {
	"$tool" "$@" <"$capture" >"$work/named"
	contains "$work/named" 'standard input' && lacks "$work/named" 'stdin|"-"|^-:|, -$'
}
slow=$top_dir/tests/captures/slow.luoscope
for words in "check -" "check --json -" "check --format tap -" "check --format junit -" "check --list --json -" "report - $slow" \
	"report --json - $slow" "report - $slow $refused"; do
	read -ra words <<<"$words"
	check "standard input has one name: ${words[*]//*\//}" names_it "${words[@]}"
done
check "standard input has one name: diff" sh -c '"$1" diff --json "$3" -- - <"$2" | jq -e ".new.runs[0].capture == \"standard input\""' - \
	"$tool" "$capture" "$slow"
check "also as the capture of two that is the same update" fails_with 1 "'.*' and 'standard input' are captures of the same update" \
	sh -c '"$1" report "$2" - <"$2"' - "$tool" "$capture"
check "so has one that is left out" sh -c '"$1" report --json "$3" - <"$2" | jq -e ".left_out[0].capture == \"standard input\""' - \
	"$tool" "$refused" "$capture"
check "a file that is not there" fails_with 1 "nothing.luoscope.*No such file" "$tool" report "$work/nothing.luoscope"
check "a capture without a name" fails_with 1 "the name of a capture must not be empty" "$tool" report ""
for option in "metrics --output" "timeline --html" "timeline --svg" "timeline --perfetto"; do
	check "$option without a name" fails_with 1 "the name of a file to write must not be empty" "$tool" $option "" "$capture"
done
check "a directory" fails_with 1 "Is a directory: name the captures in it$" "$tool" report "$work"
check "standard input that is closed" fails_with 1 "cannot read standard input: " sh -c 'exec "$1" report - <&-' - "$tool"
# not_twice COMMAND...: standard input is a capture, but not two.
not_twice() {
	fails_with 1 "standard input can be only one of the captures" sh -c 'exec "$@" <"$0"' "$capture" "$tool" "$@"
}
check "report: standard input, twice" not_twice report - -
check "check: standard input, twice" not_twice check - -
check "diff: standard input, twice" not_twice diff - -- -
check "timeline: standard input, twice" not_twice timeline --html "$work/twice.html" - -
check "a file that is no capture" fails_with 1 "not a capture" "$tool" report "$top_dir/Makefile"
for packed in '\x1f\x8b\x08 zcat' '\xfd7zXZ\x00 xzcat' '\x28\xb5\x2f\xfd zstdcat'; do
	printf "${packed% *}..." >"$work/packed"
	check "a packed capture is unpacked with ${packed#* }" fails_with 1 \
		"packed: this is compressed: unpack it, as with '${packed#* } FILE \| luoscope report -'\$" "$tool" report "$work/packed"
done
check "an empty file" fails_with 1 "." "$tool" report /dev/null
head -c 60000 "$capture" >"$work/short.luoscope"
check "a capture that is cut short" fails_with 1 "cut short" "$tool" report "$work/short.luoscope"
{ head -c 70000 "$capture"; printf '\xff'; tail -c +70002 "$capture"; } >"$work/changed.luoscope"
check "a capture with one byte changed" fails_with 1 "damaged|checksum" "$tool" report "$work/changed.luoscope"
chmod 000 "$work/short.luoscope"
check "a file that may not be read" fails_with 1 "Permission denied" "${nobody[@]}" "$work/luoscope" report "$work/short.luoscope"

check "report of a kernel without luo_stats says what to do" fails_with 1 "luo_stats" "$tool" report
check "save of a kernel without luo_stats says what to do, and leaves no file" fails_with 1 "luo_stats" "$tool" save "$work/x"
check "no file is left" test ! -e "$work/x"
check "mark without luo_stats says what to do" fails_with 1 "there is no /dev/luo_mark: (load luo_stats|luo_stats is not installed for this kernel; build it or install it$)" "$tool" mark at x
check "mark without a name" fails_with 1 "needs begin, end or at" "$tool" mark at
check "mark with one word too many" fails_with 1 "only one mark at a time" "$tool" mark at x 1 y
check "a mark that there is not" fails_with 1 "'start' is not a mark" "$tool" mark start x
check "a mark with a blank in it" fails_with 1 "must not contain blanks" "$tool" mark at "a b"
check "a mark with a newline in it" fails_with 1 "must not contain .*control characters" "$tool" mark at $'a\nb'
check "a mark without a name" fails_with 1 "must not be empty" "$tool" mark at ""
check "a name that is too long" fails_with 1 "at most 63 bytes, not 64" "$tool" mark at "$(printf 'x%.0s' {1..64})"
for instance in -1 +1 1x "" 18446744073709551616 "1 "; do
	check "'$instance' is no instance" fails_with 1 "INSTANCE must be a number" "$tool" mark at x -- "$instance"
done
check "record without root" fails_with 1 "needs root" "${nobody[@]}" "$work/luoscope" record
check "tail without root" fails_with 1 "needs root" "${nobody[@]}" "$work/luoscope" tail
check "tail with nothing attached says what to do" fails_with 1 "luoscope record" "$tool" tail --json
check "tail: a kind that there is not" fails_with 1 "no kind 'freez'; the kinds are boundary, preserve, .*freeze" "$tool" tail --kind freez
check "tail: an outcome that there is not" fails_with 1 "the outcomes are ok, failed, busy and none" "$tool" tail --outcome good
check "tail: a device that there is not" fails_with 1 "no device '0000:ff:1f.7' on this host" "$tool" tail --device 0000:ff:1f.7
check "tail: a duration without a unit" fails_with 1 "ns, us, ms or s" "$tool" tail --min-duration 10
check "tail: a number of lines that is none" fails_with 1 "from 0 to 4096, or all" "$tool" tail --lines -1
check "an argument that detach does not take" fails_with 1 "unexpected argument '01:00.0'" "$tool" detach 01:00.0
check "detach with nothing attached" fails_with 1 "no probes are attached" "$tool" detach
check "status works without root" sh -c '"$@" >/dev/null' - "${nobody[@]}" "$work/luoscope" status
"$tool" report --full tests/captures/full.luoscope >"$work/full.txt"
check "of many files those are shown that were down for longest" contains "$work/full.txt" '^Files \(10 of at least 328; downtime'
check "--top 0 shows all of them" test "$("$tool" report --files --top 0 tests/captures/full.luoscope | grep -c ' memfd-v2 ')" = 328
check "status --check shows scripts that an update would not be recorded" fails_with 2 '^$' "$tool" status --check
check "status says first what it comes to" sh -c '"$1" status | head -n 1 | grep -Eq "^a live update +not ok +an update from this kernel would fail; not ready: .*luo_stats"' - "$tool"
# needed PREFIX COMMAND...: the names that the first line of status has after PREFIX, one a line.
needed() { "${@:2}" | head -n 1 | sed -E "s/.*$1: //; s/; .*//; s/, /\n/g" | sed -E 's/ \(.*//'; }
# What is missing of the probes is said of them.
failing() { "${@:2}" | sed -nE "s/^(.*[^ ]) +$1  .*/\1/p" | sed 's/^every probe$/probes/' | sort -u; }
check "all that --check finds missing is in it" sh -c '[ -z "$1" ] || { echo "$1"; exit 1; }' - \
	"$(comm -13 <(needed 'not ready' "$tool" status | sort) <(failing FAIL "$tool" status --check | sort))"
check "and what is not known, as such" sh -c '[ -z "$1" ] || { echo "$1"; exit 1; }' - \
	"$(comm -13 <(needed 'not known' "$tool" status | sort) <(failing unknown "$tool" status --check | sort))"
nobody=(setpriv --reuid 65534 --clear-groups)
check "without root, that root would know more" sh -c '"$@" | head -n 1 | grep -q "; not known: .*probes.* (root sees more)$"' - "${nobody[@]}" "$tool" status
check "status --json is one document" sh -c '"$1" status --json | jq -es "length == 1"' - "$tool"
check "status says what to do about each thing that is missing" sh -c '
	"$1" status --json | jq -e "[.items[] | select(.state == \"missing\") | .text | test(\"boot|run|have|shown as|not ready|mount\")] | all"' - "$tool"

# luoscope in the initramfs is one small static binary.
check "the binary is static" sh -c '! { readelf -lW "$1"; readelf -dW "$1"; } 2>/dev/null | grep -E "INTERP|NEEDED"' - "$tool"
check "the binary is smaller than 2 MB" test "$(stat -c %s "$tool")" -lt 2000000
done_testing
