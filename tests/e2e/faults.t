#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Updates that fail, and hosts that are not ready for one: what luoscope says. docs/faults.md has all faults, and their tests.
. "$(dirname "$0")/lib.sh"

module 7.3 tests/lab/kmod
cat >"$out_dir/systemctl" <<'END'
#!/bin/sh
# A service manager that is about to kexec, and otherwise says nothing.
[ "$*" != "show --property=Job kexec.target" ] || echo Job=812
END
chmod 755 "$out_dir/systemctl"

# A chain of six kernels: two attempts that are refused and one that is not; files that are discarded or left; an area of another
# minor; an old kernel without luo_stats, and one without probes; a counter that the kernel does not trust.
guest chain 7.3 7.3 "$(scenario chain <<'END'
next() { kexec_into $((GENERATION + 1)) rdinit=/bin/luoscope luoscope.init=/init "$@"; }

# without_module: as a host that has none. What detach says is true: nothing is in use after it.
without_module() {
	luoscope detach
	rmmod luo_stats || fail "detach does not wait until the module can be unloaded"
}

# recorder: start 'record --store', which has then settled what there is to be settled, and waits for events.
recorder() {
	LUOSCOPE_STORE=/tmp/store luoscope record --store --quiet >/tmp/record 2>&1 &
	pid=$!
	until_attached
	until_idle $pid
	rights=$(sed -n 's/^CapEff:[ \t]*0*//p' /proc/$pid/status)
	[ "$rights" = 8400000002 ] || fail "what the recorder may do: $rights"
	grep -q "^NoNewPrivs:.*1" /proc/$pid/status || fail "the recorder may get more rights"
}

# refusals_are NUMBER: the recorder has said of that many updates that they were refused.
refusals_are() { [ "$(grep -c "Live update of .* refused" /tmp/record)" = "$1" ]; }

generation_1() {
	insmod /luo_stats.ko
	# Two at once.
	luoscope record --no-follow >/tmp/one 2>&1 &
	one=$!
	luoscope record --no-follow >/tmp/two 2>&1 || fail "the second recorder: $(cat /tmp/two)"
	wait $one || fail "the first recorder: $(cat /tmp/one)"
	[ "$(cat /tmp/one /tmp/two | grep -c "already attached")" = 1 ] || fail "both, or none, attached: $(cat /tmp/one /tmp/two)"
	[ "$(stat -c %a /sys/fs/bpf/luoscope) $(stat -c %a /dev/luo_mark)" = "700 600" ] || fail "others get at the probes, or at marks"
	# The pins cannot be seen: a second set would record everything twice.
	mount -t bpf none /sys/fs/bpf
	if luoscope record --no-follow >/tmp/said 2>&1; then fail "probes are attached twice"; fi
	grep -q "^luoscope: probes of luoscope are attached already, but /sys/fs/bpf/luoscope is not there" /tmp/said || fail "record says: $(cat /tmp/said)"
	umount /sys/fs/bpf
	if unshare -m sh -c "mount -t bpf none /sys/fs/bpf && luoscope record --no-follow" >/tmp/said 2>&1; then
		fail "probes are attached twice, from a mount namespace"
	fi
	grep -q "^luoscope: probes of luoscope are attached already, but /sys/fs/bpf/luoscope is not there" /tmp/said || fail "record says: $(cat /tmp/said)"
	[ -d /sys/fs/bpf/luoscope ] || fail "the mount namespace reached into this one"
	# Something else keeps the module.
	sleep 1000 9>/dev/luo_mark &
	holder=$!
	luoscope detach >/tmp/said
	grep -q "^luo_stats cannot be unloaded yet: its reference count is 1" /tmp/said || fail "detach says: $(cat /tmp/said)"
	kill $holder
	luoscope record --no-follow
	luoscope tail >/dev/null &
	tail=$!
	until_asleep $tail
	grep -q "^CapPrm:.*\b0000000000000000$" /proc/$tail/status || fail "tail keeps rights: $(grep Cap /proc/$tail/status)"
	kill $tail
	recorder
	luo_client preserve vm-a 1 2 3 -- vm-b 1 -- vm-c 1 2
	kexec_load 2 rdinit=/bin/luoscope luoscope.init=/init
	mkdir -p /run/systemd/system
	# An image that takes nothing of what is preserved starts no live update. The recorder sees that with the rights that it kept.
	insmod /image_without_kho.ko
	luoscope status | grep -q "^kexec image *missing *loaded with kexec_load" || fail "status does not see how the image was loaded"
	kill -TERM $pid
	wait $pid || fail "record: $(cat /tmp/record)"
	[ ! -e /tmp/store/1.luoscope ] || fail "a kexec without KHO is in the store"
	rmmod image_without_kho
	kexec_load 2 rdinit=/bin/luoscope luoscope.init=/init
	recorder
	for attempt in 1 2; do
		insmod /freeze_fails.ko after=2
		if luo_client reboot-kexec 2>/dev/null; then fail "attempt $attempt was not refused"; fi
		rmmod freeze_fails
		# It has seen that the update was refused, and has done what there was to do.
		until_true refusals_are "$attempt"
		until_asleep $pid
		LUOSCOPE_STORE=/tmp/store luoscope list >/tmp/list 2>&1 || :
		if grep -q "was started" /tmp/list; then fail "an update that was refused is in the store: $(cat /tmp/list)"; fi
	done
	kill -TERM $pid
	wait $pid || fail "record: $(cat /tmp/record)"
	mount_host
	cp -r /tmp/store /host/store
	kexec_jump
}

