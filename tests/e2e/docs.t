#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The commands of README, docs and --help that need a kernel tree, a guest or an update, taken from there as they stand
# (tests/docs-commands lists them): in this tree, in a kernel tree, in a guest of the lab, and under systemd, before and after an
# update that they make.
. "$(dirname "$0")/lib.sh"
own_tree
cd "$top_dir" || exit 1

[ -d "$("$lab_dir/kernel-source" 7.3)" ] || skip_all "there is no kernel source of series 7.3 here"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset MAKEFLAGS MAKELEVEL
tests/docs-commands >"$work/commands"
# commands_of WHERE [REGEX]: each once, in the order of the pages.
commands_of() { awk -F '\t' -v where="$1" -v regex="${2:-.}" '$1 == where && $3 ~ regex && !seen[$3]++ { print $3 }' "$work/commands"; }

# In this tree. A module is made for the kernel that runs: here, for the one that is going to run in the guest.
kernel=$("$lab_dir/kernel-build" 7.3)
release=$(cat "$kernel/include/config/kernel.release")
mkdir -p "$work/bin" "$work/modules/$release" /lib/modules
ln -s "$kernel" "$work/modules/$release/build"
printf '#!/bin/sh\n[ "$*" != -r ] || { echo %s; exit; }\nexec %s "$@"\n' "$release" "$(command -v uname)" >"$work/bin/uname"
chmod +x "$work/bin/uname"
# in_tree COMMAND
in_tree() {
	unshare --mount env PATH="$work/bin:$PATH" bash -euc 'mount --bind "$1" /lib/modules; eval "$2"' - "$work/modules" "$1"
}
while read -r line; do
	check "in this tree: $line" in_tree "$line"
done < <(commands_of tree)
check "the module is of that kernel" sh -c 'modinfo -F vermagic build/module/luo_stats.ko | grep -q "^$1 "' - "$release"
check "a guest has the devices that the lab's page shows" grep -qxF "$(sed -n '/^ *```text$/,/^ *```$/s/^ *\(0000:04.*\)/\1/p' docs/lab.md)" \
	build/look/share/devices
"$tool" report --json build/conventional/share/update.luoscope >"$out_dir/conventional.json"
check_json "its example goes through an update: INTx, behind a bridge" "$out_dir/conventional.json" \
	'.update.complete and (.devices | length) == 1 and
	 (.devices[0] | .device == "0000:04:01.0" and .reset.method == "bus" and .reset.outcome == "ok" and .in_service_ns > 0)'
"$tool" report --json build/demo/update.luoscope >"$out_dir/demo.json"
check_json "the demo goes from 7.2 to 7.3" "$out_dir/demo.json" \
	'.update.complete and (.update.from.release | startswith("7.2.")) and (.update.to.release | startswith("7.3."))'

