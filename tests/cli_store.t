#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Stored captures as somebody uses them: list, and numbers in place of files. On this machine; needs no guest.
. "$(dirname "$0")/e2e/lib.sh"

capture=$top_dir/tests/captures/7.2-to-7.3.luoscope
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
install -m 755 "$tool" "$work/luoscope"

export LUOSCOPE_STORE=$work/store
check "a store that was named and is not there is an error" fails_with 1 \
	"^luoscope: there is no store $work/store: correct LUOSCOPE_STORE, or have 'luoscope record --store' make it$" "$tool" list
check "in JSON too" fails_with 1 "there is no store $work/store" "$tool" list --json
# The usual one, of a host without any update.
usual() { env -u LUOSCOPE_STORE unshare --mount sh -c 'mount -t tmpfs none /var/lib && exec "$@"' - "$tool" list "$@"; }
if unshare --mount true; then
	check "the usual one is an empty list, and says how to fill it" contains <(usual) \
		"^No updates are recorded in /var/lib/luoscope\. 'luoscope record --store' stores a capture of each one\.$"
	check_json "in JSON too" <(usual --json) '.directory == "/var/lib/luoscope" and .captures == []'
fi
mkdir "$work/empty"
check "so is an empty one" sh -c 'LUOSCOPE_STORE=$2 "$1" list | grep -q "record --store"' - "$tool" "$work/empty"
export LUOSCOPE_STORE=$work/empty
check_json "in JSON too" <("$tool" list --json) '.schema == "luoscope.list/3" and .captures == []'
check "a number of an empty store" fails_with 1 "no capture 1 in $work/empty" "$tool" report 1

export LUOSCOPE_STORE=$work/store
mkdir -m 700 "$work/store"
cp "$capture" "$work/store/9.luoscope"
cp "$capture" "$work/store/10.luoscope"
cp "$top_dir/tests/captures/trouble.luoscope" "$work/store/8.luoscope"
ln -s "$capture" "$work/store/11.luoscope"
mkfifo "$work/store/12.luoscope"
head -c 5000 "$capture" >"$work/store/13.luoscope"
cp "$capture" "$work/store/notes.luoscope"
cp "$(made vms)" "$work/store/14.luoscope"
cp "$(made lost-vm)" "$work/store/15.luoscope"
cp "$top_dir/tests/captures/unstable.luoscope" "$work/store/16.luoscope"
cp "$top_dir/tests/captures/refused.luoscope" "$work/store/17.luoscope"

"$tool" list >"$work/list" 2>"$work/errors"
"$tool" list --json >"$work/list.json"
check "the captures are listed by number, the oldest first" \
	[ "$(awk 'NR > 1 && $1 !~ /^[+]/ { print $1 }' "$work/list" | xargs)" = "8 9 10 13 14 15 16 17" ]
check "with date, releases, update, blackout, size and what is not known" contains "$work/list" \
	'^ +9 +2026-11-22 13:31:48 +7\.2\.12-luoscope +7\.3\.4-luoscope +#1 +3\.498 s +- +- +122 KiB +yes, VMs not watched$'
check "what did not come back is reported, the worst first" contains "$work/list" \
	'^ +8 .* 322 KiB +no: 2 devices missing, 2 files missing, 2 resets failed$'
check "JSON: of an update that was refused nothing else is asked" sh -c '
	jq -e ".captures[] | select(.number == 17) | .wrong == [\"update\"] and .unknown == []" "$1"' - "$work/list.json"
check "an update that was refused has a row of its own, with its date and what refused it" contains "$work/list" \
	'^ +[+] +2026-11-22 16:10:17 +7\.3\.4-luoscope +- .* refused: 0000:03:00\.0, its interrupts are still enabled$'
check "in a pipe nothing is shortened, and no cell is empty" bash -c '
	! grep "~" "$1" && awk "NR > 1 { gsub(/2026-[0-9-]+ /, \"\"); gsub(/>= /, \"\"); if (NF < 10) { print; bad = 1 } } END { exit bad }" "$1"' - \
	"$work/list"
