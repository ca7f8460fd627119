#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the new kernel's log says about its boot: initcalls and probes whose length is known, with initcall_debug; silences without
# it; consoles that are waited for and not; a log that has no room for all. Held against the log itself, and against what a slow module measured.
. "$(dirname "$0")/lib.sh"

module 7.3 tests/lab/kmod
boot=$(scenario boot <<'END'
generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	luo_client preserve vm 1:4
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init
}

generation_2() {
	[ ! -e /slow_init.ko ] || insmod /slow_init.ko ms=200 probe_ms=100
	luo_client retrieve vm 1:4
	# The log has 128 KiB: what is written here pushes out the first lines of the boot, and no more.
	if grep -q devkmsg /proc/cmdline; then
		line=$(head -c 900 /dev/zero | tr '\0' x)
		for _ in $(seq 90); do echo "$line" >/dev/kmsg; done
	fi
	save_capture update
	[ ! -e /slow_init.ko ] ||
		cat /sys/module/slow_init/parameters/took_us /sys/module/slow_init/parameters/probe_took_us >/host/took
	save_log
	scenario_done
}
END
)
slow=(--add-second "$build/kmod/7.3/slow_init.ko:/slow_init.ko")

guest initcalls 7.3 7.3 "$boot" "${slow[@]}" --append-second "initcall_debug log_buf_len=1M"
json=$out_dir/initcalls/update.json
text=$out_dir/initcalls/update.txt
log=$out_dir/initcalls/share/dmesg.2
{ read -r took_us; read -r probe_took_us; } <"$out_dir/initcalls/share/took"
check_json "the boot is recorded, with nothing lost" "$json" '.boot.observed and .boot.initcall_debug and .boot.records_lost == 0'
# The module measures from within: the kernel, around it, gets a little more.
check_json "the slow module's initcall took what it says itself" "$json" \
	'[.boot.modules.longest[] | select(.name == "slow_init_init" and .module == "slow_init") | .duration_ns / 1000 - $took] |
	 length == 1 and .[0] >= 0 and .[0] < 50000' --argjson took "${took_us:-0}"
check_json "the probe in it as well" "$json" \
	'[.boot.probes.longest[] | select(.device == "slow_init" and .driver == "slow_init") | .duration_ns / 1000 - $took] |
	 length == 1 and .[0] >= 0 and .[0] < 50000' --argjson took "${probe_took_us:-0}"
check_json "it lies after init was executed and before the blackout's end" "$json" \
	'.boot.moments.pid1.start_ns as $pid1 | .boot.modules.longest[] | select(.name == "slow_init_init") |
	 .start_ns > $pid1 and .start_ns + .duration_ns > $pid1 + 300000000' 
check_json "that end is reported" "$json" '.update.blackout_ns > (.boot.modules.longest[0] | .start_ns + .duration_ns)'

