#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The downtime of virtual machines, as the report has it: of one that was in KVM_RUN when the probes came, of one whose VMM was
# gone before the update, of one that never came out of KVM_RUN, and none of one that was given up. The stamps are held against
# the VMM's own readings of the counter.
. "$(dirname "$0")/lib.sh"

[ "$arch" = x86 ] || skip_all "kvm_spin, whose vCPU never leaves KVM_RUN, is a program for x86"
for program in kvm_spin.c vmm; do
	check "the lab's ${program%.c} can be built" "$lab_dir/client" "$out_dir/${program%.c}" "$program"
done

# The first process of the new kernel: lets it seem as if KVM were a module that is not loaded, and writes down what modprobe is
# asked for.
cat >"$out_dir/without_kvm" <<'END'
#!/bin/sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
insmod /luo_stats.ko
/bin/busybox mkdir -p /tmp/empty
/bin/busybox mount --bind /tmp/empty /sys/module
/bin/busybox rm -f /sbin/modprobe
printf '#!/bin/sh\necho "$@" >>/modprobe.said\n' >/sbin/modprobe
/bin/busybox chmod +x /sbin/modprobe
# There seem to be modules that it could load.
/bin/busybox mkdir -p "/lib/modules/$(/bin/busybox uname -r)"
: >"/lib/modules/$(/bin/busybox uname -r)/modules.dep"
exec /bin/luoscope init "$@"
END
chmod +x "$out_dir/without_kvm"

guest vms 7.2+vfio 7.3+vfio "$(scenario vms <<'END'
ram="memfd=ram,2048 vm=vm,ram,2 vm-run=vm vm-check=vm preserve=ram,1 vm-check=vm vm-pause=vm hold"

# come_out PID FILE: that kvm_spin is kicked until it came out of KVM_RUN.
come_out() {
	for _ in $(seq 6000); do
		kill -USR1 "$1"
		if grep -q "^out" "$2"; then return 0; fi
		sleep 0.1
	done
	fail "kvm_spin does not come out of KVM_RUN"
}

generation_1() {
	insmod /luo_stats.ko
	kvm_spin >/tmp/spin.old 2>&1 &
	spin=$!
	until_said "^in " /tmp/spin.old
	luoscope record --no-follow >/tmp/record
	grep -q vcpu_put /tmp/record || fail "vCPUs are not watched: $(cat /tmp/record)"

	# It goes down with the machine.
	cp /bin/kvm_spin /bin/kvm_stays
	kvm_stays >/tmp/stays 2>&1 &
	until_said "^in " /tmp/stays

	# These two leave their sessions to another process, which gives one of them up.
	# shellcheck disable=SC2086 # a list of words
	vmm session=held $ram >/tmp/held 2>&1 || fail "the first VM: $(tail -n 2 /tmp/held)"
	# shellcheck disable=SC2086
	vmm session=given-up $ram >/tmp/given-up 2>&1 || fail "the second VM: $(tail -n 2 /tmp/given-up)"
	kill -KILL "$(tail -n 1 /tmp/given-up)"

	come_out "$spin" /tmp/spin.old
	luoscope tail --json --kind vcpu_entry --lines all >/tmp/tail.old &
	tail=$!
	until_asleep $tail
	kill -INT $tail
	wait $tail || fail "tail ends with status $?"
	if grep vcpu_entry /tmp/tail.old; then fail "a vCPU comes back where nothing came from"; fi
	mount_host
	cp /tmp/spin.old /host
	kexec_into 2 rdinit=/bin/without_kvm luoscope.init=/init
}