check "the change of the blackout from the update before it is there" contains "$work/list" '^ +10 .* 3\.498 s +[+]0\.0 % '
check "not where that one is only a lower bound" contains "$work/list" '^ +9 .* 3\.498 s +- '
check_json "in JSON too" "$work/list.json" '[.captures[] | .blackout_change_ns == null] == [true, true, false, true, false, false, true, true]'
# The errors of those that cannot be read are no part of the list.
for columns in 60 80; do
	in_terminal "$columns" env NO_COLOR=1 sh -c '"$1" list 2>/dev/null' - "$tool" >"$work/narrow"
	check "on a terminal of $columns columns some are left out, and named" bash -c '
		[ "$(wc -L <"$1")" -le "$2" ] && grep -q "  No room for: " "$1"' - "$work/narrow" "$columns"
done
check "blackout, change, downtime and outcome are there in 80" contains "$work/narrow" '^ +no .* blackout +change longest VM went well$'
check "COLUMNS comes before what the terminal says" cmp "$work/narrow" \
	<(in_terminal 132 env COLUMNS=80 NO_COLOR=1 sh -c '"$1" list 2>/dev/null' - "$tool")
check "and shortens nothing in a pipe" cmp "$work/list" <(COLUMNS=60 "$tool" list 2>/dev/null)
check "on a terminal what went wrong is red, what is not known is yellow, and the heading is not" bash -c '
	grep "^.\[1;31m" <<<"$1" | grep -q " 8  *2026" && grep "^.\[33m" <<<"$1" | grep -q " 16  *2026" &&
	! head -n 1 <<<"$1" | grep "\["' - \
	"$(in_terminal 100 env -u NO_COLOR TERM=xterm sh -c '"$1" list 2>/dev/null' - "$tool")"
check "nor in a pipe" lacks "$work/list" "$(printf '[\001\002\003\033]')"
check "a blackout that was perhaps longer is reported as that" contains "$work/list" '^ +8 .* >= 6\.772 s '
check_json "in JSON too" "$work/list.json" '[.captures[0, 1] | .blackout_is_lower_bound] == [true, false]'
check "a contradicted clock is reported as that" contains "$work/list" '^ +16 .* #1 +- .* 322 KiB +unknown: clock contradicted$'
check "an attempt that failed, where there was no update, is the row" \
	[ "$(awk '$1 == 17 { on = 1 } on' "$work/list" | sed 's/.*  //' | xargs)" = "refused: 0000:03:00.0, its interrupts are still enabled" ]
check_json "in JSON the attempts are in a list" "$work/list.json" \
	'([.captures[0, 7].failed_attempts[] | [.errno, .cause, .why]] | . == [range(2) | ["EINVAL", "0000:03:00.0", "its interrupts are still enabled"]]) and
	 .captures[7].outcome == "no" and .captures[7].wrong == ["update"]'
check_json "there they have the date and the kernel that the text has" "$work/list.json" \
	'.captures[7] as $c | ($c.begin_realtime_ns[:10] | tonumber | todate == "2026-11-22T16:10:17Z") and $c.from == "7.3.4-luoscope" and $c.to == null and
	 ([.captures[0, 7].failed_attempts[] | .from] == [range(2) | "7.3.4-luoscope"]) and
	 $c.begin_realtime_ns == $c.failed_attempts[0].begin_realtime_ns'