# In a kernel tree, which has of Linux what the patches change; luoscope's tree is at "...".
export GIT_CONFIG_GLOBAL=/dev/null GIT_COMMITTER_NAME=lab GIT_COMMITTER_EMAIL=lab@localhost GIT_AUTHOR_NAME=lab GIT_AUTHOR_EMAIL=lab@localhost
linux=$work/linux
make_linux() {
	local tree file
	tree=$("$lab_dir/kernel-source" 7.3)
	for file in scripts/config $(cat build/kernel-patches/7.3/*.patch | sed -nE 's,^diff --git a/([^ ]*) .*,\1,p' | sort -u); do
		[ ! -f "$tree/$file" ] || install -D "$tree/$file" "$linux/$file"
	done
	: >"$linux/.config"
	git -C "$linux" init -q && git -C "$linux" add -A && git -C "$linux" commit -qm base && git -C "$linux" tag base
	ln -s "$top_dir" "$linux/..."
}
# in_kernel COMMAND
in_kernel() {
	case $1 in
	make*) bash -euc "$1"; return ;;
	"cd linux"*) make_linux && cd "$work" && bash -euc "$1"; return ;;
	# It stands for itself.
	*luo_stats*) git -C "$linux" reset -q --hard base ;;
	esac
	cd "$linux" && bash -euc "$1"
}
while read -r line; do
	check "in a kernel tree: $line" in_kernel "$line"
done < <(commands_of kernel)
check "the options are set" grep -qxE 'CONFIG_(VFIO_PCI_LIVEUPDATE|LUO_STATS)=y' "$linux/.config"
check "luo_stats is in the tree" test -s "$linux/kernel/liveupdate/luo_stats/area.c"

# The tracepoints, in a guest with the handler.
"$lab_dir/client" "$out_dir/vmm" vmm
{
	echo "generation_1() {"
	echo "give_to_vfio 0000:01:00.0"
	commands_of vfio '^echo'
	echo "vmm open=nvme,0000:01:00.0 bind=nvme session=vm preserve=nvme,1"
	commands_of vfio '^cat' | sed 's,$, >/tmp/trace,'
	printf '%s\n' "mount_host" "cp /tmp/trace /host/" "scenario_done" "}"
} >"$out_dir/tracepoints.scenario"
guest tracepoints 7.3+vfio 7.3+vfio "$out_dir/tracepoints.scenario" --chain 1 --add "$out_dir/vmm:/bin/vmm"
check "the tracepoints are in the trace" contains "$out_dir/tracepoints/share/trace" 'vfio_pci_preserve_end: .*result=0'

# Under systemd: an installation by hand, as the pages have it, an update, and what is done after it. A service keeps a memfd, so
# that something goes through.
share=$out_dir/share given=$out_dir/given
rm -rf "$given"
mkdir -p "$given/next" "$given/1" "$given/2"
commands_of old '^insmod' >"$given/first"
commands_of systemd >"$given/install"
commands_of old-stays >"$given/stays"
commands_of old '^(luoscope|kexec)' >"$given/old"
commands_of new >"$given/new"
ln "$kernel/$kernel_image" "$given/next/bzImage" 2>/dev/null || cp "$kernel/$kernel_image" "$given/next/bzImage"
# No init in it: the kernel goes on to the root file system.
mkdir "$work/empty"
(cd "$work/empty" && echo . | cpio -o -H newc --quiet) | zstd -q >"$given/next/initrd.img"
"$lab_dir/client" "$out_dir/fd_keeper" fd_keeper.c
units=/etc/systemd/system
files=(
	--add "$tool:/root/luoscope/build/luoscope" --add "$top_dir/systemd/luoscope.service:/root/luoscope/systemd/luoscope.service"
	--add "$build/module/luo_stats.ko:/root/luoscope/build/module/luo_stats.ko"
	--add "$out_dir/fd_keeper:/usr/sbin/fd_keeper" --add "$lab_dir/systemd/fd-keeper.service:$units/fd-keeper.service"
	--add "$lab_dir/systemd/lab.service:$units/lab.service" --add "$lab_dir/systemd/docs-script:/etc/lab/script"
	--link "$units/lab.service:$units/multi-user.target.wants/lab.service"
	--link "/dev/null:$units/getty@.service" --link "/dev/null:$units/serial-getty@.service"
)
for file in order builtin builtin.modinfo; do
	files+=(--add "$kernel/modules.$file:/usr/lib/modules/$release/modules.$file")
done
# Programs that Debian's packages have, with what they need beyond the C library.
for program in kexec jq; do
	files+=(--add "$(PATH=$PATH:/usr/sbin command -v "$program"):/usr/bin/$program")
	for library in $(ldd "$(PATH=$PATH:/usr/sbin command -v "$program")" | sed -nE 's,.*=> ([^ ]*lib(xen|jq|onig)[^ ]*) .*,\1,p'); do
		files+=(--add "$library:/usr/lib/$arch_triplet/${library##*/}")
	done
done
# A host that is this one.
printf '#!/bin/sh\nshift\nexec "$@"\n' >"$work/bin/ssh"
chmod +x "$work/bin/ssh"
files+=(--add "$work/bin/ssh:/usr/bin/ssh")
"$lab_dir/systemd-disk" "$out_dir/disk" "${files[@]}"
case $? in
0) ;;
3) echo "# the packages of a guest with systemd cannot be had"; done_testing ;;
*) ok "a disk with systemd can be made" 1; done_testing ;;
esac
cmdline="console=$console $("$lab_dir/clock-options" "$kernel/$kernel_image") loglevel=5 panic=-1 oops=panic"
cmdline+=" kho=on liveupdate=on${kernel_options:+ $kernel_options} root=/dev/vda rw systemd.show_status=0"
check "a guest with systemd goes through an update by these commands" \
	until_qemu_works run_disk "$kernel/$kernel_image" "$cmdline"
check "no kernel complains" "$lab_dir/console-check" "$out_dir/console.log"
check "it did all that it should" sh -c 'test -e "$1/done" && ! cat "$1/failed" 2>/dev/null' - "$share"
while read -r line; do
	check "in the guest: $line" grep -qxF "ok $line" "$share/log"
done < <(cat "$share"/{first,install,stays,old,new})

capture=$share/2/update.luoscope
"$tool" report --json "$capture" >"$out_dir/update.json"
check_json "the update is whole, and was watched from its first process on" "$out_dir/update.json" \
	'.update.complete and .update.luoscope_init_ns > 0 and .clock.verdict == "verified" and
	 ([.phases[].duration_ns] | add) == .update.blackout_ns'
# Its end is in a later line than the first "save".
"$tool" report --json "$share/2/after.luoscope" >"$out_dir/after.json"
check_json "the guest's pause is one span across the kexec" "$out_dir/after.json" \
	'[.marks[] | select(.name == "guest-paused" and .instance == "7")] | length == 1 and (.[0] | .crosses and .duration_ns > 0)'
check "node_exporter has its metrics" contains "$share/2/luoscope.prom" '^luoscope_blackout_seconds [0-9]'
done_testing