generation_2() {
	umount /sys/module
	# tail follows what is attached beside the real init.
	wait_for_probes
	luoscope status >/tmp/status
	grep -E "^virtual machines +ok +watched" /tmp/status || fail "status: $(cat /tmp/status)"
	echo 1 >/proc/sys/kernel/bpf_stats_enabled
	kvm_spin >/tmp/spin.new 2>&1 &
	spin=$!
	until_said "^in " /tmp/spin.new
	vmm session-retrieve=held retrieve-memfd=ram,1,2048 vm-restore=vm,ram vm-run=vm vm-check=vm finish vm-pause=vm >/tmp/held 2>&1 ||
		fail "the VM does not go on: $(tail -n 2 /tmp/held | tr '\n' ' ')"
	come_out "$spin" /tmp/spin.new
	luoscope status | grep -E "^overhead, KVM_RUN +ok +vCPUs ran [1-9]" >/tmp/overhead || fail "status does not show what KVM_RUN costs"
	# It never ends by itself.
	luoscope tail --json --kind vcpu_entry --lines all >/tmp/tail &
	luoscope tail --kind vcpu_entry --lines all >/tmp/tail.txt &
	for file in tail tail.txt; do
		for _ in $(seq 6000); do
			if [ "$(grep -c vcpu_entry /tmp/$file)" -ge 3 ]; then continue 2; fi
			sleep 0.1
		done
		fail "tail shows no three entries of vCPUs: $(cat /tmp/$file)"
	done
	sleep 1
	kill -INT $(jobs -p)

	save_capture update
	cp /tmp/spin.new /tmp/tail /tmp/tail.txt /tmp/overhead /modprobe.said /host
	scenario_done
}
END
)" --add "$out_dir/vmm:/bin/vmm" --add "$out_dir/kvm_spin:/bin/kvm_spin" --add "$out_dir/without_kvm:/bin/without_kvm"
share=$out_dir/vms/share
report=$out_dir/vms/update.json

check_json "the virtual machines are these three" "$report" '[.vms[] | [.process, .session]] | sort ==
	[["kvm_spin", null], ["kvm_stays", null], ["vmm", "held"]]'
check_json "the one whose VMM was gone is back, and was down before the update" "$report" \
	'.vms[] | select(.session == "held") | .vcpus_old == 2 and .vcpus_back == 2 and .before_ns > 0 and
	 .downtime_ns == .entry_ns - .exit_ns and ([.vcpus[] | .downtime_ns > 0 and (.never_left | not)] | all)'
check_json "the one that never came out of KVM_RUN is reported so, and is missing" "$report" \
	'(.vms[] | select(.process == "kvm_stays") | .new_pid == null and .downtime_ns > 0 and .downtime_is_lower_bound and
	 .vcpus[0].never_left) and
	 ([.vms[] | select(.process == "kvm_stays") | .exit_ns] == [.boundaries[] | select(.name == "machine_begin") | .start_ns]) and
	 .update.vms_missing == 1'
check "the report says that it is missing" contains "$out_dir/vms/update.txt" \
	"kvm_stays +.* not back"

# cycles WHAT FILE: what kvm_spin said, the first time.
cycles() { awk -v what="$1" '$1 == what { print $2; exit }' "$share/$2"; }

# stamp WHAT: exit_ns or entry_ns of kvm_spin's vCPU, in cycles.
stamp() {
	jq -r --arg what "$1" '(.boundaries[0].cycles | tonumber) +
		(.vms[] | select(.process == "kvm_spin") | .vcpus[0][$what]) * .clock.khz / 1000000 | round' "$report"
}

# lies CYCLES FROM TO: in that order, and no more than 20 us out of it, which is what khz is rounded to.
lies() {
	local slack=50000
	echo "$2 $1 $3"
	(($1 + slack >= $2 && $1 - slack <= $3))
}
check "the exit of the vCPU that was in KVM_RUN before the probes lies where it came out" lies "$(stamp exit_ns)" \
	"$(cycles in spin.old)" "$(cycles out spin.old)"
check "its entry is none of the call that runs nothing" lies "$(stamp entry_ns)" "$(cycles in spin.new)" "$(cycles out spin.new)"

check "tail shows the first entry of each vCPU, once" test "$(jq -sr '[.[] | select(.type == "instant") | .subject |
	"\(.process) \(.session) \(.vcpu)"] | sort | join(", ")' "$share/tail")" = "kvm_spin null 0, vmm held 0, vmm held 1"
check "its lines are as their schema says" "$top_dir/tests/validate" event "$share/tail"
check "tail has lines for people" contains "$share/tail.txt" "vcpu_entry +held:1"
check "status shows what KVM_RUN costs more" contains "$share/overhead" "vCPUs ran [1-9][0-9]* times, each at an additional cost of [0-9]+ ns"
check "where KVM is a module that is not loaded, init has it loaded" grep -qx -- "-q -a kvm" "$share/modprobe.said"
done_testing
