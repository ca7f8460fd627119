#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# luoscope check as somebody types it: every exit status, and every format read by a parser of others. The captures are of real
# updates: devices is a good one, and so is vm, with virtual machines; of trouble, files did not come back; of full, spans were
# dropped; the clock of unstable is contradicted.
. "$(dirname "$0")/e2e/lib.sh"

captures=$top_dir/tests/captures
good=$captures/devices.luoscope
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# What Debian's packages bring is for Debian's own python.
python=/usr/bin/python3

# ends STATUS REGEX ARGUMENT...: check with these arguments ends with that status, says nothing on standard error, and that on
# standard output.
ends() {
	local status=$1 regex=$2 rc said
	shift 2
	said=$("$tool" check "$@" 2>"$work/stderr" </dev/null)
	rc=$?
	echo "status $rc, said: $said"
	cat "$work/stderr"
	[ "$rc" = "$status" ] && grep -qE -- "$regex" <<<"$said" && [ ! -s "$work/stderr" ]
}
# refuses REGEX ARGUMENT...: it ends with status 1, says that on standard error, and nothing on standard output.
refuses() {
	local regex=$1 rc
	shift
	"$tool" check "$@" >"$work/stdout" 2>"$work/stderr" </dev/null
	rc=$?
	echo "status $rc, said:"
	cat "$work/stderr" "$work/stdout"
	[ "$rc" = 1 ] && tr '\n' '~' <"$work/stderr" | grep -qE -- "$regex" && [ ! -s "$work/stdout" ]
}

# Exit statuses.
check "within its budget is 0" ends 0 "^  within  .* device.freeze.max<=120ms +114\.4 ms$" -b 'device.freeze.max<=120ms' "$good"
check "over its budget is 2" ends 2 "^  over  .* blackout<=2s +4\.982 s, 2\.982 s too much$" -b 'blackout<=2s' "$good"
check "a figure that was not observed is 3" ends 3 "not observed: there is no mark 'paused.0', nor any other" -b 'mark.paused<=2s' "$good"
check "a device that there is not is 3, with the nearest that there is" \
	ends 3 "there is no device '0000:01:00.1'; the nearest is '0000:01:00.0'" -b 'device.01:00.1.freeze<=2s' "$good"
check "a device may be written as lspci does" ends 0 "^  within +device\.0000:01:00\.0\.freeze<=2s " -b 'device.01:00.0.freeze<=2s' "$good"
check "a name of which one begins so" ends 3 "there is no shutdown of 'slow'; the nearest is 'slow_shutdown'" \
	-b 'shutdown.slow<=1s' "$captures/slow.luoscope"
check "what is like none has no nearest" ends 3 \
	"there is no shutdown of 'nope'; 'luoscope check --list CAPTURE' has" -b 'shutdown.nope<=1s' "$captures/slow.luoscope"
check "and the nearest virtual machine" ends 3 "no virtual machine 'vm-webb'; the nearest is" -b 'vm.vm-webb.downtime<=9s' "$captures/vm.luoscope"
check "no update at all is 3" ends 3 "not started by a live update" -b 'blackout<=9s' "$captures/refused.luoscope"
check "dropped spans are 3" ends 3 "spans were dropped" -b 'phase.freeze<=9s' "$captures/full.luoscope"
check "but what is over with dropped spans is over" ends 2 "at least 5\.175 s" -b 'blackout<=2s' "$captures/full.luoscope"
check "by how much it is over is not exact, either" \
	ends 2 "at least 5\.175 s, at least 3\.175 s too much$" -b 'blackout<=2s' "$captures/full.luoscope"
check "how many were dropped can be in a budget" ends 2 "dropped==0 +889" -b 'dropped==0' "$captures/full.luoscope"
check "a contradicted clock is 3, even for what seems to be over" \
	ends 3 "the clock is contradicted" -b 'phase.freeze<=1ns' "$captures/unstable.luoscope"
check "counts need no clock" ends 0 "within" -b 'files_missing==0' "$captures/unstable.luoscope"
check "a file that is not back leaves the blackout open" \
	ends 3 "not seen to come back" -b 'blackout<=9s' "$captures/trouble.luoscope"