generation_2() {
	luo_client retrieve vm-a 1 2 3
	luo_client retrieve vm-c 1
	if luo_client retrieve vm-a 1 2>/tmp/said; then fail "a file comes back twice"; fi
	save_capture update
	# The new kernel's capture takes the place of what was started.
	mount_host
	cp -r /host/store /tmp/store
	recorder
	kill -TERM $pid
	wait $pid || fail "record: $(cat /tmp/record)"
	cp -r /tmp/store /host/after
	luo_client retrieve vm-b 1
	without_module
	insmod /odd_area.ko kind=minor
	luo_client preserve vm-a 1
	next
}

generation_3() {
	luo_client retrieve vm-a 1
	save_capture minor
	mount_host
	luoscope status >/host/minor.status
	without_module
	luo_client preserve vm-a 1
	next
}

generation_4() {
	luo_client retrieve vm-a 1
	save_capture no-module
	without_module
	insmod /luo_stats.ko
	luo_client preserve vm-a 1
	next
}

generation_5() {
	luo_client retrieve vm-a 1
	save_capture no-probes
	luo_client preserve vm-a 1
	next tsc=unstable
}

generation_6() {
	luo_client retrieve vm-a 1
	mount_host
	luoscope status --check >/host/unstable.status && fail "an unstable counter is ready for an update"
	scenario_done
}
END
)" --chain 6 --add-first "$build/kmod/7.3/freeze_fails.ko:/freeze_fails.ko" \
	--add-first "$build/kmod/7.3/image_without_kho.ko:/image_without_kho.ko" --add "$build/kmod/7.3/odd_area.ko:/odd_area.ko" \
	--add-first "$out_dir/systemctl:/usr/bin/systemctl"
share=$out_dir/chain/share
json=$out_dir/chain/update.json
check_json "refused twice, then done: both attempts are reported, with their error" "$json" \
	'[.failed_attempts[] | [.number, .errno]] == [[1, "EBUSY"], [2, "EBUSY"]]'
check_json "each file's freeze is that of the third attempt" "$json" '[.files[].freeze | .result == 0 and .start_ns > 0] | length == 6 and all'
check_json "a file whose session was finished without it is discarded, one whose session nobody asked for is not back" "$json" \
	'[.files[] | select(.not_back) | [.session, .token, .discarded]] == [["vm-b", "1", false], ["vm-c", "2", true]]'
check "the report says so, too" contains "$out_dir/chain/update.txt" '^  vm-c +2 .* discarded'
check "and which" contains "$out_dir/chain/update.txt" '2 of 6 files are not back: token 1 of session vm-b, token 2 of session vm-c,'
check_json "a retrieve that was tried twice is one of the first time" "$json" '[.files[] | select(.session == "vm-a") | .retrieve.result] == [0, 0, 0]'
check "the update that was started is in the store" contains <(LUOSCOPE_STORE=$share/store "$tool" list) \
	' 7\.3\.[^ ]* +- +#1 .* unknown: the update was started; what became of it is not known yet$'
check_json "the new kernel's capture took its place" <(LUOSCOPE_STORE=$share/after "$tool" list --json) \
	'[.captures[] | [.number, .generation, .files_missing]] == [[1, 1, 2]]'
check "an area of another minor is read" contains "$share/minor.status" '^area, incoming +ok '
for why in "minor:no probes were attached in the old kernel" "no-module:there was no luo_stats in the old kernel" \
	"no-probes:no probes were attached in the old kernel"; do
	check_json "${why%%:*}: this is why there is no blackout" "$out_dir/chain/${why%%:*}.json" \
		'.update | .blackout_ns == null and .blackout_why == $why' --arg why "${why#*:}"
done
check "an unstable counter: status says before the update that the blackout will be withheld" contains "$share/unstable.status" \
	'^clock +FAIL +the kernel found .* unstable, so the blackout would be withheld: '

