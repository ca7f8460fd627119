#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# 'luoscope tail' and the status line of 'luoscope record' show what happens, on a terminal, in a pipe and as JSON.
. "$(dirname "$0")/lib.sh"

pty_run=$out_dir/pty_run
vmm=$out_dir/vmm
check "a program that runs others on a terminal can be built" "$lab_dir/client" "$pty_run" pty_run.c
check "the lab's VMM can be built" "$lab_dir/client" "$vmm" vmm
module 7.3 tests/lab/kmod
module 7.3+vfio tests/lab/kmod
module 7.3+vfio tests/lab/kmod-vfio

# What the scenarios of this test share: functions for the guest.
cat >"$out_dir/common" <<'END'
begin() {
	mount_host
	mkdir -p /dev/pts
	mount -t devpts devpts /dev/pts
	insmod /luo_stats.ko
}

# ends_well PID: it ends with status 0.
ends_well() { wait "$1" || fail "$2 ends with status $?"; }
END

# plain FILE: what a terminal got, without what makes colours and line ends of it.
plain() { sed 's/\x1b\[[0-9;]*[mK]//g; s/\r//g' "$1"; }

# column FILE NUMBER REGEX: on each line that begins with a time, what stands from that column on matches.
column() {
	plain "$1" | grep -q '^[0-9][0-9]:' && ! plain "$1" | grep '^[0-9][0-9]:' | cut -c "$2-" | grep -vE "$3"
}

