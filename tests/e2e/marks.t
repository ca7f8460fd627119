#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Marks: through an update, one that is refused before it, and everything that /dev/luo_mark refuses.
. "$(dirname "$0")/lib.sh"

marker=$out_dir/marker
check "the lab's writer of marks can be built" "$lab_dir/client" "$marker" marker.c

# A guest is paused for an update that is refused, and for the one after it. Somebody else goes on marking until he is stopped.
module 7.3 tests/lab/kmod
guest across 7.3 7.3 "$(scenario across <<'END'
files=$(seq 200 | sed 's/$/:4/')

generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	luoscope mark at services-stopped
	luoscope mark begin services-down
	# shellcheck disable=SC2086 # a list of words
	luo_client preserve vm-a $files
	luoscope mark begin guest-paused 7
	kexec_load 2 rdinit=/bin/luoscope luoscope.init=/init
	insmod /freeze_fails.ko after=2
	if (kexec_jump) 2>/dev/null; then fail "the update was not refused"; fi
	rmmod freeze_fails
	luoscope mark end guest-paused 7
	luoscope mark begin guest-paused 8
	luoscope mark at before-pause 7
	luoscope mark begin guest-paused 7
	luoscope mark at after-pause 7
	luoscope mark at "$(printf 'caf\303\251')" 18446744073709551615
	luoscope tail --json --kind mark -n all >/tmp/tail.json &
	tail=$!
	until_said café /tmp/tail.json
	kill -INT $tail
	wait $tail || fail "tail ends with status $?"
	mount_host
	cp /tmp/tail.json /host
	marker every 5 "at tick 1"
	kexec_jump
}

generation_2() {
	# shellcheck disable=SC2086 # a list of words
	luo_client retrieve vm-a $files >/dev/null
	luoscope mark at before-resume 7
	luoscope mark end guest-paused 7
	luoscope mark at resume 7
	luoscope mark end services-down
	luoscope mark end never-started
	luoscope mark begin soaking
	save_capture update
	scenario_done
}
END
)" --add "$marker:/bin/marker" --add-first "$build/kmod/7.3/freeze_fails.ko:/freeze_fails.ko"
json=$out_dir/across/update.json
check_backbone "with marks" "$json"
row='def row(n): [.marks[] | select(.name == n)]; '
check_json "the pause is one span, longer than the blackout in it" "$json" \
	"$row"'row("guest-paused") | map(select(.instance == "7")) | .[1] |
	 .crosses and (.open or .instant or .end_only | not) and .start_ns < 0 and .end_ns == .start_ns + .duration_ns'
check_json "it begins before the first phase, and ends after the last one" "$json" \
	"$row"'.phases as $p | row("guest-paused") | map(select(.instance == "7")) | .[1] |
	 .start_ns < $p[0].start_ns and .end_ns > $p[-1].start_ns + $p[-1].duration_ns and .duration_ns > ([$p[].duration_ns] | add)'
check_json "its ends lie between the instants beside them" "$json" \
	"$row"'(row("guest-paused") | map(select(.instance == "7")) | .[1]) as $p |
	 row("before-pause")[0].start_ns < $p.start_ns and $p.start_ns < row("after-pause")[0].start_ns and
	 row("before-resume")[0].start_ns < $p.end_ns and $p.end_ns < row("resume")[0].start_ns'
check_json "the pause for the update that was refused ended in that kernel" "$json" \
	"$row"'row("guest-paused") | map(select(.instance == "7")) | length == 2 and
	 (.[0] | (.crosses | not) and .duration_ns > 0 and .end_ns < 0)'
check_json "what started before the refused update crosses the kexec too" "$json" \
	"$row"'row("services-down") | length == 1 and (.[0] | .crosses and .duration_ns > 0)'
check_json "a pause that nobody ended is open" "$json" \
	"$row"'row("guest-paused") | map(select(.instance == "8")) | length == 1 and (.[0] | .open and .duration_ns == null and .end_ns == null)'
check_json "so is what goes on in the new kernel" "$json" "$row"'row("soaking") | length == 1 and (.[0] | .open and .start_ns > 0)'
check_json "an end without a beginning is reported as such" "$json" \
	"$row"'row("never-started") | length == 1 and (.[0] | .end_only and .start_ns == null and .duration_ns == null and .end_ns > 0)'
check_json "instants have no length" "$json" \
	"$row"'[row("services-stopped"), row("resume"), row("tick") | .[] | .instant and .duration_ns == 0 and .end_ns == .start_ns] | all'
check_json "marks are made after the update began, until the machine is stopped" "$json" \
	"$row"'([.boundaries[] | select(.name == "jump") | .start_ns] | .[0]) as $jump | row("tick") |
	 length == 8 and any(.[]; .start_ns > 0) and all(.[]; .start_ns < $jump)'
