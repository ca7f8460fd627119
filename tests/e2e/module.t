#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# luo_stats.ko: loading and unloading, kernels without KHO, and areas that must not be trusted.
. "$(dirname "$0")/lib.sh"

guest life 7.3 7.3 "$(scenario life <<'END'
generation_1() {
	insmod /luo_stats.ko
	dmesg | grep -q "luo_stats: no area came in: this was no kexec with KHO" || fail "the log does not say that no area came in"
	[ ! -e /sys/kernel/luo_stats/incoming ] || fail "there is an incoming area in the first kernel"
	[ "$(stat -c %a /sys/kernel/luo_stats/outgoing)" = 400 ] || fail "outgoing is not for root alone"
	rmmod luo_stats
	[ ! -e /sys/kernel/luo_stats ] || fail "sysfs is not cleaned up"
	insmod /luo_stats.ko area_kib=1000
	[ "$(stat -c %s /sys/kernel/luo_stats/outgoing)" = $((1024 * 1024)) ] || fail "area_kib is not rounded up"
	luoscope record >/tmp/said &
	recorder=$!
	until_attached
	# The pins alone decide what is attached.
	if ls -l /proc/$recorder/fd | grep -q bpf_link; then fail "record holds links of its own"; fi
	kill -TERM $recorder
	wait $recorder || fail "record, when stopped, ends with status $?"
	grep -q "^0 events seen, of which 0 ended a span, and 0 events lost. The probes stay attached" /tmp/said || fail "record says: $(cat /tmp/said)"
	luoscope record --no-follow | grep -q "already attached" || fail "a second record does not say that probes are attached"
	if rmmod luo_stats 2>/tmp/said; then fail "the module goes while programs use it"; fi
	luoscope detach
	# Whoever stops it while it attaches finds all of them attached.
	luoscope record --no-follow >/tmp/said &
	recorder=$!
	tries=0
	until [ -d /sys/fs/bpf/luoscope ]; do
		tries=$((tries + 1))
		[ $tries -lt 10000000 ] || fail "record makes no /sys/fs/bpf/luoscope: $(cat /tmp/said)"
	done
	kill -TERM $recorder
	if wait $recorder; then fail "record was not stopped"; fi
	luoscope record --no-follow | grep -q "already attached" || fail "record was stopped half way"
	luo_client preserve vm-a 1
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init
}

generation_2() {
	luo_client retrieve vm-a 1
	cat /sys/kernel/luo_stats/incoming >/tmp/before
	luoscope detach
	# The kernel frees programs after a grace period.
	until_true rmmod luo_stats
	for try in 1 2 3; do
		insmod /luo_stats.ko
		cmp /tmp/before /sys/kernel/luo_stats/incoming || fail "what came in is lost with the module"
		rmmod luo_stats
	done
	insmod /luo_stats.ko
	save_capture update
	luoscope report >/host/live.txt
	scenario_done
}
END
)"
check_json "loaded again: the old kernel's side is still reported" "$out_dir/life/update.json" \
	'.update.from.release != null and ([.phases[] | select(.name == "freeze") | .duration_ns > 0] | any)'

guest no-kho 7.3 7.3 "$(scenario no-kho <<'END'
generation_1() {
	if insmod /luo_stats.ko 2>/dev/null; then fail "the module loads without KHO"; fi
	dmesg | grep -q "luo_stats: KHO is off.*boot with kho=on" || fail "the log does not say what to do"
	luoscope status | grep -E "^KHO +missing" || fail "status does not say that KHO is off"
	luoscope record --no-follow | grep "luo_stats is not loaded"
	luoscope detach
	scenario_done
}
END
)" --chain 1 --append "kho=off liveupdate=off"

# In the new kernel each of these is said once, and the module works on without it. One after the other, in one guest.
module 7.3 tests/lab/kmod
kinds=(major short garbled checksum address size total)
{
	cat <<'END'
# leave KIND: an area of that kind for the next kernel.
leave() {
	insmod /odd_area.ko kind="$1"
	luo_client preserve vm-a 1
	kexec_into $((GENERATION + 1)) rdinit=/bin/luoscope luoscope.init=/init
}

# arrive KIND: what is made of it here.
arrive() {
	luo_client retrieve vm-a 1
	[ "$(dmesg | grep -c "luo_stats: the old kernel's area is left alone")" = 1 ] || fail "it is not said once that the area is left alone"
	mount_host
	mkdir "/host/$1"
	luoscope status >"/host/$1/status.txt"
	dmesg | grep luo_stats >"/host/$1/log.txt"
	if luoscope report --json >"/host/$1/report.json" 2>"/host/$1/report.err"; then echo 0; else echo $?; fi >"/host/$1/report.status"
	# The next area takes the place of the module's own.
	luoscope detach
	until_true rmmod luo_stats
}
END
	echo "generation_1() { leave ${kinds[0]}; }"
	for i in "${!kinds[@]}"; do
		next=${kinds[i + 1]:-}
		echo "generation_$((i + 2))() { arrive ${kinds[i]}; ${next:+leave }${next:-scenario_done}; }"
	done
} >"$out_dir/odd.scenario"
guest odd 7.3 7.3 "$out_dir/odd.scenario" --chain $((${#kinds[@]} + 1)) --add "$build/kmod/7.3/odd_area.ko:/odd_area.ko"
for kind in "${kinds[@]}"; do
	share=$out_dir/odd/share/$kind
	check "odd area ($kind): the update went through, and the module worked on" test -s "$share/report.status"
	# What the old kernel left cannot be read: either the report says so and shows the new kernel's side, or it is an error.
	check "odd area ($kind): no blackout is made up" sh -c \
		'[ "$(cat "$1/report.status")" = 1 ] && [ -s "$1/report.err" ] || jq -e ".update.blackout_ns == null" "$1/report.json"' - "$share"
done
check "an unknown major is named" contains "$out_dir/odd/share/major/log.txt" 'version 2\.[0-9]+, this module reads 1'
check "status names the unknown major" contains "$out_dir/odd/share/major/status.txt" 'area, incoming +missing +cannot be read: .*2'
done_testing
