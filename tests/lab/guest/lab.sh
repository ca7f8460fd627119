# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What a scenario may use in the guest. A scenario is a file of functions for busybox sh with "set -eu": generation_1 runs in
# the first kernel, generation_2 in the kernel after the first update, and so on.
#
#	GENERATION	the number of this kernel, from 1
#	STAMP_LEAVE	stamps for luo_client's --stamp: this generation and 1 for leaving (0x11, 0x21, ...),
#	STAMP_ARRIVE	or 2 for having arrived (0x22, 0x32, ...); see tests/lab/trace-span
#
# What a scenario writes to /host comes out as DIR/share. Mounting it takes time: after an update do it when what is measured
# is over.

stamp=$(printf 0x%x $((GENERATION % 16)))
STAMP_LEAVE=$STAMP:${stamp}1
STAMP_ARRIVE=$STAMP:${stamp}2
export STAMP_LEAVE STAMP_ARRIVE

say() { echo "scenario: $*"; }

# mount_host: the host's directory at /host. May be called again.
mount_host() {
	[ -e /host/next ] || mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 host /host
}

# fail REASON: the scenario failed, and this is why.
fail() {
	echo "SCENARIO FAILED: $*"
	mount_host && echo "$*" >>/host/failed
	exit 1
}

# scenario_done: the scenario did all that it wanted. Without it the host takes the run as failed.
scenario_done() {
	mount_host
	: >/host/done
}

# save_log: this kernel's messages so far, for the host.
save_log() {
	mount_host && dmesg >"/host/dmesg.$GENERATION"
}

# give_to_vfio BDF...: let vfio-pci have the devices, and nobody else, as an operator sets it up before any native driver.
give_to_vfio() {
	for bdf; do
		device=/sys/bus/pci/devices/$bdf
		echo vfio-pci >"$device/driver_override"
		[ ! -e "$device/driver" ] || echo "$bdf" >"$device/driver/unbind"
		echo "$bdf" >/sys/bus/pci/drivers_probe
		[ -e "$device/vfio-dev" ] || fail "vfio-pci does not take $bdf"
	done
}

# vfio_waits MS: how long an update waits for whoever is busy with a device, and for importers of its DMA-bufs. A busy host may keep a
# guest's threads waiting for longer than vfio-pci waits by default, so guests begin with 10 s. Where something is busy to the end, less
# saves time.
vfio_waits() {
	for parameter in /sys/module/vfio_pci/parameters/lock_ms /sys/module/vfio_pci/parameters/dmabuf_ms; do
		[ ! -e $parameter ] || echo "$1" >$parameter
	done
}

# bridge_of BDF: the address of the bridge above a device.
bridge_of() { basename "$(dirname "$(readlink -f "/sys/bus/pci/devices/$1")")"; }

# stamp_reboot: write a second stamp for leaving, right after the moment at which the blackout starts.
stamp_reboot() { insmod /stamp_reboot.ko device="${STAMP%:*}" offset="${STAMP##*:}" value=$((${STAMP_LEAVE##*:} | 0x80)); }

# load_luo_stats: unless it is built in.
load_luo_stats() { [ -e /sys/kernel/luo_stats ] || insmod /luo_stats.ko; }

# luoscope_first: options with which luoscope is the first process of the next kernel, but for the loading of what it watches.
luoscope_first() {
	if [ -d /modules ]; then echo rdinit=/sbin/load-modules; else echo rdinit=/bin/luoscope; fi
	echo luoscope.init=/init
}

# wait_for_clock: until this kernel has measured the counter's rate for good, about two seconds after its start. Before that a
# report is a preliminary one.
wait_for_clock() {
	for _ in $(seq 6000); do
		case $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource) in
		tsc | arch_sys_counter) return 0 ;;
		esac
		sleep 0.1
	done
	fail "the kernel has not made the CPU's counter its clocksource within 10 minutes"
}

# save_capture NAME: what luoscope knows now, for the host, as NAME.luoscope.
save_capture() {
	wait_for_clock
	mount_host
	luoscope save "/host/$1.luoscope"
}

# until_said REGEX FILE: wait for a line of a file, such as the output of what runs in the background.
until_said() {
	for _ in $(seq 6000); do
		if grep -qE "$1" "$2" 2>/dev/null; then return 0; fi
		sleep 0.1
	done
	fail "no '$1' in $2 within 10 minutes: $(tail -n 3 "$2" | tr '\n' ' ')"
}

# until_true COMMAND...: wait for it.
until_true() {
	for _ in $(seq 6000); do
		if "$@" >/dev/null 2>&1; then return 0; fi
		sleep 0.1
	done
	fail "it did not come true within 10 minutes: $*"
}

# until_in_ppoll PID TIME: a luoscope that follows events waits for them in this call, with two descriptors, and for nothing else.
until_in_ppoll() {
	case $(uname -m) in
	x86_64) ppoll=271 ;;
	*) ppoll=73 ;;
	esac
	for _ in $(seq 6000); do
		if grep -qE "^$ppoll 0x[0-9a-f]+ 0x2 $2 " "/proc/$1/syscall" 2>/dev/null; then return 0; fi
		sleep 0.1
	done
	fail "process $1 did not wait for events within 10 minutes: $(cat "/proc/$1/syscall" "/proc/$1/cmdline" 2>&1 | tr '\0\n' '  ')"
}