check "and is over a budget of its own" ends 2 "^  over +files_missing==0 +2$" \
	-b 'files_missing==0' "$captures/trouble.luoscope"
check "a reset that failed is seen" ends 2 "resets.failed==0 +1" -b 'resets.failed==0' "$captures/trouble.luoscope"
check "virtual machines have budgets" ends 0 "^3 within, 0 over" \
	-b 'vm.downtime.max<=9s' -b 'vm.vm-database.downtime<=9s' -b 'vms_missing==0' "$captures/vm.luoscope"
check "a mark may have to end before the update" ends 2 "^  over +mark.services-stopped.0.end<=-400ms +-351\.6 ms, 48\.43 ms too much$" \
	-b 'mark.services-stopped.end>=-500ms' -b 'mark.services-stopped.end<=-400ms' "$captures/vm.luoscope"
check "nothing else may be negative" fails_with 1 "this figure and its limit cannot be negative" "$tool" check -b 'blackout>=-1s' "$captures/vm.luoscope"
check "vfio-pci was there by its first use" ends 0 "^  within +boot.vfio_pci<=5s +at most 4\.487 s$" -b 'boot.vfio_pci<=5s' "$captures/vm.luoscope"
check "and perhaps before" ends 3 "only its first use was seen$" -b 'boot.vfio_pci<=1s' "$captures/vm.luoscope"
check "and are over them" ends 2 "^  over +vm.vm-web.downtime<=3s +5\.139 s, 2\.139 s too much$" -b 'vm.vm-web.downtime<=3s' "$captures/vm.luoscope"
check "what was not watched is 3, and not 0" ends 3 "virtual machines were not watched" -b 'vms_missing==0' "$good"
check "nor is there a longest downtime then" ends 3 "inconclusive +vm.downtime.max<=9s" -b 'vm.downtime.max<=9s' "$good"
check "one that is not back is 3 for its downtime" ends 3 "some vCPUs were not seen to stop and to run again" \
	-b 'vm.vm\x203.downtime<=9s' "$(made lost-vm)"
check "and 2 for those that must not be missing" ends 2 "^  over +vms_missing==0 +1$" -b 'vms_missing==0' "$(made lost-vm)"
check "over wins over inconclusive" ends 2 "0 within, 1 over, 1 inconclusive" -b 'luoscope_init<=1ns' -b 'mark.x<=1s' "$good"
check "inconclusive wins over within" ends 3 "1 within, 0 over, 1 inconclusive" -b 'luoscope_init<=9s' -b 'mark.x<=1s' "$good"
check "one capture of several is enough to be over" \
	ends 2 "2 within, 1 over" -b 'resets.failed==0' "$good" "$captures/trouble.luoscope" "$captures/7.2-to-7.3.luoscope"
check "a percentile of few captures is 3" ends 3 "p95 needs at least 20 captures, and there are 2" \
	-b 'p95(blackout)<=9s' "$good" "$captures/7.2-to-7.3.luoscope"
check "over several captures, the one at fault is named" bash -c '[ "$("$1" check -b "max(blackout)<=9s" "$2" "$3" | tr -s "\n " " " |
	grep -c "in $3: a frozen file was not seen to come back")" = 1 ]' - "$tool" "$good" "$captures/trouble.luoscope"
check "a mean of three" ends 2 "^  over +mean\(file.count\)<=1 " \
	-b 'mean(file.count)<=1' "$good" "$captures/trouble.luoscope" "$captures/7.2-to-7.3.luoscope"

# Without a budget: did it go well?
check "yes is 0" ends 0 "vm.luoscope: the update went well$" "$captures/vm.luoscope"
check "no is 2, with what is not back" ends 2 "^  no +devices +2 of 3 devices are not in service again: 0000:02:00.0 " \
	"$captures/trouble.luoscope"
check "virtual machines that nobody watched are not yes, and hold nothing back" \
	ends 0 "the update went well, as far as it was watched$" "$good"
