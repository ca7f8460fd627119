#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# 'luoscope init' is in nobody's way: it waits for no modprobe, attaches before the real init only what watches what comes back, and the
# rest beside it.
. "$(dirname "$0")/lib.sh"

# A modprobe that never ends, and something for it to load. The kernel runs it too, when bpffs is mounted.
printf '#!/bin/busybox sh\nexec /bin/busybox sleep 1000\n' >"$out_dir/modprobe"
chmod +x "$out_dir/modprobe"
: >"$out_dir/modules.dep"
read -ra words <<<"$(kernel_words 7.3)"
release=$(cat "$("$lab_dir/kernel-build" "${words[@]}")/include/config/kernel.release")

guest init 7.3 7.3 "$(scenario init <<'END'
leave() {
	luo_client preserve vm-a 1:16 2:16
	kexec_into $((GENERATION + 1)) rdinit=/bin/luoscope luoscope.init=/init
}

generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	leave
}

generation_2() {
	luo_client retrieve vm-a 1:16 2:16
	until_attached
	save_capture update
	luoscope status >/host/status
	cat /proc/sys/kernel/modprobe >/host/modprobe
	leave
}

generation_3() {
	luo_client retrieve vm-a 1:16 2:16
	save_capture next
	scenario_done
}
END
)" --chain 3 --timeout 300 --append-second "initcall_blacklist=vfio_pci_init luoscope.parts" --add-second "$out_dir/modprobe:/sbin/modprobe" --add-second "$out_dir/modules.dep:/lib/modules/$release/modules.dep"
json=$out_dir/init/update.json
log=$out_dir/init/share/dmesg.2
check "a modprobe that hangs is killed, and the log says so" contains "$log" 'luoscope: modprobe took more than a second and was killed'
check "the log has its parts" contains "$log" 'luoscope: parts in ms: mounts [0-9.]+, object .*, attach [0-9.]+, rest [0-9.]+$'
check "the kernel takes the programs for many functions" lacks "$log" 'luoscope: cannot attach'
check_json "and 'luoscope init' goes on" "$json" '.update.luoscope_init_ns != null and .update.luoscope_init_ns < 8e9'
check "the kernel has its path of modprobe back" contains "$out_dir/init/share/modprobe" '^/sbin/modprobe$'
check_json "what comes back is watched before /dev/liveupdate is opened" "$json" \
	'.update.arrival_watched_ns != null and .update.arrival_watched_ns < (.boundaries[] | select(.name == "luo_open") | .start_ns)'
check_json "and all of it was seen" "$json" '.update.complete and .dropped == 0 and ([.files[].retrieve.duration_ns > 0] | all)'
check_json "the rest is watched later" "$json" '.update.all_watched_ns > .update.arrival_watched_ns and ([.probes.new[]] | index(true) == 0)'
check_json "the blackout without it is shorter by what it took" "$json" \
	'.update.blackout_without_luoscope_ns == .update.blackout_ns - .update.luoscope_init_ns'
check "a budget can name it" "$tool" check --budget 'blackout.without_luoscope<=60s' "$out_dir/init/share/update.luoscope"
check "status finds all probes attached" lacks "$out_dir/init/share/status" '^probe .* missing'
check_json "the next update is seen whole" "$out_dir/init/next.json" \
	'.update.complete and .update.generation == 2 and ([.files[] | .preserve.duration_ns > 0 and .freeze.duration_ns > 0] | all)'
check_backbone "the next update" "$out_dir/init/next.json"

# A module whose file never has anything to read.
cat >"$out_dir/stuck-init" <<'END'
#!/bin/sh
/bin/busybox mkfifo /stuck.ko
exec /bin/luoscope init "$@"
END
chmod +x "$out_dir/stuck-init"
guest stuck 7.3 7.3 "$(scenario stuck <<'END'
generation_1() {
	insmod /luo_stats.ko
	kexec_into 2 rdinit=/bin/stuck luoscope.module=/stuck.ko luoscope.init=/init
}

generation_2() {
	scenario_done
}
END
)" --add-second "$out_dir/stuck-init:/bin/stuck"
check "a module that cannot be loaded holds nothing up for long, and the log says so" \
	contains "$out_dir/stuck/share/dmesg.2" 'luoscope: loading modules took more than 5 seconds'

# Linux on arm64 refuses links for many functions, so that there is no second process.
[ "$arch" = x86 ] || done_testing

# The second process that 'luoscope init' starts loads and attaches the program for the returns of functions. One after the other, it is
# killed, it is killed when only one of its links is pinned, and it hangs.
"$lab_dir/client" "$out_dir/break_child" break_child.c
for how in kill pin hang; do
	printf '#!/bin/sh\nexec /bin/break_child %s\n' $how >"$out_dir/$how"
	chmod +x "$out_dir/$how"
done
guest broken 7.3 7.3 "$(scenario broken <<'END'
leave() {
	luo_client preserve vm-a 1:16 2:16
	kexec_into $((GENERATION + 1)) "rdinit=/bin/$1" luoscope.init=/init
}

# arrive HOW: what was preserved is back.
arrive() {
	mount_host
	luo_client retrieve vm-a 1:16 2:16
	wait_for_probes
	luoscope status >"/host/status.$1"
	save_capture "$1"
}

generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	leave kill
}

generation_2() {
	arrive kill
	leave pin
}

generation_3() {
	arrive pin
	leave hang
}

generation_4() {
	arrive hang
	luoscope record --no-follow >/host/record
	luoscope detach
	luoscope status >/host/status.detached
	luoscope record --no-follow >/host/record.again
	scenario_done
}
END
)" --chain 4 --timeout 600 --add-second "$out_dir/break_child:/bin/break_child" \
	--add-second "$out_dir/kill:/bin/kill" --add-second "$out_dir/pin:/bin/pin" --add-second "$out_dir/hang:/bin/hang"
share=$out_dir/broken/share
generation=1
for how in kill pin hang; do
	generation=$((generation + 1))
	log=$share/dmesg.$generation
	json=$out_dir/broken/$how.json
	check "$how: it ended as it was to end" contains "$log" "break_child: $how: ended by signal 9"
	check "$how: the log says what follows" contains "$log" 'luoscope: cannot attach functions at once.*; attaching each by itself'
	check_json "$how: what comes back is watched before /dev/liveupdate is opened" "$json" \
		'.update.arrival_watched_ns != null and .update.arrival_watched_ns < (.boundaries[] | select(.name == "luo_open") | .start_ns)'
	# An end that is attached twice would be counted as one whose beginning was not seen.
	check_json "$how: each step has its begin and its end, once" "$json" \
		'.update.complete and .dropped == 0 and .left_out == [] and (.files | length) == 2 and
		 ([.files[] | .retrieve.duration_ns > 0] | all) and .probes.new.retrieve'
	check "$how: status finds all probes attached" lacks "$share/status.$how" '^probe .* missing'
done
check "hang: the log says for how long" contains "$share/dmesg.4" \
	'luoscope: cannot attach functions at once: the process for their returns was killed after 10 seconds; attaching each by itself'
check_json "hang: it holds the real init up for 10 seconds, and not for long after" "$json" \
	'.update.luoscope_init_ns > 10e9 and .update.luoscope_init_ns < 30e9'
check "hang: 'record' finds the probes, and waits for nobody" contains "$share/record" '^The probes are already attached\.$'
check "hang: 'detach' detaches them" contains "$share/status.detached" "^probes +missing +not attached"
check "hang: 'record' attaches all of them again" contains "$share/record.again" '^Watching with [2-9][0-9] probes'
done_testing