{
	cat "$out_dir/common"
	cat <<'END'
generation_1() {
	begin
	if luoscope tail 2>/host/unattached; then fail "it follows what is not there"; fi

	pty_run /host/record 80 luoscope record &
	record=$!
	until_true grep -q "0 spans" /host/record
	luoscope record --quiet >/tmp/quiet &
	quiet=$!

	# Nothing has happened yet, so that "all" is the same for each, whenever it comes to it.
	luoscope tail --json -n all >/host/a.json &
	a=$!
	luoscope tail --json -n all >/host/b.json &
	b=$!
	luoscope tail -n all >/host/plain.txt &
	plain=$!
	luoscope tail -n all --json --kind preserve --outcome ok >/host/preserve.json &
	preserve=$!
	luoscope tail -n all --json --min-duration 1ms >/host/long.json &
	long=$!
	luoscope tail -n all --json --outcome failed >/host/failed.json &
	failed=$!
	pty_run /host/screen 80 luoscope tail -n all &
	screen=$!
	pty_run /host/wide 130 luoscope tail -n all &
	wide=$!
	NO_COLOR=1 pty_run /host/no-colour 80 luoscope tail -n all &
	no_colour=$!

	vm=$(luo_client preserve vm-database 1:16384 2)
	hostile=$(luo_client preserve "$(printf 'evil\033[2J\r\n"\\\303\050')" 18446744073709551615)
	# The second file of the same token is refused.
	if luo_client preserve twice 5 5 2>/dev/null; then fail "one token is given twice"; fi
	kexec_load 2
	insmod /freeze_fails.ko after=1
	if luo_client reboot-kexec 2>/tmp/said; then fail "the update was not refused"; fi
	rmmod freeze_fails
	# Once more, and what fails takes three seconds.
	insmod /freeze_fails.ko delay_ms=3000
	if luo_client reboot-kexec 2>/tmp/said; then fail "the update was not refused"; fi
	kill "$vm" "$hostile"

	# The last thing that happens is the second of these two.
	for file in a.json b.json; do
		until_true sh -c '[ "$(grep -c "\"end\".*\"unpreserve\"" /host/'$file')" = 3 ]'
	done
	for file in plain.txt screen wide no-colour; do
		until_true sh -c '[ "$(grep -c unpreserve /host/'$file')" = 3 ]'
	done
	until_true sh -c '[ "$(grep -c frozen /host/failed.json)" = 2 ]'
	kill -INT $a $b $plain $preserve $long $failed
	kill -USR1 $screen $wide $no_colour
	for pid in $a $b $plain $preserve $long $failed $screen $wide $no_colour; do ends_well $pid tail; done
	kill -USR1 $record
	ends_well $record record
	kill -TERM $quiet
	ends_well $quiet "record --quiet"
	[ ! -s /tmp/quiet ] || fail "record --quiet says: $(cat /tmp/quiet)"

	# More than the log holds while somebody does not read.
	luoscope tail --json -n 1 >/host/lost.json &
	slow=$!
	luoscope tail -n 1 >/host/lost.txt &
	slow_text=$!
	until_true test -s /host/lost.json
	until_true test -s /host/lost.txt
	kill -STOP $slow $slow_text
	for vm in 1 2 3 4 5; do luo_client preserve "vm-$vm" $(seq 500 | sed 's/$/:4/') >>/tmp/pids; done
	kill -CONT $slow $slow_text
	until_true grep -q lost /host/lost.json
	until_true grep -q lost /host/lost.txt
	luo_client preserve the-last 77 >>/tmp/pids
	until_true grep -q the-last /host/lost.json
	until_true grep -q the-last /host/lost.txt
	kill -TERM $slow $slow_text
	ends_well $slow "a slow tail"
	ends_well $slow_text "a slow tail"

	# A reader that goes away ends it, even if nothing happens any more.
	timeout -s KILL 600 luoscope tail -n all | head -n 3 >/host/head.txt || fail "tail into head ends with status $?"
	(timeout -s KILL 600 luoscope tail -n 1 --json; echo $? >/tmp/status) | head -n 1 >/host/head.json
	until_true test -s /tmp/status
	[ "$(cat /tmp/status)" = 0 ] || fail "tail into a closed pipe ends with status $(cat /tmp/status)"
	# Even if it sleeps by then.
	mkfifo /tmp/pipe
	(luoscope tail -n 1 >/tmp/pipe & echo $! >/tmp/pid-asleep; wait $! && echo 0 >/tmp/status-asleep || echo $? >/tmp/status-asleep) &
	(until_true test -s /tmp/pid-asleep; until_asleep "$(cat /tmp/pid-asleep)") </tmp/pipe
	until_true test -s /tmp/status-asleep
	[ "$(cat /tmp/status-asleep)" = 0 ] || fail "tail into a closed pipe ends with status $(cat /tmp/status-asleep)"
	if luoscope tail -n all >/dev/full 2>/host/full; then fail "a full device is no error"; fi

	# Whoever sleeps wakes up at the first event, and not before.
	waits() { awk '/^voluntary_ctxt_switches:/ { print $2 }' "/proc/$1/status"; }
	luoscope record >/tmp/record &
	record=$!
	luoscope tail -n 0 --json >/host/first.json &
	first=$!
	luoscope tail -n 1 >/host/detached.txt 2>/host/detached.err &
	tail=$!
	until_true test -s /host/detached.txt
	for process in $record $first $tail; do until_asleep $process; done
	before="$(waits $record) $(waits $first) $(waits $tail)"
	sleep 5
	[ "$before" = "$(waits $record) $(waits $first) $(waits $tail)" ] || fail "something wakes up though nothing happens"
	luo_client preserve the-first 1 >>/tmp/pids
	until_true grep -q the-first /host/first.json
	until_true grep -q the-first /host/detached.txt
	until_asleep $first
	kill -TERM $first
	ends_well $first "a tail that slept"

	# Replaced while somebody follows, and sleeps: as if luo_stats had been loaded after the probes were attached.
	luoscope tail -n 0 --json >/host/replaced.json &
	replaced=$!
	for process in $record $replaced $tail; do until_asleep $process; done
	rm /sys/fs/bpf/luoscope/area
	luoscope record --no-follow >/tmp/again
	grep -q "attached before luo_stats was loaded; attaching them again" /tmp/again || fail "record says: $(cat /tmp/again)"
	luo_client preserve the-replaced 1 >>/tmp/pids
	until_true grep -q the-replaced /host/replaced.json
	until_true grep -q the-replaced /host/detached.txt
	grep -q "^CapPrm:.*\b0000000000000000$" /proc/$replaced/status || fail "tail has rights: $(grep Cap /proc/$replaced/status)"
	kill -TERM $replaced
	ends_well $replaced "a tail that followed the new probes"

	# Taken off while somebody follows, and sleeps.
	luoscope detach
	if wait $tail; then fail "it ends well without probes"; fi
	if wait $record; then fail "record ends well without probes"; fi
	scenario_done
}
END
} >"$out_dir/memfds.scenario"
guest memfds 7.3 7.3 "$out_dir/memfds.scenario" --chain 1 --add "$pty_run:/bin/pty_run" \
	--add "$build/kmod/7.3/freeze_fails.ko:/freeze_fails.ko"
share=$out_dir/memfds/share

check "with nothing attached it says what to do" contains "$share/unattached" "luoscope: no probes are attached; 'luoscope record"

# json TEXT FILE FILTER: of the objects of a file, as one list.
json() { check_json "$1" "$share/$2" "$3" -s; }
events='[.[] | select(.type | IN("begin", "end", "boundary"))]'
json "each line is an object of the schema, and has one of its types" a.json \
	'length > 0 and all(.[]; .schema == "luoscope.event/2" and (.type | IN("begin", "end", "boundary", "summary")))'
check "and is as the schema says" "$top_dir/tests/validate" event "$share"/{a,b,preserve,long,failed,lost,replaced}.json
check "each line is a whole object" sh -c '[ "$(jq -c . "$1" | wc -l)" = "$(wc -l <"$1")" ]' - "$share/a.json"
json "all events have the same fields" a.json "$events | map(keys) | unique | length == 1"
json "the file's end has its duration and its handler" a.json \
	'any(.[]; .type == "end" and .kind == "preserve" and .outcome == "ok" and .duration_ns > 0 and .subject ==
	 {type: "file", device: null, driver: null, bus: null, session: "vm-database", token: "1", handler: "memfd-v2", mark: null,
	  instance: null, process: null, vcpu: null, flb: null})'