check "one that is damaged is reported" contains "$work/errors" "capture 13: .*cut short"
check "and is in the list" contains "$work/list" '^ +13 .* unreadable$'
check_json "the list and the report show the same" "$work/list.json" \
	'.captures[1] as $c | $report[0].update as $u | $c.blackout_ns == $u.blackout_ns and $c.complete == $u.complete and
	 $c.files_missing == $u.files_missing and
	 $c.devices_missing == $u.devices_missing and $c.chain_id == $u.chain_id and $c.generation == $u.generation and
	 $c.from == $u.from.release and $c.to == $u.to.release and $c.begin_realtime_ns == $u.begin_realtime_ns and
	 $c.clock == $report[0].clock.verdict and $c.dropped == $report[0].dropped' \
	--slurpfile report <("$tool" report --json "$capture")
check_json "devices that are missing too" "$work/list.json" '.captures[0] | .files_missing == 2 and .devices_missing == 2'
check "a virtual machine that is not back says so in its row of the report" contains \
	<("$tool" report --vms "$(made lost-vm)") '^  vm 3 .* not back '
check "a virtual machine that is missing is reported before all else" contains "$work/list" '^ +15 .* no: 1 VM missing, 1 reset failed$'
check "the longest downtime of a virtual machine is there" contains "$work/list" '^ +14 .* 1\.695 s +[0-9]+ KiB +'
check "if one is not back, it is a lower bound" contains "$work/list" '^ +15 .* >= 1\.744 s +[0-9]+ KiB +'
check_json "in JSON with a flag" "$work/list.json" \
	'[.captures[4, 5] | [.vms_missing, (.vm_downtime_max_ns / 1e6 | round), .vm_downtime_max_is_lower_bound]] ==
	 [[0, 1695, false], [1, 1744, true]]'
check_json "where they were not watched, nothing is known" "$work/list.json" \
	'.captures[1] | [.vms_missing, .vm_downtime_max_ns, .vm_downtime_max_is_lower_bound] == [null, null, null]'
check_json "whether it went well, and what did not or is not known" "$work/list.json" \
	'[.captures[] | [.outcome, .wrong, .unknown]] | .[0] == ["no", ["devices", "files", "resets"], ["vms"]] and
	 .[1] == ["yes", [], ["vms"]] and .[3] == [null, null, null] and .[6] == ["unknown", [], ["vms", "clock"]]'
check_json "what is not known of a damaged one is null" "$work/list.json" \
	'.captures[3] | .number == 13 and (.error | test("cut short")) and
	 ([.from, .to, .blackout_ns, .complete, .files_missing, .devices_missing, .vms_missing, .vm_downtime_max_ns, .clock, .dropped,
	  .generation, .failed_attempts] | unique == [null])'

check "report takes a number" bash -c '"$1" report 10 | cmp - <("$1" report "$2")' - "$tool" "$capture"
cp "$capture" "$work/10"
check "./10 is a file" bash -c 'cd "$3" && "$1" report ./10 | cmp - <("$1" report "$2")' - "$tool" "$capture" "$work"
check "a number that there is not" fails_with 1 "no capture 77 in .*luoscope list" "$tool" report 77
check "a link is no capture" fails_with 1 "not a regular file" "$tool" report 11
check "nor is a pipe, and nobody waits for it" fails_with 1 "not a regular file" timeout 10 "$tool" report 12
check "a damaged capture, of an update that is over: what can be done" fails_with 1 \
	"^luoscope: 13: the capture is cut short: use another copy of it, or remove it; 'luoscope save' makes a new one only of the update" \
	"$tool" report 13
check "list without root" fails_with 1 "Permission denied: this needs root" "${nobody[@]}" "$work/luoscope" list
check "report of a number without root" fails_with 1 "Permission denied: this needs root" "${nobody[@]}" "$work/luoscope" report 9
install -m 600 "$capture" "$work/mine.luoscope"
check "a file of root's without root" fails_with 1 "mine.luoscope: Permission denied: this needs root, or a copy that you may read$" \
	"${nobody[@]}" "$work/luoscope" report "$work/mine.luoscope"
