#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The commands as somebody types them, right and wrong, on this machine; needs no guest. The capture is one of a real update.
. "$(dirname "$0")/e2e/lib.sh"

capture=$top_dir/tests/captures/7.2-to-7.3.luoscope
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
# The tree may lie where only root gets.
install -m 755 "$tool" "$work/luoscope"
install -m 644 "$capture" "$work/good.luoscope"

# quiet COMMAND...: it succeeds and says nothing on stderr.
quiet() {
	local said
	said=$("$@" 2>&1 >/dev/null) || return 1
	[ -z "$said" ] || { echo "$said"; return 1; }
}

for command in record detach init report save status; do
	check "$command --help tells its use" quiet sh -c '"$1" "$2" --help | grep -q "luoscope $2"' - "$tool" "$command"
done
check "--help lists the commands" sh -c '"$1" --help | grep -q "^  report "' - "$tool"
check "--version tells one" sh -c '"$1" --version | grep -qE "^luoscope [^ ]+$"' - "$tool"
check "no command is an error that shows the use" fails_with 1 'Usage: luoscope COMMAND' "$tool"
check "a command that there is not" fails_with 1 "there is no command 'reprot'" "$tool" reprot
check "an option that there is not" fails_with 1 "unrecognized option" "$tool" report --jsno
check "one argument too many" fails_with 1 "." "$tool" report a b
check "save without a file" fails_with 1 "." "$tool" save
check "init is not for everybody" fails_with 1 "first process" "$tool" init

check "a capture is rendered without root" quiet "${nobody[@]}" "$work/luoscope" report "$work/good.luoscope"
check "from standard input too" bash -c '"$1" report - <"$2" | cmp - <("$1" report "$2")' - "$tool" "$capture"
check "--json is one document" sh -c '"$1" report --json "$2" | jq -es "length == 1"' - "$tool" "$capture"
check "--json and text tell the same blackout" sh -c '
	ns=$("$1" report --json "$2" | jq .update.blackout_ns)
	"$1" report "$2" | grep -q "blackout $(awk -v ns=$ns "BEGIN { printf \"%.3f s\", ns / 1e9 }")"' - "$tool" "$capture"
check "--top limits the devices" sh -c '
	[ "$("$1" report --top 2 "$2" | awk "/^Slowest/ { on = 1; next } on && /^\$/ { exit } on" | wc -l)" = 3 ]' - "$tool" "$capture"
check "no line is wider than 100 columns" sh -c '! "$1" report "$2" | grep -E "^.{101}"' - "$tool" "$capture"
check "a full device is an error" fails_with 1 "No space left" sh -c '"$1" report "$2" >/dev/full' - "$tool" "$capture"
check "a closed pipe does no harm" sh -c '"$1" report "$2" | head -1 >/dev/null' - "$tool" "$capture"

check "a file that is not there" fails_with 1 "nothing.luoscope.*No such file" "$tool" report "$work/nothing.luoscope"
check "a directory" fails_with 1 "directory" "$tool" report "$work"
check "a file that is no capture" fails_with 1 "not a capture" "$tool" report "$top_dir/Makefile"
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
check "record without root" fails_with 1 "needs root" "${nobody[@]}" "$work/luoscope" record
check "detach with nothing attached" fails_with 1 "no probes are attached" "$tool" detach
check "status works without root" sh -c '"$@" >/dev/null' - "${nobody[@]}" "$work/luoscope" status
check "status --json is one document" sh -c '"$1" status --json | jq -es "length == 1"' - "$tool"
check "status says what to do about each thing that is missing" sh -c '
	"$1" status --json | jq -e "[.items[] | select(.state == \"missing\") | .text | test(\"boot|run|have|shown as|needs|mount\")] | all"' - "$tool"

# luoscope in the initramfs is one small static binary.
check "the binary is static" sh -c '! ldd "$1" 2>/dev/null' - "$tool"
check "the binary is smaller than 2 MB" test "$(stat -c %s "$tool")" -lt 2000000
done_testing
