#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# luoscope status --check: the questions before an update, on a host that is not there: in namespaces of its own, /sys and /dev are
# made of files, and /proc has only its own processes. Needs root, no guest.
. "$(dirname "$0")/e2e/lib.sh"

if [ "$(id -u)" != 0 ] || ! unshare --mount --pid --fork --mount-proc true; then
	skip_all "namespaces need root"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export tool work
# The host has some of its own in its place, but the place must be there.
mkdir -p /lib/modules

# The BTF of a kernel that has all that the probes watch: that of a program with functions and types of these names. Those whose
# arguments the probes read have such arguments.
cat >"$work/known.c" <<'END'
#define HAS(type, name, ...) __attribute__((noinline)) type name(__VA_ARGS__) { asm volatile(""); return (type)0; }
HAS(int, luo_open, struct inode *, struct file *)
HAS(int, luo_session_retrieve, const char *, struct file **)
HAS(int, luo_preserve_file, struct luo_file_set *, unsigned long, int)
HAS(void, luo_file_unpreserve_files, struct luo_file_set *)
HAS(int, luo_file_freeze, struct luo_file_set *, struct luo_file_set_ser *)
HAS(void, __luo_file_unfreeze, struct luo_file_set *, struct luo_file *)
HAS(int, luo_retrieve_file, struct luo_file_set *, unsigned long, struct file **)
HAS(int, luo_file_finish, struct luo_file_set *)
HAS(void *, kho_block_set_it_reserve_entry, struct kho_block_set_it *)
HAS(int, luo_flb_file_preserve, struct liveupdate_file_handler *)
HAS(int, luo_flb_retrieve_one, struct liveupdate_flb *)
HAS(void, liveupdate_flb_put_incoming, struct liveupdate_flb *)
HAS(void, liveupdate_flb_put_outgoing, struct liveupdate_flb *)
HAS(int, liveupdate_reboot, void)
HAS(int, kernel_kexec, void)
HAS(void, pm_runtime_barrier, struct device *)
HAS(void, luo_stats_mark_made, const struct luo_stats_subject_key *, unsigned)
HAS(long, vfio_df_ioctl_bind_iommufd, struct vfio_device_file *, struct vfio_device_bind_iommufd *)
/* A program of BPF cannot have as many arguments, but know who has. */
int vfio_pci_set_irqs_ioctl(struct vfio_pci_core_device *, unsigned, unsigned, unsigned, unsigned, void *);
void *address_of_it(void) { return vfio_pci_set_irqs_ioctl; }
HAS(int, __pci_reset_function_locked, struct pci_dev *)
HAS(int, pci_reset_bus, struct pci_dev *)
HAS(int, kvm_arch_vcpu_ioctl_run, struct kvm_vcpu *)
HAS(void, vcpu_put, struct kvm_vcpu *)
HAS(void, kvm_arch_vcpu_destroy, struct kvm_vcpu *)
END
known=$(sed -nE 's/^(HAS\([a-z* ]+, |int )([a-z_]+)[,(].*/\2/p' "$work/known.c")
objdump=$(readelf -SW "$build/bpf/luoscope.bpf.o")
{
	cat "$work/known.c"
	grep -oE '(fentry|fexit)/[a-z_0-9]+' <<<"$objdump" | cut -d/ -f2 | sort -u | grep -vxF "$known" |
		sed 's/.*/__attribute__((noinline)) int &(int x) { return x + 1; }/'
	sed -nE 's/^KFUNC\(.*[ *](luo_stats_[a-z_]+),.*/__attribute__((noinline)) int \1(int x) { return x + 1; }/p' \
		"$top_dir/bpf/span.bpf.h" | sort -u
	for name in $(grep -oE 'tp_btf/[a-z_0-9]+' <<<"$objdump" | cut -d/ -f2 | sort -u); do
		more=', int, int, int, int'
		[[ $name != *_begin ]] || more=
		echo "typedef void (*btf_trace_$name)(void *, unsigned, unsigned char, unsigned char, unsigned char$more); btf_trace_$name v_$name;"
	done
} >"$work/kernel.c"
# Its symbols, as /proc/kallsyms has them.
grep -oE '(fentry|fexit)/[a-z_0-9]+' <<<"$objdump" | cut -d/ -f2 | sort -u | sed 's/^/ffffffff81000000 t /' >"$work/kallsyms"
# btf NAME: of NAME.c.
btf() { clang -w -target bpf -g -O1 -c -o "$work/$1.o" "$work/$1.c" && llvm-objcopy --dump-section .BTF="$work/$1.btf" "$work/$1.o"; }
btf kernel
sed /vfio_pci_reset_again/d "$work/kernel.c" >"$work/older.c"
btf older
# And one in which some of it is not as it was.
sed -E 's/(luo_retrieve_file.*)\)$/\1, int)/; /vfio_df_ioctl_bind_iommufd/d; /int luo_stats_cycles/d' "$work/kernel.c" >"$work/other.c"
btf other
check "a kernel's BTF can be made" test -s "$work/kernel.btf"
check "and that of an older handler" test -s "$work/older.btf"
# The area of an update that preserved memfds, as sysfs shows it.
python3 -B - "$top_dir" >"$work/area" <<'END'
import sys
sys.path.insert(0, f"{sys.argv[1]}/tests")
import read_area
with open(f"{sys.argv[1]}/tests/captures/7.2-to-7.3.luoscope", "rb") as file:
    sys.stdout.buffer.write(read_area.read_sections(file.read())[read_area.OUTGOING])