# KHO finds no scratch memory and turns itself off.
rm -rf "${out_dir:?}/no-scratch"
scratch=$(scenario no-scratch <<'END'
generation_1() {
	if insmod /luo_stats.ko 2>/dev/null; then fail "the module loads without KHO"; fi
	mount_host
	luoscope status --check >/host/status.txt && fail "a host without KHO is ready for an update"
	dmesg | grep -E "KHO|luo" >/host/log.txt
	scenario_done
}
END
)
# This is the one complaint of a kernel that is wanted.
"$lab_dir/run-scenario" --from "$(kernel_words 7.3)" --to "$(kernel_words 7.3)" --scenario "$scratch" --out "$out_dir/no-scratch" \
	--chain 1 --append "kho_scratch=16M,4G,16M" --add "$guest_tool:/bin/luoscope" --add "$build/module/7.3/luo_stats.ko:/luo_stats.ko" >"$out_dir/no-scratch.log" 2>&1
check "a host without scratch memory for KHO" bash -c 'cat "$1.log"; [ -e "$1/share/done" ] && [ ! -e "$1/share/failed" ] &&
	[ "$("$2" "$1/console.log" | grep -vc "disabling kexec handover")" = 0 ]' - "$out_dir/no-scratch" "$lab_dir/console-check"
check "KHO turned itself off: the kernel's line, and what to do" contains "$out_dir/no-scratch/share/status.txt" \
	"^KHO +FAIL +off: the kernel logged 'KHO: [^']*disabling kexec handover'; boot with .*kho_scratch="
check "LUO is off because of that" contains "$out_dir/no-scratch/share/status.txt" '^LUO +FAIL +built in and requested, but off: it needs KHO$'

# The next boot of a host whose new kernel died: it is no kernel that the update could have started.
guest dies 7.3 7.3 "$(scenario dies <<'END'
generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	mount_host
	mkdir /tmp/store
	cp /started.luoscope /tmp/store/1.luoscope
	LUOSCOPE_STORE=/tmp/store luoscope metrics >/host/metrics
	LUOSCOPE_STORE=/tmp/store luoscope report >/host/report.txt
	LUOSCOPE_STORE=/tmp/store luoscope record --store --quiet >/tmp/record 2>&1 &
	pid=$!
	until_asleep $pid
	kill -TERM $pid
	wait $pid || fail "record: $(cat /tmp/record)"
	LUOSCOPE_STORE=/tmp/store luoscope list >/host/list
	scenario_done
}
END
)" --chain 1 --add "$share/store/1.luoscope:/started.luoscope"
share=$out_dir/dies/share
check "the next boot closes the update: its new kernel did not come up" contains "$share/list" '^ +1 .* no: the new kernel did not come up$'
check "the metrics of that boot say so even before" contains "$share/metrics" '^luoscope_update_lost\{capture="1"\} 1$'
check "and its report" contains "$share/report.txt" "its new kernel did not come up: 'luoscope report 1'"

# A device is frozen, a memfd after it refuses: the device works on. Then the new kernel has no handler for it, and LUO gives nothing
# back: neither the device nor the memfd.
vmm=$out_dir/vmm
check "the lab's VMM can be built" "$lab_dir/client" "$vmm" vmm
module 7.3+vfio tests/lab/kmod
guest no-handler 7.3+vfio 7.3 "$(scenario no-handler <<'END'
generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	give_to_vfio 0000:02:00.0
	vmm open=virtio,0000:02:00.0 bind=virtio attach=virtio memfd=memory,64 session=vm preserve=virtio,1 preserve=memory,2 hold
	kexec_load 2 rdinit=/bin/luoscope luoscope.init=/init
	insmod /freeze_fails.ko
	if luo_client reboot-kexec 2>/dev/null; then fail "the update was not refused"; fi
	rmmod freeze_fails
	mount_host
	luoscope save /host/refused.luoscope
	kexec_jump
}

generation_2() {
	if luo_client retrieve vm 2 >/tmp/said 2>&1; then fail "a memfd comes back: $(cat /tmp/said)"; fi
	save_capture update
	scenario_done
}
END
)" --add "$vmm:/bin/vmm" --add-first "$build/kmod/7.3+vfio/freeze_fails.ko:/freeze_fails.ko"
json=$out_dir/no-handler/refused.json
check_json "refused by a memfd after a device was frozen: the memfd is the cause" "$json" \
	'.failed_attempts | length == 1 and (.[0] | .errno == "EBUSY" and .cause.subject == "file" and .cause.token == "2")'
check "the report says so" contains "$out_dir/no-handler/refused.txt" '^Trouble +the update was refused by file vm 2 '
json=$out_dir/no-handler/update.json
check_json "no handler in the new kernel: nothing came back" "$json" \
	'.update.complete == false and .update.files_missing == 2 and ([.files[].not_back] | all) and .update.end == null'
check "the report says so first" contains "$out_dir/no-handler/update.txt" '^Trouble +2 of 2 files are not back'
done_testing
