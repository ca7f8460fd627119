#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A virtual machine of KVM goes through a live update: it counts in memory that a session preserves, and uses a device that a
# session preserves. It counts on in the new kernel, and knows itself how long it did not.
. "$(dirname "$0")/lib.sh"

vmm=$out_dir/vmm
check "the lab's VMM can be built" "$lab_dir/client" "$vmm" vmm

# vm_scenario NAME: standard input's functions, and what they share.
vm_scenario() {
	{
		cat <<'END'
# watch: luoscope watches, and vfio-pci has the edu.
watch() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	give_to_vfio 0000:00:11.0
}

# The device and the memory of the VM, ready for it.
edu="open=edu,0000:00:11.0 bind=edu attach=edu mmap=edu"
ram="memfd=ram,2048 map=ram,0x100000"
END
		cat
	} | scenario "$1"
}

# went_on OLD NEW: of a VM's lines on both sides of an update, all that it says of itself is right in both, and it counted on.
went_on() {
	awk '
		FNR == 1 { file++ }
		/^vm vcpu=/ {
			for (i = 2; i <= NF; i++) { split($i, pair, "="); value[pair[1]] = pair[2] }
			vcpu = value["vcpu"]
			if (value["wrong"] != 0 || value["device_wrong"] != 0) bad = "something was wrong"
			if (vcpu == 0 && value["device_asked"] == 0) bad = "the device was not used"
			if (value["count"] <= count[vcpu] || value["more"] < 1000) bad = "it does not count on"
			count[vcpu] = value["count"]
			checks[file, vcpu]++
		}
		END {
			for (vcpu = 0; vcpu < 2; vcpu++)
				if (checks[1, vcpu] != 2 || checks[2, vcpu] != 2) bad = "not each vCPU was checked twice on each side"
			if (bad) { print bad; exit 1 }
		}' "$1" "$2" || { cat "$1" "$2"; return 1; }
}

# Both updates: the VM is made, counts, and is preserved while it goes on counting. It is paused at the last moment.
update=$(vm_scenario update <<'END'
generation_1() {
	watch
	# shellcheck disable=SC2086 # lists of words
	vmm $edu $ram irq-on=edu use=edu vm=vm,ram,2 vm-device=vm,edu vm-run=vm vm-check=vm \
		session=vm preserve=ram,1 preserve=edu,2 vm-check=vm wait vm-pause=vm irq-off=edu wait >/tmp/vmm 2>&1 &
	pid=$!
	until_said "^preserve=edu,2: ok" /tmp/vmm
	kexec_load 2 rdinit=/bin/luoscope luoscope.init=/init
	kill -USR1 "$pid"
	until_said "^irq-off=edu: ok" /tmp/vmm
	cp /tmp/vmm /host/old.txt
	kexec_jump
}

generation_2() {
	give_to_vfio 0000:00:11.0
	vmm session-retrieve=vm retrieve-memfd=ram,1,2048 retrieve=edu,2 bind=edu attach=edu map=ram,0x100000 irq-on=edu mmap=edu \
		vm-restore=vm,ram vm-device=vm,edu vm-run=vm vm-check=vm finish vm-check=vm vm-pause=vm use=edu >/tmp/vmm 2>&1 ||
		fail "the VM does not go on: $(tail -n 4 /tmp/vmm | tr '\n' ' ')"
	save_capture update
	cp /tmp/vmm /host/new.txt
	scenario_done
}
END
)
for series in "${all_series[@]}"; do
	guest "from-$series" "$series+vfio" 7.3+vfio "$update" --add "$vmm:/bin/vmm" --device edu,addr=11.0
	share=$out_dir/from-$series/share
	check "from-$series: the VM counts on where it was, all its state and its device are right" went_on \
		"$share/old.txt" "$share/new.txt"
	check "from-$series: luoscope and the VM itself agree on how long each vCPU was down" vms_agree \
		"$out_dir/from-$series/update.json" "$share/new.txt" 2
	check_json "from-$series: the VM is reported by its session and process, with both vCPUs" "$out_dir/from-$series/update.json" \
		'.vms | length == 1 and .[0].session == "vm" and .[0].process == "vmm" and [.[0].vcpus[].id] == [0, 1] and
		 (.[0] | .downtime_ns >= ([.vcpus[].downtime_ns] | max) and .downtime_ns == .entry_ns - .exit_ns and (.unsure | not))'
done