END
check "an area can be made" test -s "$work/area"

# host COMMAND: run it on the host, as a shell script that may change it before "$tool". All is well there.
cat >"$work/host" <<'END'
mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && touch /dev/liveupdate
mount -t tmpfs none /sys
mount -t tmpfs none /lib/modules && modules=/lib/modules/$(uname -r) && mkdir "$modules"
echo "updates/luo_stats.ko.xz: kernel/lib/crc.ko" >"$modules/modules.dep"
cd /sys || exit 9
mkdir -p kernel/{btf,kexec,luo_stats,security} fs/bpf/luoscope module/{luo_stats,kvm,vfio_pci_core} bus/pci/{devices,drivers/vfio-pci}
cp "$work/kernel.btf" kernel/btf/vmlinux
cp "$work/area" kernel/luo_stats/outgoing
touch module/luo_stats/initstate fs/bpf/luoscope/{area,latency,events-v0}
echo 1 >kernel/kexec/loaded
mkdir -p devices/system/clocksource/clocksource0 && echo tsc >devices/system/clocksource/clocksource0/current_clocksource
# kexec_load was forbidden from the boot on, so the image is one of kexec_file_load.
echo 'none [integrity] confidentiality' >kernel/security/lockdown
echo 'quiet kho=on lockdown=integrity' >/dev/cmdline && mount --bind /dev/cmdline /proc/cmdline
mount --bind "$work/kallsyms" /proc/kallsyms
sed -nE 's/^.*SEC\("(fentry|fexit|tp_btf)\/.*/&/p' /dev/null
for program in $programs; do touch "fs/bpf/luoscope/link-$program"; done
# device NAME NUMBER [FILE]: a device of vfio-pci that process 1 of this namespace, or nobody, has open.
device() {
	mkdir -p "bus/pci/devices/$1/vfio-dev/vfio$2" /dev/vfio/devices
	ln -s ../drivers/vfio-pci "bus/pci/devices/$1/driver"
	ln -s "../../iommu_groups/$2" "bus/pci/devices/$1/iommu_group"
	touch "/dev/vfio/devices/vfio$2" "/dev/vfio/$2"
}
eval "$1"
END
programs=$(sed -nE '/^SEC\("(fentry|fexit|tp_btf)/{n; s/^int BPF_PROG\(([a-z_0-9]+).*/\1/p}' "$top_dir"/bpf/*.bpf.c | xargs)
events=$(sed -nE 's/^#define LUOSCOPE_EVENT_ABI[\t ]+([0-9]+).*/\1/p' "$top_dir/include/luoscope/event.h")
sed -i "s/events-v0/events-v$events/" "$work/host"
sed -i '/^sed /d' "$work/host"
export programs
host() { unshare --mount --pid --fork --mount-proc bash "$work/host" "$1" 2>&1; }

# says FILE STATUS WANTED REGEX...: --check ended with the wanted status and said these things in FILE, and nothing else is wrong.
says() {
	local file=$1 status=$2 wanted=$3 regex
	shift 3
	cat "$file"
	echo "status $status"
	[ "$status" = "$wanted" ] || return 1
	for regex; do contains "$file" "$regex" >/dev/null || { echo "no match for '$regex'"; return 1; }; done
	[ "$wanted" = 0 ] || [ "$(grep -cE '^[A-Za-z_, ]+ (FAIL|unknown) ' "$file")" = $# ]
}
# answers TEXT STATUS SCRIPT REGEX...: on the host that SCRIPT has changed.
answers() {
	local text=$1 wanted=$2 status=0
	host "$3
		exec \"\$tool\" status --check" >"$work/said" || status=$?
	check "$text" says "$work/said" "$status" "$wanted" "${@:4}"
}

answers "a host that is ready: status 0" 0 : '^KHO +ok +on$' '^LUO +ok ' '^kexec image +ok +loaded with kexec_file_load' \
	'^luo_stats +ok +loaded$' '^area, outgoing +ok .* [0-9]+ of [0-9]+ spans in use; an update needs [0-9]+ or more$' '^probes +ok +attached$' '^every probe +ok ' \
	'^clock +ok ' '^virtual machines +ok +watched$' '^vfio devices +ok +0 in use; 0 bound'
check "one line for each question, and nothing else" test "$(wc -l <"$work/said")" = 10
answers "no image is loaded: status 2, and what to do" 2 'echo 0 >kernel/kexec/loaded' "^kexec image +FAIL +not loaded: run 'kexec -s -l'"
answers "an older kernel has that file elsewhere" 2 'rm -r kernel/kexec; echo 0 >kernel/kexec_loaded' '^kexec image +FAIL +not loaded'
answers "how the image was loaded is not known: status 3" 3 'rm kernel/security/lockdown' '^kexec image +unknown +loaded, but it is not known how: '
answers "nor if lockdown was raised later: the image may be older" 3 'echo "quiet lockdown=none" >/proc/cmdline' \
	'^kexec image +unknown +loaded, but it is not known how: '
answers "a failure counts more than what is not known" 2 'rm kernel/security/lockdown /dev/liveupdate' '^kexec image +unknown ' \
	'^LUO +FAIL +built in, but off: boot with liveupdate=on'
answers "the kernel keeps time with something else: status 3" 3 'echo hpet >devices/system/clocksource/clocksource0/current_clocksource' \
	'^clock +unknown +the kernel keeps time with hpet, .*: boot with clocksource=tsc$'
off='rm -r kernel/luo_stats module/luo_stats /dev/liveupdate; echo "quiet kho=on liveupdate=on" >/dev/cmdline'
scratch='KHO: Failed to reserve scratch area, disabling kexec handover'
answers "KHO turned itself off: the kernel's line, and what to do" 2 "$off; printf '4,1,0,-;%s\\n' '$scratch' >/dev/kmsg" \
	"^KHO +FAIL +off: the kernel logged '$scratch'; boot with sizes .* such as kho_scratch=" '^LUO +FAIL +built in and requested, but off: it needs KHO$' \
	"^luo_stats +FAIL " '^kexec image +unknown '
answers "the line is gone, but luo_stats saw that KHO is off: no advice that was followed already" 2 \
	"$off; echo '3,1,0,-;luo_stats: KHO is off, nothing can be carried to the next kernel' >/dev/kmsg" \
	"^KHO +FAIL +requested, but off: the boot log says why, after 'KHO:'; .* kho_scratch=" '^LUO +FAIL ' '^luo_stats +FAIL ' '^kexec image +unknown '
answers "a program that logs the line is not believed" 2 "$off; printf '12,1,0,-;%s\\n' '$scratch' >/dev/kmsg" \
	'^KHO +unknown +requested on the command line' '^LUO +FAIL ' '^luo_stats +FAIL ' '^kexec image +unknown '
answers "the module is not loaded" 2 'rm -r kernel/luo_stats module/luo_stats' "^luo_stats +FAIL +not loaded, .*modprobe luo_stats"
for place in 'rm "$modules/modules.dep"' 'echo "kernel/luo_stats_not.ko: updates/luo_stats.ko" >"$modules/modules.dep"'; do
	answers "the module is not installed: modprobe would not help" 2 "rm -r kernel/luo_stats module/luo_stats; $place" \
		"^luo_stats +FAIL +not installed for this kernel, .*: build it .*or install it"
done
# sum TEXT SCRIPT REGEX: what status says in its first line, on the host that SCRIPT has changed.
sum() { check "$1" contains <(host "$2; \"\$tool\" status" | head -n 1) "^a live update +$3\$"; }
sum "the sum: all is well" : 'ok +an update from this kernel would be recorded'
sum "an update would fail" 'rm /dev/liveupdate' 'not ok +an update from this kernel would fail; not ready: LUO'
sum "it would not be recorded" 'rm -r kernel/luo_stats module/luo_stats fs/bpf/luoscope' \
	'not ok +an update from this kernel would not be recorded; not ready: luo_stats, probes, virtual machines \(not watched\)'
sum "only in part" 'rm fs/bpf/luoscope/link-on_liveupdate_reboot fs/bpf/luoscope/link-on_vcpu*' \
	'not ok +an update from this kernel would be recorded, but not completely; not ready: probe liveupdate_reboot, virtual machines \(not watched\)'
sum "what is wrong with some is said" 'rm /dev/liveupdate fs/bpf/luoscope/link-on_set_irqs; device 0000:01:00.0 7; exec 9<>/dev/vfio/7' \
	'not ok +an update from this kernel would fail; not ready: LUO, probes \(some missing\), vfio devices \(would be lost\)'
check "virtual machines are not called missing" lacks <(host 'rm /dev/liveupdate fs/bpf/luoscope/link-on_*; "$tool" status') \
	'^(a live update|every probe|virtual machines|clock|vfio devices) +missing'
answers "the area is damaged" 2 'echo x >kernel/luo_stats/outgoing' '^area, outgoing +FAIL +cannot be read: '
answers "no probe is attached" 2 'rm -r fs/bpf/luoscope' "^probes +FAIL +not attached: run 'luoscope record'"
answers "'luoscope init' is not through: so far only what came back is watched" 2 \
	'rm fs/bpf/luoscope/{area,latency,events-*,link-on_liveupdate_reboot}' \
	"^probes +FAIL +only those for what comes from the old kernel are attached so far: an update that starts now would not be recorded"
answers "one is missing among them" 2 'rm fs/bpf/luoscope/link-on_liveupdate_reboot' '^every probe +FAIL +1 missing, such as probe liveupdate_reboot: '
answers "KVM came after them" 2 'rm fs/bpf/luoscope/link-on_vcpu_*' '^virtual machines +FAIL .*KVM was loaded after the probes'
# What could not be attached is noted beside the pins: it did not come later, and attaching again would not help.
refused='rm fs/bpf/luoscope/link-on_vcpu_*; ln -s "not attached: Device or resource busy" fs/bpf/luoscope/refused-on_vcpu_run
	for program in on_vcpu_run_end on_vcpu_destroy; do ln -s "needs kvm_arch_vcpu_ioctl_run" "fs/bpf/luoscope/refused-$program"; done'
answers "KVM did not come after them, but cannot be watched" 2 "$refused" \
	'^virtual machines +FAIL +kvm_arch_vcpu_ioctl_run cannot be watched: not attached: Device or resource busy; their downtime is shown as not observed$'
check "then record does not attach again" contains <(host "$refused; \"\$tool\" record --no-follow") '^The probes are already attached\.$'
# It tries to, without the right to.
attach='setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$tool" record --no-follow'
check "as it does if KVM came later" contains <(host "rm fs/bpf/luoscope/link-on_vcpu_*; $attach") '^luoscope: cannot mount bpffs '
check "or if the probes are from another version" contains \
	<(host "$refused; mv fs/bpf/luoscope/events-v* fs/bpf/luoscope/events-v0; $attach") '^luoscope: cannot mount bpffs '
answers "any other that could not be attached, and why" 2 \
	'rm fs/bpf/luoscope/link-on_set_irqs*; ln -s "not attached: Device or resource busy" fs/bpf/luoscope/refused-on_set_irqs
	ln -s "needs vfio_pci_set_irqs_ioctl" fs/bpf/luoscope/refused-on_set_irqs_return' '^every probe +FAIL +2 missing, such as probe vfio_pci_set_irqs_ioctl: '
answers "without KVM there is nothing to watch" 0 'rm -r module/kvm fs/bpf/luoscope/link-on_vcpu_*' '^virtual machines +ok +none'
answers "a device that a program has open" 0 'device 0000:01:00.0 0; exec 9<>/dev/vfio/devices/vfio0' \
	'^vfio devices +ok +1 in use, which the handler can preserve; 1 bound'
older='cp "$work/older.btf" kernel/btf/vmlinux; rm fs/bpf/luoscope/link-on_reset_again'
answers "an older handler lacks a tracepoint that nobody misses" 0 "$older; device 0000:01:00.0 0; exec 9<>/dev/vfio/devices/vfio0" \
	'^every probe +ok ' '^vfio devices +ok +1 in use, which the handler can preserve; 1 bound'
# What cannot be attached, and why not: one function has another argument, one is in a module without BTF, two have the same name, one
# is renamed, one is inlined. What is of no use without it is not attached either.
other='cp "$work/other.btf" kernel/btf/vmlinux
	{ sed -E "/luo_file_finish|vfio_df_ioctl_bind_iommufd|kernel_kexec/d; s/__luo_file_unfreeze/&.isra.0/" "$work/kallsyms"
		printf "0 t luo_open\n0 t vfio_df_ioctl_bind_iommufd\t[vfio]\n"; } >/dev/kallsyms
	mount --bind /dev/kallsyms /proc/kallsyms
	rm fs/bpf/luoscope/link-on_{retrieve,unfreeze,bind,finish,file_finished,luo_open,deserialize}*; "$tool" status'
host "$other" >"$work/other"
for row in 'luo_retrieve_file +missing +other prototype: int32 \(luo_file_set \*, int64, pointer, int32\), not int32 \(luo_file_set \*, int64, pointer\);' \
	'luo_retrieve_file, return +missing +other prototype' '__luo_file_unfreeze +missing +renamed by the compiler: this kernel has __luo_file_unfreeze\.isra\.0;' \
	'luo_file_finish +missing +inlined by the compiler: this kernel has no symbol for it;' 'luo_flb_file_finish, return +missing +needs luo_file_finish' \
	'luo_open +missing +ambiguous name: 2 functions of this kernel have it;' 'luo_file_deserialize +missing +needs luo_open;' \
	'vfio_df_ioctl_bind_iommufd +missing +no BTF in module vfio:' 'liveupdate_reboot +ok' 'machine_kexec +ok' 'luo_preserve_file +ok'; do
	check "what cannot be attached: $(cut -d ' ' -f 1 <<<"$row")" contains "$work/other" "^probe $row"
done
check "luo_stats without its BTF is of no use" contains "$work/other" '^luo_stats +missing +loaded, but without the BTF'
check "the status shows that it is not attached" contains <(host "$older; \"\$tool\" status") \
	'^probe vfio_pci_reset_again +ok +not needed: this kernel has no handler that knows it; what it measures is shown as not known$'
check "or that it is" contains <(host '"$tool" status') '^probe vfio_pci_reset_again +ok +attached$'
answers "a handler that has it is watched in full" 2 'rm fs/bpf/luoscope/link-on_reset_again' \
	'^every probe +FAIL +1 missing, such as probe vfio_pci_reset_again: '
check "the handler's name, which the new kernel needs too" contains \
	<(host 'echo "vfio-pci-luoscope-v3 preserve retrieve" >bus/pci/drivers/vfio-pci/liveupdate; "$tool" status') \
	'^vfio-pci handler +ok +vfio-pci-luoscope-v3: if the new kernel has another one, LUO gives no session back$'
check "a kernel that has none shows none" lacks <(host '"$tool" status') '^vfio-pci handler'
answers "one that is open through its group" 2 'device 0000:01:00.0 7; exec 9<>/dev/vfio/7' \
	'^vfio devices +FAIL +1 of 1 in use would be lost: 0000:01:00.0 is open through its group'

answers "the area cannot be read: the next place to look" 3 'rm kernel/luo_stats/outgoing; mkdir kernel/luo_stats/outgoing' \
	'^area, outgoing +unknown +/sys/kernel/luo_stats/outgoing cannot be read \(Is a directory\): the kernel log may say why$'
check "without luo_stats a report says what to do" contains <(host 'rm -r kernel/luo_stats module/luo_stats; "$tool" report') \
	"^luoscope: /sys/kernel/luo_stats/outgoing is not there: load luo_stats \('modprobe luo_stats'\), or name a capture \('luoscope list'\)$"
check "it does not advise a modprobe that fails" contains \
	<(host 'rm -r kernel/luo_stats module/luo_stats "$modules/modules.dep"; "$tool" report') \
	"^luoscope: /sys/kernel/luo_stats/outgoing is not there: luo_stats is not installed for this kernel; build it or install it, or name a capture \('luoscope list'\)$"
check "nor does mark" contains <(host 'rm -r kernel/luo_stats module/luo_stats "$modules/modules.dep"; "$tool" mark at x') \
	"^luoscope: there is no /dev/luo_mark: luo_stats is not installed for this kernel; build it or install it$"
check "which does not advise to load what is loaded" contains <(host '"$tool" mark at x') \
	"^luoscope: there is no /dev/luo_mark: luo_stats is loaded, but its device is not there: another /dev is mounted here$"
check "nor what is built in" contains <(host 'rm -r kernel/luo_stats module/luo_stats/initstate; "$tool" mark at x') \
	"^luoscope: there is no /dev/luo_mark: luo_stats is built in, but did not start: 'luoscope status' shows why$"
check "nor metrics" lacks <(host 'rm -r kernel/luo_stats module/luo_stats "$modules/modules.dep"; "$tool" metrics; "$tool" save "$work/none"; "$tool" status') modprobe
check "save has no capture to name: its argument is what it writes" contains \
	<(host 'rm -r kernel/luo_stats module/luo_stats; "$tool" save "$work/none"') \
	"^luoscope: /sys/kernel/luo_stats/outgoing is not there: load luo_stats \('modprobe luo_stats'\)$"
check "where it is built in, and did not start, too" contains <(host 'rm -r kernel/luo_stats module/luo_stats/initstate; "$tool" report') \
	"^luoscope: /sys/kernel/luo_stats/outgoing is not there, because KHO is off: 'luoscope status' shows why$"
# refused TEXT REGEX SCRIPT: "$tool record" says that, and does not send the reader to status.
refused() {
	host "rm -r fs/bpf/luoscope; $3" >"$work/said"
	check "$1" contains "$work/said" "^luoscope: $2"
	check "$1: and nothing sends to status" lacks "$work/said" 'luoscope status'
}
refused "without a capability, root sees which" \
	'cannot mount bpffs at /sys/fs/bpf: this process lacks CAP_SYS_ADMIN: run luoscope outside of containers' \
	'setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$tool" record --no-follow'
refused "root of a container is no root" 'cannot mount bpffs at /sys/fs/bpf: root in a container is not permitted to: run luoscope on the host$' \
	'unshare --user --map-root-user "$tool" record --no-follow'
refused "too few open files" ".*: this process may open only 6 files: raise the limit, with 'ulimit -n 1024'" \
	'ulimit -n 6; "$tool" record --no-follow'
refused "bpffs is read-only" 'cannot pin anything in /sys/fs/bpf: bpffs is mounted read-only: run .mount -o remount,rw /sys/fs/bpf' \
	'mount -t bpf -o ro bpf fs/bpf; "$tool" record --no-follow'
# What record did by then is undone.
check "a bpffs that it mounted itself is unmounted after that" lacks \
	<(host 'rm -r fs/bpf/luoscope; ulimit -n 6; "$tool" record --no-follow; cat /proc/mounts') '^bpf /sys/fs/bpf '
check "one that was there stays" contains \
	<(host 'rm -r fs/bpf/luoscope; mount -t bpf bpf fs/bpf; ulimit -n 6; "$tool" record --no-follow; cat /proc/mounts') '^bpf /sys/fs/bpf '
broken='rm -r fs/bpf/luoscope; printf "\237\353\001" >kernel/btf/vmlinux; exec "$tool" record --no-follow'
check "--verbose is advised" contains <(host "$broken") "^luoscope: cannot read the BTF of this kernel: .*; 'luoscope record --verbose' shows more$"
check "but not to somebody who gave it" contains <(host "$broken --verbose") '^luoscope: cannot read the BTF of this kernel: [^;]*$'
answers "a host where probes could not be attached" 2 'rm -r fs/bpf/luoscope
	set -- "$tool"; tool="setpriv --bounding-set -bpf,-perfmon,-sys_admin --inh-caps -bpf,-perfmon,-sys_admin $1"; eval "exec $tool status --check"' \
	'^probes +FAIL +not attached, and the kernel rejects even the smallest program: this process lacks CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN: '

host '"$tool" status --json --check' >"$work/ready.json"
check_json "in JSON: ready, and which items were asked" "$work/ready.json" \
	'.ready == true and ([.items[] | select(.asked) | .name] | length == 10 and index("kexec image") != null)'
check "it is as its schema says" "$top_dir/tests/validate" status "$work/ready.json"
check_json "not known is null" <(host 'rm kernel/security/lockdown; "$tool" status --json') '.ready == null'
check_json "not ready is false" <(host 'rm /dev/liveupdate; "$tool" status --json') '.ready == false'
check "without --check the status shows all items, and is 0" bash -c '
	[ "$(unshare --mount --pid --fork --mount-proc bash "$work/host" "\"\$tool\" status" | wc -l)" -gt 40 ]'
check "in a pipe each item is one line, whatever COLUMNS says" bash -c '
	! unshare --mount --pid --fork --mount-proc bash "$work/host" "COLUMNS=40 \"\$tool\" status" | grep "^ "'
check "on a terminal a question that fails is red" bash -c '
	TERM=xterm script -qec "unshare --mount --pid --fork --mount-proc bash $work/host \"rm /dev/liveupdate; \\\"\$tool\\\" status --check\"" /dev/null </dev/null |
		grep -q "^.\[1;31mLUO  *FAIL"'
done_testing