check "and say so" ends 0 "^  unknown +vms +virtual machines were not watched in either kernel$" "$good"
check "a contradicted clock is no, and how it went is not known" ends 3 "^  no +clock +the clock is contradicted" "$captures/unstable.luoscope"
check "so it is with dropped spans" ends 3 "^  no +dropped +889 spans were dropped" "$captures/full.luoscope"
check "a refused update is no, with what refused and why" \
	ends 2 "^  no +update +the update was refused by device 0000:03:00.0: its interrupts are still$" "$captures/refused.luoscope"
check "and nothing else is asked of it" sh -c '[ "$("$1" check "$2" | grep -c "^  [a-z]")" = 1 ]' - "$tool" "$captures/refused.luoscope"
check "several updates are counted" ends 2 "^1 of 2 updates went well$" "$captures/vm.luoscope" "$captures/trouble.luoscope"
check "with a budget, only the budget is checked" ends 0 "^  within" -b 'blackout<=9s' "$good"
check "unless both are wanted" ends 0 "^  within" --outcome -b 'blackout<=9s' "$good"

check "COLUMNS is honoured" sh -c '
	[ "$(COLUMNS=60 "$1" check "$2" | tail -n +2 | wc -L)" -le 60 ] && [ "$("$1" check "$2" | wc -L)" -gt 60 ]' \
	- "$tool" "$captures/trouble.luoscope"

# Mistakes.
check "an unknown figure, the nearest, and the place" \
	refuses "^luoscope: there is no figure 'blackuot'; did you mean 'blackout'.~  blackuot<=2s~  \^~$" -b 'blackuot<=2s' "$good"
check "no unit" refuses "missing unit.*~  blackout<=2~             \^~$" -b 'blackout<=2' "$good"
check "a unit of something else" refuses "it is a count, which has none~  devices_awaited<=2ms~                    \^~$" \
	-b 'devices_awaited<=2ms' "$good"
check "no operator" refuses "missing operator" -b 'blackout 2s' "$good"
check "two formats" refuses "one format at a time: json or tap" -j --format tap -b 'blackout<=2s' "$good"
check "the same one twice" sh -c '"$1" check -j --format json -b "blackout<=99s" "$2" | jq -es "length == 1"' - "$tool" "$good"
check "an unknown format" refuses "not 'xml'" --format xml -b 'blackout<=2s' "$good"
check "a capture that is not there" refuses "No such file" -b 'blackout<=2s' "$good" "$work/none"
check "a file that is no capture" refuses "not a capture" -b 'blackout<=2s' "$top_dir/Makefile"
check "the same update twice" refuses "captures of the same update" -b 'blackout<=2s' "$good" "$good"
check "no capture, on a kernel without luo_stats" refuses "luo_stats" -b 'blackout<=2s'
check "a time that is to be another shows how far it is off" ends 2 '^  over +blackout==4982ms +4\.982 s, 108 us \+- 4 us too little$' \
	-b 'blackout==4982ms' "$top_dir/tests/captures/devices.luoscope"
several=("$captures/slow.luoscope" "$captures/vm.luoscope" "$captures/trouble.luoscope" "$captures/refused.luoscope")
check "a median that is known from its bound alone shows that" \
	ends 2 '^  over  .* +at least 5\.834 s, at least 833\.9 ms too much$' -b 'median(blackout)<=5s' "${several[@]}"
check "one between two bounds shows both" \
	ends 2 '^  over  .* +611\.4 ms to 1\.397 s, 603\.4 ms to 1\.389 s too little$' -b 'median(phase.jump)>=2s' "${several[@]}"
check "so do the other formats" \
	ends 2 'message: "at least 5\.834 s, at least 833\.9 ms too much"$' --format tap -b 'median(blackout)<=5s' "${several[@]}"
check "a full device" fails_with 1 "No space left" sh -c '"$1" check -b "blackout<=9s" "$2" >/dev/full' - "$tool" "$good"
check "a bad budget is reported before a bad capture" refuses "unit" -b 'blackout<=2' "$work/none"

# Files of budgets.
cat >"$work/update.budget" <<'END'
# What an update may take.
blackout        <= 6 s
device.freeze.max <= 120 ms   # the reset is in it