# A first attempt is refused, for the device has its interrupts on: the VM goes on in the old kernel. Then it goes through two
# updates, one after the other.
again=$(vm_scenario again <<'END'
next="rdinit=/bin/luoscope luoscope.init=/init"
pausing="wait vm-pause=vm irq-off=edu wait"

# go NAME FILE...: the VM is paused, and the update comes. What the VMM said, in these files, is kept by that name.
go() {
	kill -USR1 "$pid"
	until_said "^irq-off=edu: ok" /tmp/vmm
	mount_host
	name=$1
	shift
	cat "$@" >"/host/$name"
	kexec_jump
}

generation_1() {
	watch
	# shellcheck disable=SC2086 # lists of words
	vmm $edu $ram irq-on=edu vm=vm,ram,2 vm-device=vm,edu vm-run=vm vm-check=vm session=vm preserve=ram,1 preserve=edu,2 \
		wait vm-pause=vm wait log=/tmp/vmm vm-run=vm vm-check=vm $pausing >/tmp/refused 2>&1 &
	pid=$!
	until_said "^preserve=edu,2: ok" /tmp/refused
	# shellcheck disable=SC2086 # a list of words
	kexec_load 2 $next
	kill -USR1 "$pid"
	until_said "^vm-pause=vm: ok" /tmp/refused
	if (kexec_jump) 2>/dev/null; then fail "the update was not refused"; fi
	kill -USR1 "$pid"
	until_said "^vm-check=vm: ok" /tmp/vmm
	go 1.txt /tmp/refused /tmp/vmm
}

# arrive NAME: the VM goes on, and is in a session for the next update. The capture has that name.
arrive() {
	give_to_vfio 0000:00:11.0
	# shellcheck disable=SC2086 # a list of words
	vmm session-retrieve=vm retrieve-memfd=ram,1,2048 retrieve=edu,2 bind=edu attach=edu map=ram,0x100000 irq-on=edu mmap=edu \
		vm-restore=vm,ram vm-device=vm,edu vm-run=vm vm-check=vm finish wait vm-check=vm session=vm preserve=ram,1 preserve=edu,2 \
		$pausing >/tmp/vmm 2>&1 &
	pid=$!
	until_said "^finish: ok" /tmp/vmm
	wait_for_probes
	kill -USR1 "$pid"
	until_said "^preserve=edu,2: ok" /tmp/vmm
	save_capture "$1"
}

generation_2() {
	arrive first
	# As in a kernel where the compiler has made these functions a part of their callers.
	rm /sys/fs/bpf/luoscope/link-on_machine_shutdown* /sys/fs/bpf/luoscope/link-on_reserve_entry*
	# shellcheck disable=SC2086 # a list of words
	kexec_load 3 $next
	go 2.txt /tmp/vmm
}

generation_3() {
	arrive second
	cp /tmp/vmm /host/3.txt
	scenario_done
}
END
)
if has_kernel 7.2+vfio; then
	guest again 7.2+vfio 7.3+vfio "$again" --add "$vmm:/bin/vmm" --device edu,addr=11.0 --chain 3 --timeout 900
	share=$out_dir/again/share
	check "again: the VM went on after the attempt that was refused, and after the first update" went_on "$share/1.txt" "$share/2.txt"
	check "again: and after the second" went_on "$share/2.txt" "$share/3.txt"
	check "again: luoscope and the VM itself agree on the first" vms_agree "$out_dir/again/first.json" "$share/2.txt" 2
	check "again: and on the second" vms_agree "$out_dir/again/second.json" "$share/3.txt" 2
	check_json "again: although nobody saw machine_shutdown() there" "$out_dir/again/second.json" \
		'[.phases[].name] | index("system_core_shutdown+machine_shutdown+dumpers") != null'
	check_json "again: and files whose freeze nobody saw are counted there" "$out_dir/again/second.json" \
		'.dropped == 2 and [.files[] | .freeze, .retrieve.duration_ns > 0] == [null, true, null, true]'
else
	ok "again: the VM went on after the attempt that was refused, and through two updates # SKIP $(kernel_of 7.2+vfio)" 0
fi

# The check of the VM can fail: each part of its state, left out, is noticed. And the VMM can be killed before the update.
case $arch in
x86) parts="sregs:EIO regs:EIO xsave:EBADMSG msrs:EBADMSG tsc:EBADMSG" ;;
arm64) parts="sysregs:EIO regs:EIO vector:EBADMSG counter:EBADMSG" ;;
esac
guest wrong 7.3+vfio 7.3+vfio "$({ echo "parts='$parts'"; cat <<'END'; } | vm_scenario wrong
# without PART ERROR: a VM that is restored without that part of its state is noticed.
without() {
	# shellcheck disable=SC2086 # lists of words
	vmm $edu memfd=ram,2048 vm=vm,ram,2 vm-device=vm,edu vm-run=vm vm-check=vm vm-pause=vm vm-restore=vm,ram vm-device=vm,edu \
		vm-run=vm vm-check=vm vm-pause=vm "vm-without=$1" vm-restore=vm,ram vm-device=vm,edu vm-run=vm "fail=$2" vm-check=vm \
		>/tmp/vmm 2>&1 || fail "without $1: $(tail -n 4 /tmp/vmm | tr '\n' ' ')"
}

generation_1() {
	watch
	for part in $parts; do
		without "${part%:*}" "${part#*:}"
	done
	vmm memfd=ram,2048 fail=ENODATA vm-restore=vm,ram

	# shellcheck disable=SC2086 # lists of words
	vmm $edu $ram vm=vm,ram,2 vm-device=vm,edu session=vm preserve=ram,1 preserve=edu,2 vm-run=vm vm-check=vm wait >/tmp/vmm 2>&1 &
	pid=$!
	until_said "^vm-check=vm: ok" /tmp/vmm
	kill -KILL "$pid"
	wait "$pid" || true
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init
}

generation_2() {
	vmm fail=ENOENT session-retrieve=vm
	give_to_vfio 0000:00:11.0
	# shellcheck disable=SC2086 # lists of words
	vmm $edu use=edu
	save_capture update
	scenario_done
}
END
)" --add "$vmm:/bin/vmm" --device edu,addr=11.0
check_json "wrong: no VM is left in the report of which nothing is preserved any more" "$out_dir/wrong/update.json" \
	'.vms == [] and .update.vms_missing == 0'
done_testing