check_json "a name is any bytes, an instance any number" "$json" '[.marks[] | select(.name == "café") | .instance] == ["18446744073709551615"]'
check_json "memfds alone: the blackout ends with the last retrieve" "$json" '.update.end == "retrieved"'
check_json "marks are not reported among other spans" "$json" \
	'([.open[], .other_spans[] | select(.kind == "mark")] | length) == 0 and .losses.unfinished == 0 and .marks_elsewhere == 0'
tail=$out_dir/across/share/tail.json
check_json "tail shows each mark as it is made" "$tail" '[.[] | select(.kind == "mark") | [.type, .subject.mark, .subject.instance]] == [
	["instant", "services-stopped", "0"], ["begin", "services-down", "0"], ["begin", "guest-paused", "7"],
	["end", "guest-paused", "7"], ["begin", "guest-paused", "8"], ["instant", "before-pause", "7"],
	["begin", "guest-paused", "7"], ["instant", "after-pause", "7"], ["instant", "café", "18446744073709551615"]]' -s
# A guest may be stopped by its host between the two readings, for a while.
check_json "and how long it took, by another clock" "$tail" "$row"'($report[0] | row("guest-paused") | .[0].duration_ns) as $ns |
	[.[] | select(.type == "end") | .duration_ns - $ns | fabs < $ns / 2] == [true]' -s --slurpfile report "$json"
check "and is as the schema says" "$top_dir/tests/validate" event "$tail"
check "the report has the pause" contains "$out_dir/across/update.txt" '^ +guest-paused +7 +-.* s +across the kexec$'
check "and the ends that it did not see" contains "$out_dir/across/update.txt" '^ +never-started .*start not seen; ended at [0-9.]+ s$'

# What the device takes and what it does not, and how much of it. The smallest area has 18 places for marks' names and 32 for spans.
guest device 7.3 7.3 "$(scenario device <<'END'
# expect RESULTS TEXT...: writes of these texts, through one open file, end so.
expect() {
	wanted=$1
	shift
	got=$(marker write "$@" | tr '\n' ' ')
	[ "$got" = "$wanted " ] || fail "wrote $*: $got, not $wanted"
}

# counts FILES ACCEPTED: so many writes go through that many open files in a second. The whole must be done in one.
counts() {
	for _ in $(seq 200); do
		insmod /luo_stats.ko
		# Accepted writes, the error after them, milliseconds.
		# shellcheck disable=SC2046 # three words
		set -- "$1" "$2" $(marker flood "$1" "at flood 1")
		rmmod luo_stats
		[ "$5" -ge 900 ] || break
	done
	[ "$3 $4" = "$2 EAGAIN" ] || fail "$3 writes go through $1 files in $5 ms, and then $4"
}

# report_says REGEX: of the area as it is now.
report_says() {
	luoscope save /tmp/now.luoscope
	luoscope report --full /tmp/now.luoscope >/tmp/now.txt 2>&1 || fail "$(cat /tmp/now.txt)"
	grep -qE "$1" /tmp/now.txt || fail "no '$1' in: $(cat /tmp/now.txt)"
}