# until_idle PID: until a luoscope that follows events has done what it does at first, or after an event, and waits. until_asleep PID: until
# only the next event wakes it up.
until_idle() { until_in_ppoll "$1" "0x[0-9a-f]+"; }
until_asleep() { until_in_ppoll "$1" 0x0; }

# until_attached: until every probe is attached that this kernel can have.
until_attached() {
	for _ in $(seq 6000); do
		luoscope status >/tmp/status.probes || :
		if grep -q "^probes *ok" /tmp/status.probes; then return 0; fi
		sleep 0.1
	done
	fail "the probes are not all attached within 10 minutes: $(grep ^probe /tmp/status.probes | tr '\n' ' ')"
}

# until_logged REGEX: wait for a line of the kernel log, such as one that 'luoscope init' writes beside this script.
until_logged() {
	for _ in $(seq 6000); do
		dmesg >/tmp/log
		if grep -qE "$1" /tmp/log; then return 0; fi
		sleep 0.1
	done
	fail "no '$1' in the kernel log within 10 minutes"
}

# monitor COMMAND: give QEMU's monitor a command (run-scenario --monitor), such as a device_del.
monitor() {
	mount_host
	echo "$*" >/host/monitor.new
	mv /host/monitor.new /host/monitor
	while [ -e /host/monitor ]; do sleep 0.1; done
}

# pull_out PORT-BDF: what is in that port vanishes, as if a hand had pulled it. The port's slot is switched off without a word to
# any driver: Slot Control, power and its indicator, which lies at 0x6c in QEMU's pcie-root-port.
pull_out() {
	config=/sys/bus/pci/devices/$1/config
	control=$(($(od -An -tu2 -j108 -N2 "$config") | 0x0700))
	printf "\\$(printf %03o $((control & 255)))\\$(printf %03o $((control >> 8)))" |
		dd of="$config" bs=2 seek=54 conv=notrunc 2>/dev/null
}

# wait_for_probes: until 'luoscope init' has attached, beside this script, what watches this kernel's own update.
wait_for_probes() {
	for _ in $(seq 6000); do
		if ls /sys/fs/bpf/luoscope/events-* >/dev/null 2>&1; then return 0; fi
		sleep 0.1
	done
	fail "the probes are not all attached within 10 minutes"
}

# kexec_load N [OPTION...]: make the kernel of generation N ready, with further options on its command line.
kexec_load() {
	mount_host
	if [ -d /sys/fs/bpf/luoscope ]; then wait_for_probes; fi
	next=$1
	shift
	luo_client kexec-load /host/next/kernel /host/next/initrd \
		"$(cat /host/next/cmdline) luoscope.generation=$next${*:+ $*}"
}

# kexec_jump: into the kernel that was made ready. Returns only if the update was refused, and then with an error.
kexec_jump() {
	save_log
	umount /host
	luo_client reboot-kexec --stamp "$STAMP_LEAVE"
}

# kexec_into N [OPTION...]: both.
kexec_into() {
	kexec_load "$@"
	kexec_jump
}