# An awk that knows nothing of luoscope reads the same log.
calls=$(awk '/Run .* as init process/ { exit } / initcall .* returned .* usecs$/' "$log" | wc -l)
check_json "each initcall before init is counted" "$json" '.boot.initcalls.count == $calls and $calls > 100' --argjson calls "$calls"
longest=$(awk '/Run .* as init process/ { exit } /Switched to clocksource/ { ready = 1 }
	ready && / initcall .* returned .* usecs$/ { print $(NF - 1), $0 }' "$log" | sort -rn | head -n 1)
name=$(sed 's/.* initcall \([^+ ]*\).*/\1/' <<<"$longest")
check_json "the longest of those that were timed by a counter is reported as the log has it" "$json" \
	'[.boot.initcalls.longest[] | select(.name == $name and .duration_ns == $us * 1000)] | length == 1' \
	--arg name "$name" --argjson us "${longest%% *}"
# On a busy host the log's clock loses much: what can be reported is less than the phase.
logged_us=$(awk '/Run .* as init process/ { printf "%.0f\n", (substr($0, 2) + 0) * 1000000; exit }' "$log")
check_json "initcalls and silences together are no longer than the phase, and most of what the log's clock counted" "$json" \
	'[.phases[] | select(.name == "kernel_boot") | .duration_ns][0] as $phase |
	 (.boot.initcalls.total_ns + .boot.silences.total_ns) | . > $logged * 500 and . <= $phase * 1.01' \
	--argjson logged "${logged_us:-0}"
check_json "the boot's moments come one after the other, in the phase" "$json" \
	'[.boot.moments | .cpus, .clocksource, .vfio, .vfio_pci, .memory_freed, .pid1 | .start_ns] as $at |
	 ($at | all(. != null)) and $at == ($at | sort) and
	 ([.phases[] | select(.name == "kernel_boot") | .start_ns, .start_ns + .duration_ns] |
	  $at[0] > .[0] and $at[-1] <= .[1])'
check_json "pid 1 started where the phase ends" "$json" '.boot.moments.pid1.start_ns == .boundaries[8].start_ns'
check_json "it is known well when that was" "$json" '.boot.moments.pid1.start_error_ns < 100000'
# The log's clock of arm64 is the same from the beginning.
[ "$arch" != x86 ] || check_json "what was logged before the clock was stable has a larger error" "$json" \
	'.boot.moments | .cpus.start_error_ns >= .pid1.start_error_ns'
check "the report has the module's initcall" contains "$text" '^ .* slow_init_init +slow_init'
check "and says what the jump holds" contains "$text" '^Inside jump$'
check "the timeline has a lane for the boot's initcalls" \
	contains <("$tool" timeline "$out_dir/initcalls/share/update.luoscope") '^initcalls .*\|.*c'
check "a budget can be put on it" fails_with 0 '' "$tool" check --budget 'initcall.slow_init_init<=60s' --budget 'boot.pid1<=60s' \
	"$out_dir/initcalls/share/update.luoscope"

guest silences 7.3 7.3 "$boot" "${slow[@]}"
json=$out_dir/silences/update.json
log=$out_dir/silences/share/dmesg.2
check_json "without initcall_debug no initcall is reported" "$json" \
	'.boot.observed and (.boot.initcall_debug | not) and .boot.initcalls == null and .boot.probes == null'
longest=$(awk '{ at = substr($0, 2) + 0 }
	NR > 1 && at > latest { if (at - latest > most) most = at - latest }
	at > latest { latest = at }
	/Run .* as init process/ { exit }
	END { printf "%.0f\n", most * 1000000 }' "$log")
check_json "the longest silence is the longest of the log" "$json" \
	'.boot.silences.longest[0].duration_ns == $us * 1000 and $us > 1000' --argjson us "$longest"
check_json "silences are reported with the lines before and after them, the longest first" "$json" \
	'[.boot.silences.longest[] | .before, .after | length > 0] | all' 
check_json "vfio is there all the same, vfio-pci is not known" "$json" '.boot.moments.vfio != null and .boot.moments.vfio_pci == null'
check "the report says how to know more" contains "$out_dir/silences/update.txt" 'put initcall_debug on the new kernel.s command$'

check_json "a console with a thread of its own is reported as one that nobody waits for" "$json" \
	'.boot.console | .names == $console and (.waits | not) and .cost_ns == null' --arg console "$console"

# Linux 7.2 waits for the console. If it shows all that initcall_debug logs, the time of the lines themselves is reported.
if has_kernel 7.2; then
	guest console 7.3 7.2 "$boot" --append-second "initcall_debug loglevel=8 log_buf_len=1M"
	json=$out_dir/console/update.json
	check_json "what a console costs that is waited for" "$json" \
		'.boot.console | .names == $console and .waits and .lines > 800 and .ns_per_byte > 300 and .cost_ns == .ns_per_byte * .bytes' --arg console "$console"
	check_json "that is less than the boot" "$json" \
		'.boot.console.cost_ns < (.phases[] | select(.name == "kernel_boot") | .duration_ns)'
else
	ok "what a console costs that is waited for # SKIP $(kernel_of 7.2)" 0
fi

# A log that could not hold all.
guest lost 7.3 7.3 "$boot" "${slow[@]}" --append-second "initcall_debug printk.devkmsg=on"
json=$out_dir/lost/update.json
check_json "lost records are counted, and the rest of the boot is reported" "$json" \
	'.boot.records_lost > 100 and .boot.observed and .boot.moments.cpus == null and .boot.moments.pid1 != null and
	 .boot.initcalls.count > 10 and any(.boot.modules.longest[]; .name == "slow_init_init")'
check_json "from when on it is known" "$json" '.boot.lost_until_ns > 0 and .boot.lost_until_ns < .boot.moments.pid1.start_ns'
check "the report shows it, with what to do" contains "$out_dir/lost/update.txt" 'records of the log were overwritten'
check "a longer initcall may have been there" fails_with 3 '' "$tool" check --budget 'initcall.max<=60s' \
	"$out_dir/lost/share/update.luoscope"
done_testing