generation_1() {
	if luoscope mark at x 2>/tmp/said; then fail "a mark without the module"; fi
	grep -q "there is no /dev/luo_mark: luo_stats is not installed for this kernel" /tmp/said || fail "$(cat /tmp/said)"
	insmod /luo_stats.ko area_kib=64
	[ "$(stat -c '%a %F' /dev/luo_mark)" = "600 character special file" ] || fail "$(stat -c '%a %F' /dev/luo_mark)"
	name=$(printf 'x%.0s' $(seq 63))

	expect "ok ok ok ok ok" "begin a" "end a 0" "end a" "at a 007\n" "begin $name 18446744073709551615\n"
	expect "EINVAL EINVAL EINVAL EINVAL EINVAL" "" "\n" "at" "at " "start a"
	expect "EINVAL EINVAL EINVAL EINVAL EINVAL" "at  a" "at a " "at a  1" " at a" "at a 1 "
	expect "EINVAL EINVAL EINVAL EINVAL" "at a -1" "at a +1" "at a 0x1" "at a 1 2"
	expect "EINVAL EINVAL EINVAL EINVAL" "at a\n\n" "at a\t1" "at a\0" "at a\nat b"
	expect "ERANGE ERANGE" "at a 18446744073709551616" "at a 99999999999999999999"
	expect "EMSGSIZE EMSGSIZE" "at x$name" "begin $name 18446744073709551615\n\n"
	if cat /dev/luo_mark 2>/dev/null; then fail "the device can be read"; fi

	[ "$(marker nobody open)" = EACCES ] || fail "nobody may open the device: $(marker nobody open)"
	[ "$(marker nobody write "at a 7" 3>/dev/luo_mark)" = ok ] || fail "nobody may not write to what was opened for him"
	if (exec 3>/dev/luo_mark; rmmod luo_stats) 2>/dev/null; then fail "the module goes while the device is open"; fi
	rmmod luo_stats
	[ ! -e /dev/luo_mark ] || fail "the device is not removed"

	counts 1 256
	counts 8 1024
	# A program that writes too much does not keep others from it.
	insmod /luo_stats.ko
	[ "$(marker flood 1 "at flood 1" | cut -d " " -f 2)" = EAGAIN ] || fail "a flood does not end"
	expect ok "at flood 1"
	rmmod luo_stats

	# One open file gets 9 of the 18 names and 16 of the 32 spans. What it has already it may write again, over what it wrote.
	insmod /luo_stats.ko area_kib=64
	expect "ok ok ok ok ok ok ok ok ok ENOSPC ok ok ok ok ok ok ok ok ENOSPC ok ok" \
		"begin v1" "begin v2" "begin v3" "begin v4" "begin v5" "begin v6" "begin v7" "begin v8" "begin v9" "begin v10" \
		"begin v2" "begin v3" "begin v4" "begin v5" "begin v6" "begin v7" "begin v8" "begin v1" "at v1" "end v1" "at v1"
	report_says "^  2 spans: mark$"
	# Names are used up next, for all.
	for n in 1 2 3 4 5 6 7 8 9; do luoscope mark at w$n; done
	if luoscope mark at w10 2>/tmp/said; then fail "more names than there is room for"; fi
	grep -q "no room for another mark: use fewer names" /tmp/said || fail "$(cat /tmp/said)"
	for _ in $(seq 10); do luoscope mark at w2; done
	report_says "^  3 spans: mark$"
	report_says "^  5 spans of failed attempts or of marks, overwritten"
	mount_host
	luoscope save /host/full.luoscope
	rmmod luo_stats

	# Where files took all the places there are before an update, a mark is one more lost span.
	insmod /luo_stats.ko area_kib=64
	luoscope record --no-follow
	luo_client preserve vm-a $(seq 100 | sed 's/$/:4/')
	luoscope save /host/files.luoscope
	if luoscope mark at x; then fail "there is a place for a mark"; fi
	luoscope save /host/files-and-mark.luoscope
	scenario_done
}
END
)" --chain 1 --add "$marker:/bin/marker"
json=$out_dir/device/full.json
check_json "marks that found no place are counted, and are no lost subjects" "$json" \
	'.dropped_by_kind == {mark: 3} and .losses.subjects_dropped == 0'
lost() { jq -c '[.dropped_by_kind.preserve, .dropped_by_kind.mark, .losses.subjects_dropped]' "$out_dir/device/$1.json"; }
a_lost_span_alone() {
	local files
	files=$(lost files)
	[[ $files =~ ^\[[1-9][0-9]*,null,0\]$ ]] && [ "$(lost files-and-mark)" = "${files/null/1}" ] ||
		{ echo "$files, then $(lost files-and-mark)"; return 1; }
}
check "a mark that finds no place among files is one more lost span" a_lost_span_alone
check_json "without an update they are only counted" "$json" '(.update.observed | not) and .marks == [] and .marks_elsewhere == 32'

# A device comes back, and its interrupts are never set up: only whoever resumed the guest knows when it ran again.
vmm=$out_dir/vmm
check "the lab's VMM can be built" "$lab_dir/client" "$vmm" vmm
guest resume 7.3+vfio 7.3+vfio "$(scenario resume <<'END'
generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	give_to_vfio 0000:02:00.0
	vmm open=rng,0000:02:00.0 bind=rng attach=rng session=vm preserve=rng,1 hold
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init
}

generation_2() {
	give_to_vfio 0000:02:00.0
	vmm session-retrieve=vm retrieve=rng,1 bind=rng attach=rng finish
	save_capture before
	luoscope mark at resume 1
	luoscope mark at resume 2
	luoscope mark at ready 1
	save_capture after
	scenario_done
}
END
)" --add "$vmm:/bin/vmm"
check_json "without a mark the blackout ends with the last retrieve" "$out_dir/resume/before.json" \
	'.update.end == "retrieved" and .phases[-1].name == "retrieve"'
check_json "the last mark 'resume' ends it" "$out_dir/resume/after.json" \
	'([.marks[] | select(.name == "resume" and .instance == "2") | .start_ns] | .[0]) as $at |
	 .update.end == "in_service" and .update.blackout_ns == $at and .phases[-1].name == "resume" and
	 ([.phases[].duration_ns] | add) == $at'
check_json "and a note says so" "$out_dir/resume/after.json" \
	'any(.notes[]; . == "1 of 1 devices were not seen in service again; the blackout ends with the last mark '"'resume'"'")'
check "the report says up to where it is measured" contains "$out_dir/resume/after.txt" "^Measured +from reboot\\(2\\) to the last mark 'resume'"
done_testing