resets.failed == 0
END
check "a file of budgets" ends 0 "3 within, 0 over" --budget-file "$work/update.budget" "$good"
check "and more" ends 2 "3 within, 1 over" --budget-file "$work/update.budget" -b 'blackout<=1s' "$good"
# piped FILE COMMAND...: with that on standard input.
piped() { "${@:2}" <"$1"; }
check "from standard input, too" contains <(piped "$work/update.budget" "$tool" check -f - -b 'blackout<=1s' "$good") '^3 within, 1 over, 0 inconclusive$'
check "a mistake there has its line" contains <(echo 'phase.jmp<=1s' | "$tool" check -f - "$good" 2>&1) \
	"^luoscope: standard input:1: there is no figure 'phase.jmp'; did you mean 'phase.jump'"
check "an empty one is refused" refuses "^luoscope: there is no budget in 'standard input'~$" -f - "$good"
check "one for budgets and a capture is refused" fails_with 1 "standard input cannot be both budgets and a capture" \
	piped "$work/update.budget" "$tool" check -f - -
check "so are two of them" refuses "standard input has only one file of budgets" -b 'blackout<=1s' -f - -f - "$good"
printf 'blackout<=6s\n\n phase.jmp<=1s # x\n' >"$work/bad.budget"
check "a mistake in a file is reported with its line" \
	refuses "luoscope: [^ ]*bad.budget:3: there is no figure 'phase.jmp'; did you mean 'phase.jump'.~   phase.jmp<=1s ~   \^~$" \
	-f "$work/bad.budget" "$good"
printf 'blackuot<=1s\nblackout<=1\nblackout<=1s\n' >"$work/worse.budget"
check "all mistakes of all files and options are reported at once" \
	refuses "worse.budget:1: there is no.*worse.budget:2: missing unit.*bad.budget:3: there is no.*luoscope: missing operator" \
	-f "$work/worse.budget" -f "$work/bad.budget" -b blackout "$good"
printf '\xef\xbb\xbfblackout<=6s\n' >"$work/marked.budget"
check "a file may begin with a byte order mark" ends 0 "^1 within" -f "$work/marked.budget" "$good"
check "a name in a message is escaped once" refuses "^luoscope: there is no figure 'blacko.xc3.xbct';" -b $'blacko\xc3\xbct<=2s' "$good"
check "a symbol is no operator, and what to write for it is said" \
	refuses '^luoscope: not an operator: write <=, in two characters~  blackout.xe2.x89.xa42s~          \^~$' -b 'blackout≤2s' "$good"
# whole_rows: each row of the list of figures is one line of the help.
whole_rows() { diff <("$tool" check --list | sed '/^$/,$d') <("$tool" check --help | sed '1,/^Figures:/d' | sed '/^$/,$d'); }
check "no row of the table in the help is broken" whole_rows
hostile_budget=$work/$'\e[2J.budget'
cp "$work/bad.budget" "$hostile_budget"
check "the name of a file of budgets is not obeyed" refuses '/\\x1b\[2J.budget:3: ' -f "$hostile_budget" "$good"
printf '# nothing\n' >"$work/empty.budget"
check "a file without budgets is a mistake, not a pass" refuses "there is no budget in" -f "$work/empty.budget" "$good"
check "a file that is not there" refuses "No such file" -f "$work/none" "$good"
check "a directory" refuses "directory" -f "$work" "$good"

# Where captures come from.
check "standard input" sh -c '"$1" check -b "blackout<=9s" - <"$2"' - "$tool" "$good"
mkdir "$work/store"
cp "$good" "$work/store/7.luoscope"
check "a number of the store" env LUOSCOPE_STORE="$work/store" "$tool" check -b 'blackout<=9s' 7
hostile=$work/$'a#<&">\xff\n\e[2J.luoscope'
cp "$good" "$hostile"
check "a hostile name is not obeyed" sh -c '! "$1" check -b "blackout<=9s" "$2" | grep -q "$(printf "\033")"' - "$tool" "$hostile"

