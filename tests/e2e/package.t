#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The Debian packages: installed, used, and removed without a trace, in a root file system of Debian 12. DKMS builds the module for
# the lab's kernel there.
. "$(dirname "$0")/lib.sh"
cd "$top_dir" || exit 1

release=$(cat VERSION)
kernel=$("$lab_dir/kernel-build" 7.3)
[ -n "$kernel" ] || { echo "1..0 # SKIP there is no kernel to build the module for"; exit 0; }
source=$("$lab_dir/kernel-source" 7.3)
kernel_release=$(cat "$kernel/include/config/kernel.release")
unset MAKEFLAGS MAKELEVEL

check "make deb" make -s deb
root=$(mktemp -d)
# A kernel that lies in its tree comes with it. What is mounted is no part of what is removed.
trees=("$source")
case $kernel in "$source"/*) ;; *) trees+=("$kernel") ;; esac
clean_up() {
	umount "$root/dev/null" "$root/proc" "${trees[@]/#/$root/}" 2>/dev/null
	grep -qF " $root/" /proc/mounts || rm -rf --one-file-system "$root"
}
trap clean_up EXIT
"$lab_dir/debian-root" "$root" bookworm dkms gcc make libc6-dev libelf1 kmod pahole || {
	[ $? = 3 ] && { echo "1..0 # SKIP Debian's packages cannot be had"; exit 0; }
	exit 1
}
# in_root COMMAND...
in_root() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$root" "$@"; }
touch "$root/dev/null"
ln -sfn /proc/self/fd "$root/dev/fd"
mount --bind /dev/null "$root/dev/null"
mount -t proc proc "$root/proc"
for tree in "${trees[@]}"; do
	mkdir -p "$root/$tree"
	mount --bind -o ro "$tree" "$root/$tree"
done
mkdir -p "$root/lib/modules/$kernel_release"
in_root find / -xdev ! -path "/proc/*" ! -path "/var/log/*" ! -path "/var/cache/*" ! -path "/tmp/*" | sort >"$out_dir/before"

cp build/deb/*.deb tests/captures/devices.luoscope "$root/tmp/"
check "they install" in_root sh -c 'dpkg -i /tmp/*.deb'
check "the program runs" sh -c '"$@" --version | grep -q "^luoscope "' - chroot "$root" luoscope
check "it reports a capture" sh -c '"$@" report /tmp/devices.luoscope | grep -q "^Live update #1 .* blackout 4.98"' - chroot "$root" luoscope
check "manual page, completion, unit and rule are in Debian's places" in_root sh -c 'ls /usr/share/man/man1/luoscope-report.1.gz \
	/usr/share/bash-completion/completions/luoscope /lib/systemd/system/luoscope.service /usr/lib/udev/rules.d/70-luo-mark.rules'
check "the runbooks of the alerts are as their links have them, not compressed" in_root sh -c '
	dpkg -L luoscope | grep -x /usr/share/doc/luoscope/alerts.md'
check "recording waits for somebody to switch it on" in_root sh -c '! find /etc/systemd -name "luoscope*" | grep .'
check "DKMS knows the module" in_root sh -c "dkms status | grep -q '^luo_stats/$release'"
check "and builds it for the lab's kernel" in_root sh -c "dkms build -m luo_stats -v $release -k $kernel_release --kernelsourcedir $kernel ||
	{ cat /var/lib/dkms/luo_stats/$release/build/make.log; exit 1; }"
check "the module is of that kernel" sh -c '
	find "$1/var/lib/dkms/luo_stats" -name "luo_stats.ko*" | head -1 | xargs modinfo -F vermagic | grep -q "^$2 "' - "$root" "$kernel_release"
check "with the type information by which programs find its functions" sh -c '
	find "$1/var/lib/dkms/luo_stats" -name "luo_stats.ko*" | head -1 | xargs readelf -S | grep -qF " .BTF "' - "$root"
mkdir -p "$root/var/lib/luoscope" && touch "$root/var/lib/luoscope/1.luoscope"
check "removing keeps the captures" in_root sh -c 'dpkg --remove luoscope luoscope-dkms && test -e /var/lib/luoscope/1.luoscope && ! command -v luoscope'
check "DKMS has forgotten the module" in_root sh -c '! dkms status | grep luo_stats'
check "purging takes them as well" in_root sh -c 'dpkg --purge luoscope luoscope-dkms && ! test -e /var/lib/luoscope'
in_root find / -xdev ! -path "/proc/*" ! -path "/var/log/*" ! -path "/var/cache/*" ! -path "/tmp/*" | sort >"$out_dir/after"
# What dpkg, systemd's helpers and DKMS keep for themselves is not ours.
check "nothing is left" sh -c '! comm -13 "$1/before" "$1/after" | grep -E "luoscope|luo_stats|luo-mark"' - "$out_dir"
done_testing