json "what is refused has its errno" a.json \
	'any(.[]; .type == "end" and .kind == "preserve" and .outcome == "failed" and .errno == "EEXIST" and .result == -17 and
	 .subject.session == "twice")'
json "so has the freeze that failed, and the update" a.json \
	'any(.[]; .type == "end" and .kind == "freeze" and .subject.token == "2" and .errno == "EBUSY") and
	 any(.[]; .type == "boundary" and .boundary == "frozen" and .outcome == "failed" and .errno == "EBUSY" and .kind == null)'
json "every begin has its end" a.json \
	"($events | map(select(.type == \"begin\")) | group_by(.kind) | map([.[0].kind, length])) ==
	 ($events | map(select(.type == \"end\")) | group_by(.kind) | map([.[0].kind, length]))"
json "the wall clock is that of the boot's plus one distance" a.json \
	'[.[] | select(.boottime_ns) | (.realtime_ns | tonumber) - (.boottime_ns | tonumber)] | max - min < 50000000 and min > 1.6e18'
json "bytes that are no text are escaped" a.json \
	'any(.[]; .subject.session? == "evil\\x1b[2J\\x0d\\x0a\"\\\\\\xc3(" and .subject.token == "18446744073709551615")'
json "a second follower gets the same" b.json "$events | length > 0"
# exact FILE: its events without the times that depend on when they were read.
exact() { jq -c 'select(.boottime_ns) | del(.realtime_ns, .time)' "$1"; }
check "to the byte, but for the clocks' distance" cmp <(exact "$share/a.json") <(exact "$share/b.json")
json "the last line sums up" a.json \
	'. as $all | .[-1] | .type == "summary" and .seen == ($all | length - 1) and .shown == .seen and .lost == 0 and
	 (.spans[] | select(.kind == "preserve") | .spans == 5 and .ok == 4 and .failed == 1 and .longest_ns > 0)'
json "a filter by kind and outcome" preserve.json \
	'.[-1].shown == 4 and .[-1].seen > 4 and length == 5 and all(.[:4][]; .type == "end" and .kind == "preserve" and .outcome == "ok")'
json "a filter by duration" long.json 'length > 1 and all(.[:-1][]; .type == "end" and .duration_ns >= 1000000)'
json "a filter by outcome" failed.json '[.[:-1][] | [.type, .kind, .errno]] == [["end", "preserve", "EEXIST"]] +
	([["end", "freeze", "EBUSY"], ["end", "session_freeze", "EBUSY"], ["boundary", null, "EBUSY"]] | . + .)'

check "a terminal of 80 columns has no longer line" sh -c '! grep -E "^.{81}"' - <<<"$(plain "$share/screen")"
check "no control character of a name comes through" sh -c '! tr -d "\n" | grep -P "[\x00-\x1f\x7f]"' \
	- <<<"$(plain "$share/screen")"
check "the columns are aligned: time and event" column "$share/screen" 1 '^[0-9:]{8}[.][0-9]{3}  [a-z_]+( |$)'
check "the columns are aligned: subject" column "$share/screen" 31 '^(|  [^ ].*|  +failed EBUSY)$'
check "the columns are aligned: outcomes" column "$share/screen" 63 '^(|  (ok|failed E[A-Z]+|under way))$'
check "what failed is in words" contains <(plain "$share/screen") '^[0-9:.]+  preserve          twice:5 +[0-9.]+ .s  failed EEXIST$'
check "and in red" contains "$share/screen" $'\033\\[1;31mfailed EEXIST\033\\[0m'
check "a long name is cut, and its token is not" contains <(plain "$share/wide") '  preserve +evil[^ ]*~:18446744073709551615  '
check "NO_COLOR: the same without colours" sh -c '! grep -q "$(printf "\033")" "$1"' - "$share/no-colour"
check "NO_COLOR: the same words" contains "$share/no-colour" 'twice:5 .*failed EEXIST'
check "no colours in a pipe" sh -c '! grep -q "$(printf "\033")" "$1"' - "$share/plain.txt"
check "and no name is cut" contains "$share/plain.txt" '  evil.x1b\[2J.x0d.x0a.*:18446744073709551615 .* ok +memfd-v2$'
check "a wide terminal shows the handler too" contains <(plain "$share/wide") 'vm-database:1 .*ok +memfd-v2$'
# under_way FILE KIND: it has a line before it ends, once, and one when it ends.
under_way() {
	plain "$1" | grep -A 99 -E "^[0-9:.]+  $2 +vm-database(:1)? +[12]\.[0-9]+ s  under way\$" |
		grep -E "^[0-9:.]+  $2 " >"$out_dir/under_way"
	cat "$out_dir/under_way"
	[ "$(grep -c 'under way$' "$out_dir/under_way")" = 1 ] &&
		tail -n 1 "$out_dir/under_way" | grep -qE ' [3-9]\.[0-9]+ s  failed EBUSY$'
}
check "what takes long is reported before it ends: the file's freeze" under_way "$share/screen" freeze
check "and its session's" under_way "$share/screen" session_freeze
check "what did not take long is not" test "$(plain "$share/screen" | grep -c 'under way$')" = 2
check "in yellow" contains "$share/screen" $'\033\\[33munder way\033\\[0m'
check "^C: the summary" contains <(plain "$share/screen") '^[0-9]+ events seen: [0-9]+ shown, [0-9]+ filtered out, [0-9]+ starts without a line; 0 lost\.$'
# Whichever preserve took longest; a name that is too long ends with a tilde.
check "^C: and its table" contains <(plain "$share/screen") '^  preserve +5 +1 +[0-9.]+ [mu]?s +[^ ]+:[0-9]+~?$'

check "record draws its line on a terminal" contains "$share/record" $'\rWatching: [0-9]+ spans, 0 lost; last: [a-z]+ '
check "it shows what is under way, and for how long" contains "$share/record" \
	'Update in progress: [0-9]+ spans, 0 lost; under way: freeze vm-database:1, [12]\.[0-9] s'
check "and takes it away at its end" contains "$share/record" $'\r\033\\[K\r?$'
check "what is left of it is the sum" contains <(plain "$share/record" | tail -n 1) \
	'^[1-9][0-9]* events seen, of which [1-9][0-9]* ended a span, and 0 events lost\. The probes stay'

check_json "lost: every event is read, or counted as lost in its place" "$share/lost.json" -s \
	'(map(select(.type == "lost") | .lost) | add) as $lost | .[-1] | .lost == $lost and $lost >= 5000 - 4096 and
	 .seen - 1 - 2 + $lost == 5000'
check "lost: text shows it too" contains "$share/lost.txt" '^ +[0-9]+ events lost here'
check "lost: and sums it up" contains "$share/lost.txt" '^[0-9]+ events seen: [0-9]+ shown, .* without a line; [1-9][0-9]+ lost\.$'
check "head gets its three lines" test "$(wc -l <"$share/head.txt")" = 3
check "and one object" sh -c 'jq -es "length == 1" "$1"' - "$share/head.json"
check "a full device is an error that says so" contains "$share/full" 'luoscope: cannot write the events: No space left'
json "replaced: it follows the new probes, and says where that was" replaced.json \
	'[.[] | select(.type == "replaced" or .kind? == "preserve" and .type == "end" or .type == "summary") | [.type, .subject.session?]] ==
	 [["replaced", null], ["end", "the-replaced"], ["summary", null]] and .[-1].replaced == 1 and .[-1].lost == 0'
check "replaced: so does the text" contains "$share/detached.txt" '^ +the probes were attached again here: what happened meanwhile is missing$'
check "replaced: and its sum" contains "$share/detached.txt" '^The probes were attached again; what happened meanwhile is not counted\.$'
check "detached: it says so" contains "$share/detached.err" 'the probes were detached'
check "detached: it sums up all the same" contains "$share/detached.txt" 'events seen'

# Devices, in an update that is given up after their freeze: one is reset, one cannot be, of one the reset was taken away, and of
# one the lock is busy.
{
	cat "$out_dir/common"
	cat <<'END'
devices="0000:01:00.0 0000:02:00.0 0000:03:00.0 0000:00:11.0"

generation_1() {
	begin
	luoscope record --no-follow
	# shellcheck disable=SC2086 # a list of words
	give_to_vfio $devices
	if luoscope tail --device 0000:09:00.0 2>/host/no-device; then fail "it follows a device that there is not"; fi
	pty_run /host/screen 80 luoscope tail -n all &
	screen=$!
	luoscope tail -n all --json >/host/all.json &
	all=$!
	luoscope tail -n all --json --device 01:00.0 --device 0000:02:00.0 --kind reset >/host/two.json &
	two=$!
	luoscope tail -n all --json --outcome busy --outcome none >/host/outcomes.json &
	outcomes=$!
	vmm open=nvme,0000:01:00.0 bind=nvme attach=nvme open=virtio,0000:02:00.0 bind=virtio attach=virtio \
		open=net,0000:03:00.0 bind=net attach=net open=edu,0000:00:11.0 bind=edu attach=edu memfd=memory,64 \
		session=vm preserve=nvme,1 preserve=virtio,2 preserve=net,3 preserve=edu,4 preserve=memory,5 hold >/tmp/pid
	kexec_load 2
	echo >/sys/bus/pci/devices/0000:02:00.0/reset_method
	insmod /hold_locks.ko device="$(bridge_of 0000:01:00.0)"
	vfio_waits 2000
	insmod /freeze_fails.ko
	if luo_client reboot-kexec 2>/tmp/said; then fail "the update was not refused"; fi
	rmmod hold_locks
	until_true grep -q '"end".*"session_freeze"' /host/all.json
	until_true grep -q 'session_freeze' /host/screen
	until_true grep -q '0000:02:00.0' /host/two.json
	until_true grep -q '0000:00:11.0' /host/outcomes.json
	kill -INT $all $two $outcomes
	kill -USR1 $screen
	for pid in $all $two $outcomes $screen; do ends_well $pid tail; done
	scenario_done
}
END
} >"$out_dir/devices.scenario"
guest devices 7.3+vfio 7.3+vfio "$out_dir/devices.scenario" --chain 1 --add "$pty_run:/bin/pty_run" --add "$vmm:/bin/vmm" \
	--add "$build/kmod/7.3+vfio/freeze_fails.ko:/freeze_fails.ko" \
	--add "$build/kmod-vfio/7.3+vfio/hold_locks.ko:/hold_locks.ko" \
	--device "pcie-root-port,id=port3,slot=3,addr=7.0" --device "e1000e,bus=port3" --device "edu,addr=11.0"
share=$out_dir/devices/share
json "a reset is told with its outcome, method and lock" all.json \
	'[.[] | select(.type == "end" and .kind == "reset") | {(.subject.device): [.outcome, .reset_method, .reset_lock, .errno]}] | add ==
	 {"0000:01:00.0": ["busy", null, "bridge", "EBUSY"], "0000:02:00.0": ["failed", null, null, "ENOTTY"],
	  "0000:03:00.0": ["ok", "pm", null, null], "0000:00:11.0": ["none", null, null, null]}'
check "all of them are as the schema says" "$top_dir/tests/validate" event "$share"/{all,two,outcomes}.json
json "a filter by devices and kind" two.json \
	'[.[:-1][] | [.kind, .subject.device]] | unique == [["reset", "0000:01:00.0"], ["reset", "0000:02:00.0"]]'
json "a filter by two outcomes" outcomes.json \
	'[.[:-1][] | [.outcome, .subject.device]] | sort == [["busy", "0000:01:00.0"], ["none", "0000:00:11.0"]]'
json "what was frozen is rolled back, and that is seen" all.json \
	'[.[] | select(.type == "end" and .kind == "unfreeze" and .subject.type == "device") | .outcome] == ["ok", "ok", "ok", "ok"]'
check "the screen shows the lock that was busy" contains <(plain "$share/screen") '  reset +0000:01:00\.0 .*  busy bridge$'
check "in yellow" contains "$share/screen" $'\033\\[33mbusy bridge\033\\[0m'
check "and the method of one that went well" contains <(plain "$share/screen") '  reset +0000:03:00\.0 .*  ok pm$'
check "a device that there is not: it lists those that there are" contains "$share/no-device" \
	"there is no device '0000:09:00.0' on this host; vfio-pci has .*0000:03:00.0"
done_testing