# What can be in a budget.
check "the longest form of a figure leaves the columns in line" test \
	"$("$tool" check --list | sed -n '/^$/q; s/^\(  [^ ]*  *\)[a-z]*  *.*/\1/p' | awk '{ print length }' | sort -u | wc -l)" = 1
check "--list shows the forms of figures" ends 0 "^  device.STEP.STAT +time" --list
check "--help shows them too" sh -c '
	"$1" check --list | while read -r form _; do "$1" check --help | grep -qF -- "$form" || exit 1; done' - "$tool"
check "--list of a capture shows its figures" ends 0 "^device.0000:01:00.0.freeze +114\.4 ms$" --list "$good"
"$tool" check --list --json "$captures/trouble.luoscope" >"$work/list.json"
check_json "--list --json has the value of each figure, or why there is none, and whether there may be more" "$work/list.json" '
	(.figures | map({key: .name, value: .}) | from_entries) as $f | $f.blackout.is_lower_bound == true and
	$f.blackout.high == null and $f.blackout.low > 6e9 and $f.blackout.form == "blackout" and
	$f.files_missing == {name: "files_missing", form: "files_missing", unit: "count", is_lower_bound: false, why: null,
		value: 2, low: 2, high: 2} and
	$f["vms_awaited"].value == null and ($f["vms_awaited"].why | contains("not watched"))'
check_json "and every form, with the words in it" "$work/list.json" '
	(.forms | map(select(.form == "resets.OUTCOME"))[0].words | index("failed")) != null and
	([.figures[].form] - [.forms[].form]) == []'
check "--list --json needs no capture" sh -c '"$1" check --list --json | jq -e ".figures == null and (.forms | length) > 30"' - "$tool"
check "--list shows no results, so neither has JUnit" refuses "text or json" --list --format junit "$good"
# Every figure that is listed can be in a budget: of the right unit, or else it is refused for that alone.
"$tool" check --list "$good" | awk '{ print $1 "<=1s" }' >"$work/listed"
check "every figure that is listed can be in a budget" bash -c '
	while read -r budget; do
		"$1" check -b "$budget" "$2" >/dev/null 2>"$3"
		[ $? != 1 ] || grep -qE "it is a count|ppb or ppm" "$3" || { echo "$budget"; cat "$3"; exit 1; }
	done <"$4"' - "$tool" "$good" "$work/stderr" "$work/listed"

# What the formats are read with. Of each verdict there is another number, and the names are hostile.
mixed=(-b 'blackout<=9s' -b 'blackout<=1s' -b 'mark.x<=1s' -b 'file.count<=1' -b 'max(blackout)<=9s' "$hostile")
"$tool" check --json "${mixed[@]}" >"$work/mixed.json"
check "JSON: the exit status is the same" test $? = 2
"$tool" check --format tap "${mixed[@]}" >"$work/mixed.tap"
check "TAP: the exit status is the same" test $? = 2
"$tool" check --format junit "${mixed[@]}" >"$work/mixed.xml"
check "JUnit: the exit status is the same" test $? = 2

check_json "JSON" "$work/mixed.json" '.verdict == "over" and .counts == {within: 2, over: 2, inconclusive: 1}
	and (.results | length) == 5 and .results[0].value > 4e9 and .results[2].value == null and .results[4].capture == null'
check "JSON: one document" jq -es 'length == 1' "$work/mixed.json"
check "JSON: as its schema says" "$top_dir/tests/validate" check "$work/mixed.json"
jq 'del(.results[0].why)' "$work/mixed.json" >"$work/other.json"
check "JSON: and the schema minds" sh -c '! "$1" check "$2"' - "$top_dir/tests/validate" "$work/other.json"

check "TAP: prove reads it, and finds what failed" bash -c '
	said=$(prove --exec cat "$1" 2>&1)
	echo "$said"
	grep -q "Failed tests:  2-4" <<<"$said" && ! grep -qi "parse error" <<<"$said"' - "$work/mixed.tap"
"$tool" check --format tap -b 'blackout<=9s' "$hostile" >"$work/within.tap"
check "TAP: prove is content with what is within" prove -q --exec cat "$work/within.tap"