: >"$work/empty.luoscope"
check "an empty file" fails_with 1 "empty.luoscope: the capture is empty: the command that wrote it failed$" "$tool" report "$work/empty.luoscope"
check "an argument that list does not take" fails_with 1 "unexpected argument '5'" "$tool" list 5
check "a full device is an error" fails_with 1 "No space left" sh -c '"$1" list >/dev/full' - "$tool"
check "in JSON too" fails_with 1 "No space left" sh -c '"$1" list --json >/dev/full' - "$tool"
check "a closed pipe does no harm" sh -c '"$1" list | head -1 >/dev/null' - "$tool"
check "a store that is a file" fails_with 1 "Not a directory: correct LUOSCOPE_STORE$" env LUOSCOPE_STORE="$work/list" "$tool" list

check "storing has to stay" fails_with 1 "cannot be combined with --no-follow" "$tool" record --store --no-follow
check "a limit of nothing" fails_with 1 "--keep must be a number from 1 to 1000000, not '0'" "$tool" record --store --keep 0
check "a limit that is no number" fails_with 1 "--keep-mib must be a number from 1 to 1000000, not '1G'" "$tool" record --keep-mib 1G
check "limits of what is not stored" fails_with 1 "--keep and --keep-mib need --store: nothing is stored" "$tool" record --keep 3
check "of its size either" fails_with 1 "--keep and --keep-mib need --store" "$tool" record --no-follow --keep-mib 16
check "record --store without root" fails_with 1 "needs root" "${nobody[@]}" "$work/luoscope" record --store

# An update that was started: the old kernel's capture alone.
export LUOSCOPE_STORE=$work/started
mkdir -m 700 "$LUOSCOPE_STORE"
cp "$(made started)" "$LUOSCOPE_STORE/3.luoscope"
cp "$(made lost)" "$LUOSCOPE_STORE/4.luoscope"
"$tool" list >"$work/list"
check "an update that was started is in the list" contains "$work/list" \
	'^ +3 +2026-09-21 14:13:20 +7\.2\.12 +- +#5 +- +- +- .* unknown: the update was started; what became of it is not known yet$'
check "if the new kernel did not come up, that is said" contains "$work/list" '^ +4 .* no: the new kernel did not come up$'
check_json "in JSON, too" <("$tool" list --json) '[.captures[] | [.outcome, .wrong, .to, .blackout_ns]] ==
	[["unknown", [], null, null], ["no", ["update"], null, null]]'
check "the report says it first" contains <("$tool" report 4) '^Trouble +the new kernel did not come up$'
check "and nothing of what came back" lacks <("$tool" report 4) '^Back'
"$tool" report --json 4 >"$work/lost.json"
check "in JSON as its schema says" "$top_dir/tests/validate" report "$work/lost.json"
check_json "with the reason in place of the blackout" "$work/lost.json" \
	'.update | .lost and .blackout_ns == null and .blackout_why == "the new kernel did not come up" and .complete == null'
check "the metrics have it" contains <("$tool" metrics 4) '^luoscope_update_lost 1$'
check "not while nobody knows" lacks <("$tool" metrics 3) '^luoscope_update_lost'
check "check says that it did not go well" fails_with 2 '' "$tool" check 4

# What docs/service.md says of the line in the journal.
page=$top_dir/docs/service.md
id=$(sed -nE 's/^#define UPDATE_LOG_MESSAGE_ID "(.*)"/\1/p' "$top_dir/user/live/update_log.h")
check "the page names the journal's message by its id" grep -q "MESSAGE_ID=$id " "$page"
check "and lists the fields" diff <(sed -E 's/"(LUOSCOPE_[A-Z_]+)", (model->blackout|downtime)\)/"\1_NS" "\1_IS_LOWER_BOUND"/' \
	"$top_dir/user/live/update_log.c" | grep -oE '"LUOSCOPE_[A-Z_]+"' | tr -d '"' | sort -u) \
	<(sed -n '/^| field/,/^$/p' "$page" | grep -oE 'LUOSCOPE_[A-Z_]+' | sort -u)
done_testing