check "JUnit: xmllint takes it" xmllint --noout "$work/mixed.xml"
# junitparser counts for itself.
check "JUnit: the counts in it are right" sh -c '
	[ "$(xmllint --xpath "concat(/*/@tests, /*/@failures, /*/@errors, //testsuite[1]/@tests, //testsuite[1]/@failures,
		//testsuite[1]/@errors)" "$1")" = 521421 ]' - "$work/mixed.xml"
check "JUnit: junitparser reads the same" "$python" - "$work/mixed.xml" <<'END'
import sys
from junitparser import JUnitXml, Failure, Error
xml = JUnitXml.fromfile(sys.argv[1])
assert (xml.tests, xml.failures, xml.errors) == (5, 2, 1), (xml.tests, xml.failures, xml.errors)
suites = list(xml)
assert [(s.tests, s.failures, s.errors, s.skipped) for s in suites] == [(4, 2, 1, 0), (1, 0, 0, 0)]
assert '#<&">\\xff\\x0a\\x1b[2J' in suites[0].name, suites[0].name
cases = [c for s in suites for c in s]
assert [c.name for c in cases] == ["blackout<=9s", "blackout<=1s", "mark.x.0<=1s", "file.count<=1", "max(blackout)<=9s"]
assert [[type(r) for r in c.result] for c in cases] == [[], [Failure], [Error], [Failure], []]
assert "4.982 s" in cases[1].result[0].message
assert "not observed" in cases[2].result[0].message
END

check "TAP: the YAML blocks have every value, whether it is within or over" "$python" - "$work/mixed.tap" <<'END'
import re, sys, yaml
blocks = [yaml.safe_load(b) for b in re.findall(r"^  ---$(.*?)^  \.\.\.$", open(sys.argv[1]).read(), re.M | re.S)]
assert [b["verdict"] for b in blocks] == ["within", "over", "inconclusive", "over", "within"], blocks
assert blocks[0]["value"] == blocks[1]["value"] > 4e9 and blocks[0]["unit"] == "ns"
assert blocks[0]["low"] < blocks[0]["value"] < blocks[0]["high"]
assert blocks[0]["message"] == "4.982 s" and blocks[1]["message"].endswith(" too much")
assert blocks[2]["value"] is None and "no mark 'x.0'" in blocks[2]["message"]
assert (blocks[3]["value"], blocks[3]["unit"]) == (8, "count")
END
check "JUnit: every testcase has its value, and of a time the time" "$python" - "$work/mixed.xml" <<'END'
import sys
from junitparser import JUnitXml
suites = list(JUnitXml.fromfile(sys.argv[1]))
cases = [c for s in suites for c in s]
assert [c.system_out for c in cases][0] == "4.982 s" and cases[3].system_out == "8, 7 too many", [c.system_out for c in cases]
assert all(4.9 < t < 5 for t in (cases[0].time, cases[1].time, cases[4].time))
assert cases[2].time is None and cases[3].time is None
END
check "JUnit: the time of a suite is the blackout, and of all captures together there is none" sh -c '
	[ "$(xmllint --xpath "concat(substring(//testsuite[1]/@time, 1, 4), count(//testsuite[2]/@time))" "$1")" = 4.980 ]' - "$work/mixed.xml"

# The questions in the other formats.
asked=("$captures/refused.luoscope" "$captures/vm.luoscope")
"$tool" check --json "${asked[@]}" >"$work/asked.json"
check_json "JSON: the questions" "$work/asked.json" '.verdict == "over" and .results == [] and
	.counts == {within: 7, over: 1, inconclusive: 0} and (.questions | length) == 8 and
	.questions[0].topic == "update" and .questions[0].answer == "no" and (.questions[0].why | contains("interrupts")) and
	.questions[7].capture == 1 and .questions[7].answer == "yes" and .questions[7].why == null and
	[.questions[].verdict] == ["over"] + [range(7) | "within"]'
check_json "JSON: a measurement that failed is inconclusive" <("$tool" check --json "$captures/unstable.luoscope") \
	'.verdict == "inconclusive" and .questions[6].answer == "no" and .questions[6].verdict == "inconclusive" and
	.questions[1].answer == "unknown" and .questions[1].verdict == "within"'
check "JSON: the questions are as the schema says" "$top_dir/tests/validate" check "$work/asked.json"
"$tool" check --format tap "${asked[@]}" >"$work/asked.tap"
check "TAP: the questions" bash -c 'prove --exec cat "$1" 2>&1 | grep "Failed test:  1$"' - "$work/asked.tap"
"$tool" check --format junit --outcome -b 'blackout<=9s' "${asked[@]}" >"$work/asked.xml"
check "JUnit: questions and budgets in one document" "$python" - "$work/asked.xml" <<'END'
import sys
from junitparser import JUnitXml
suites = list(JUnitXml.fromfile(sys.argv[1]))
assert [(s.tests, s.failures, s.errors) for s in suites] == [(2, 1, 1), (8, 0, 0)], suites
case = list(suites[0])[0]
assert case.name == "update" and "refused by device 0000:03:00.0: its interrupts" in case.result[0].message
END
# Virtual machines that neither kernel watched are the only question that is skipped; of full, others are unknown, too.
for one in "$good" "$captures/full.luoscope"; do
	"$tool" check --format junit "$one" >"$work/unwatched.xml"
	check "JUnit: of ${one##*/}, only virtual machines that were not watched are skipped" "$python" - "$work/unwatched.xml" <<'END'
import sys
from junitparser import JUnitXml, Skipped
suite, = JUnitXml.fromfile(sys.argv[1])
assert suite.skipped == 1, suite.skipped
assert [c.name for c in suite if any(isinstance(r, Skipped) for r in c.result)] == ["vms"], list(suite)
END
	check "TAP: so they are there" bash -c '[ "$("$1" check --format tap "$2" | grep -E "# SKIP" | sed "s/,.*#/ #/")" = "ok 2 - vms # SKIP not watched" ]' - \
		"$tool" "$one"
done
check "which is no obstacle for status 0" ends 0 '^  unknown +vms +virtual machines were not watched in either kernel$' "$good"
check "TAP: prove is content" prove -q --exec cat <("$tool" check --format tap "$good")
"$tool" check --format junit "$captures/full.luoscope" >"$work/unknown.xml"
check "JUnit: another question whose answer is unknown is an error" "$python" - "$work/unknown.xml" <<'END'
import sys
from junitparser import JUnitXml, Error
suite, = JUnitXml.fromfile(sys.argv[1])
found = {c.name: c.result for c in suite}
assert isinstance(found["files"][0], Error) and found["files"][0].type == "unknown", found
END

# docs/ci.md: its budgets, what it shows of them, and every command in it.
page=$top_dir/docs/ci.md
mkdir -p "$work/page/bin" "$work/page/runs"
ln -s "$tool" "$work/page/bin/luoscope"
cp "$good" "$work/page/update.luoscope"
cp "$captures"/{7.2-to-7.3,devices,trouble}.luoscope "$work/page/runs"
# block LANGUAGE: what stands between its fences in the page.
block() { awk -v fence="\`\`\`$1" '/^```/ { on = !on && $0 == fence; next } on' "$page"; }
block budget >"$work/page/update.budget"
check "the page has budgets" test -s "$work/page/update.budget"
# The last of the page is about virtual machines, and so of another capture.
mkdir "$work/page/vms"
cp "$captures/vm.luoscope" "$work/page/vms/update.luoscope"
check "the page shows what comes of them" bash -c '
	cd "$1" && export PATH=$1/bin:$PATH && {
		luoscope check update.luoscope
		luoscope check --budget-file update.budget update.luoscope
		cd vms && eval "$(grep "^luoscope check .*vm\." "$3")"
	} | diff - "$2"' - "$work/page" <(block text) "$page"
grep -oE '^( +- )?luoscope check .*' "$page" | sed 's/^ *- //' >"$work/commands"
check "the page has commands" test "$(wc -l <"$work/commands")" -ge 7
while read -r command; do
	check "it can be run: $command" env -C "$work/page" PATH="$work/page/bin:$PATH" bash -c "$command; [ \$? != 1 ]"
done <"$work/commands"
done_testing
