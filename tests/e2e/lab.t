#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the lab says to somebody who cannot run it: no network, no space, no root, no Debian, no such tree.
. "$(dirname "$0")/lib.sh"

work=$(mktemp -d)
chmod 755 "$work"
trap 'umount "$work/small" 2>/dev/null; rm -rf "$work"' EXIT
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)

check "a series that there is not" fails_with 3 "no suite of .* has linux-source-9.9" "$lab_dir/kernel-source" 9.9
check "no network" fails_with 1 "connect this machine, or set KERNEL_SRC" \
	env LUOSCOPE_CACHE="$work/cache" http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 "$lab_dir/kernel-source" 7.3
check "a cache that cannot be made" fails_with 1 "set LUOSCOPE_CACHE to a directory that can be written" \
	env LUOSCOPE_CACHE=/proc/nothing "$lab_dir/kernel-source" 7.3
mkdir "$work/small"
if mount -t tmpfs -o size=1M tmpfs "$work/small" 2>/dev/null; then
	check "too little disk" fails_with 1 "needs [0-9]+ MiB .*set LUOSCOPE_CACHE to a larger disk" \
		env LUOSCOPE_CACHE="$work/small" "$lab_dir/kernel-source" 7.3
	# Two trees that a patch left behind, in a cache of 1 MiB.
	for name in last-month today; do
		mkdir -p "$work/small/patched/$name"
		head -c 300K /dev/zero >"$work/small/patched/$name/vmlinux"
		touch "$work/small/patched/$name/.luoscope-patched"
	done
	touch -d '1 month ago' "$work/small/patched/last-month/.luoscope-patched"
	# shellcheck disable=SC2016 # for the inner shell
	check "too little disk: trees that are in use stay, and the others go if that helps" \
		env LUOSCOPE_CACHE="$work/small" bash -c '. "$1" && need_space_mib "$LUOSCOPE_CACHE" 0 "a tree" &&
			[ -d "$LUOSCOPE_CACHE/patched/last-month" ] && ! (need_space_mib "$LUOSCOPE_CACHE" 100 "a tree") &&
			[ ! -d "$LUOSCOPE_CACHE/patched/last-month" ] && [ -d "$LUOSCOPE_CACHE/patched/today" ]' \
		"$lab_dir/kernel-source" "$lab_dir/lib.sh"
else
	for name in "too little disk" "too little disk: trees"; do
		checks=$((checks + 1))
		echo "ok $checks - $name # SKIP no file system can be mounted here"
	done
fi
check "KERNEL_SRC that is no kernel" fails_with 1 "is not a kernel tree with kernel/liveupdate" \
	env KERNEL_SRC=/usr "$lab_dir/kernel-source" 7.3
tree=$("$lab_dir/kernel-source" 7.3)
check "KERNEL_SRC of another series" fails_with 1 "holds 7.3[.0-9]*, and a 7.2 kernel is wanted" \
	env KERNEL_SRC="$tree" "$lab_dir/kernel-source" 7.2
check "KERNEL_SRC that fits is taken" test "$(KERNEL_SRC=$tree "$lab_dir/kernel-source" 7.3)" = "$tree"

# A machine on which nothing is installed, and one that is no Debian.
mkdir "$work/bin"
printf '#!/bin/sh\nexit 1\n' >"$work/bin/dpkg-query"
chmod 755 "$work/bin/dpkg-query"
cp -r "$top_dir/tests" "$work/"
check "packages are missing, and not root" fails_with 1 "run as root: apt-get install .*${qemu_packages%% *}" \
	"${nobody[@]}" env HOME="$work" PATH="$work/bin:$PATH" "$work/tests/lab/install-packages" lab
printf 'ID=fedora\n' >"$work/os-release"
# shellcheck disable=SC2016 # for the inner shell
other_distribution='mount --bind "$1" /etc/os-release && PATH=$2 && shift 2 && exec "$@"'
for name in bash dirname cat env; do ln -s "$(command -v "$name")" "$work/bin/$name"; done
if unshare -m true 2>/dev/null; then
	check "not Debian, and tools are missing" fails_with 1 "this is not Debian but fedora: install .*$qemu" \
		unshare -m bash -c "$other_distribution" - "$work/os-release" "$work/bin" bash "$lab_dir/install-packages" lab
	check "not Debian, and all tools are there" unshare -m bash -c "$other_distribution" - "$work/os-release" "$PATH" \
		bash "$lab_dir/install-packages"
fi

# How the lab gets a QEMU: the machine's own, or if that is too old, that of Debian's backports.
mkdir -p "$work/old/bin" "$work/new/bin"
printf '#!/bin/sh\necho "QEMU emulator version %d.2.22 (Debian)"\n' $((${qemu_least%%.*} - 1)) >"$work/old/bin/$qemu"
printf '#!/bin/sh\necho "QEMU emulator version %s.0"\n' "$qemu_least" >"$work/new/bin/$qemu"
chmod 755 "$work"/{old,new}/bin/$qemu
given() { test "$("${@:2}")" = "$1"; }
check "a QEMU of this machine that is new enough is taken" given "$work/new/bin/$qemu" \
	env LUOSCOPE_CACHE="$work/cache-qemu" PATH="$work/new/bin:$PATH" "$lab_dir/emulator"
check "one that is too old is not, and there is no network" fails_with 1 "connect this machine, or set LUOSCOPE_QEMU to a QEMU of $qemu_least or later" \
	env LUOSCOPE_CACHE="$work/cache-qemu" http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 PATH="$work/old/bin:$PATH" \
	"$lab_dir/emulator"
check "it is taken if it is named" given "$work/old/bin/$qemu" \
	env LUOSCOPE_QEMU="$work/old/bin/$qemu" "$lab_dir/emulator"
check "a named one that there is not" fails_with 1 "LUOSCOPE_QEMU=/nothing is not a program" env LUOSCOPE_QEMU=/nothing "$lab_dir/emulator"
mapfile -t emulator < <("$lab_dir/emulator")

# To find out whether KVM works, a kernel that panics is started. It must say so on the guest's console. Each check has a cache of its own.
# trial NAME WORD ANSWER: under a QEMU whose kernel says WORD there, the answer is so.
trial() {
	cat >"$work/trial-$1" <<END
#!/bin/bash
for word; do
	case \$word in file:*) log=\${word#file:} ;; esac
done
case " \$* " in *" -append console=$console "*) echo "$2" >"\$log" ;; esac
END
	chmod 755 "$work/trial-$1"
	env -u LUOSCOPE_ACCEL LUOSCOPE_CACHE="$work/cache-$1" LUOSCOPE_QEMU="$work/trial-$1" "$lab_dir/accel" "$work/trial-$1" | grep -- "^-accel $3[ ,]"
}
if [ "$arch" != arm64 ] && [ -w /dev/kvm ]; then
	check "KVM works if a kernel that is to say so on the guest's console panics there" trial panics "Kernel panic - not syncing" kvm
	check "and it does not if that kernel says something else" trial silent "Linux version" tcg
else
	for name in "KVM works" "KVM does not work"; do
		ok "$name # SKIP there is no KVM here" 0
	done
fi

# crashing COUNT COMMAND...: with a QEMU that crashes so often, and works after that.
crashing() {
	seq "$1" >"$work/crashes"
	LUOSCOPE_QEMU=$work/crash LUOSCOPE_ACCEL=tcg "${@:2}"
}
cat >"$work/crash" <<END
#!/bin/bash
if [ -s "$work/crashes" ]; then
	sed -i 1d "$work/crashes"
	kill -SEGV \$\$
fi
exec ${emulator[@]@Q} "\$@"
END
chmod 755 "$work/crash"
printf 'generation_1() { scenario_done; }\n' >"$work/ends"
run_it=("$lab_dir/run-scenario" --from 7.3 --to 7.3 --chain 1 --scenario "$work/ends" --out "$work/out")
check "a QEMU that crashes twice: the third one counts" crashing 2 "${run_it[@]}"
[ "$arch" != x86 ] || check "a guest has x2APIC, so that none of its interrupts goes astray" grep -q "x2apic enabled" "$work/out/share/dmesg.1"
check "one that crashes each time" fails_with 1 "QEMU failed three times" crashing 9 "${run_it[@]}"

# Of another architecture the lab has few kernels, and no test runs one under the name of another.
other=$([ "$host_arch" = arm64 ] && echo x86 || echo arm64)
# of_other COMMAND...: a function of tests/e2e/lib.sh, for guests of that architecture.
of_other() { ARCH=$other bash -c '. "$1" && shift && "$@"' lab "$top_dir/tests/e2e/lib.sh" "$@"; }
check "7.3 of another architecture is the one with the handler" test "$(of_other kernel_words 7.3)" = "7.3+vfio lab vfio"
for kernel in 7.2 7.2+vfio 7.3+changed 7.3+vfio+luo_stats; do
	check "there is no $kernel of it" fails_with 1 "the lab has no kernel ${kernel//+/.} of $other" of_other kernel_words "$kernel"
	check "and a test that wants it fails" test "$(of_other module "$kernel" 2>/dev/null | paste -sd';')" = \
		"not ok 1 - there is a kernel $kernel of $other;1..1"
done

for command in "$top_dir/tests/check quick" "make -C $top_dir check-quick"; do
	# shellcheck disable=SC2086 # a list of words
	check "'${command/"$top_dir"/.}' for another architecture is refused" fails_with "$([[ $command = make* ]] && echo 2 || echo 1)" \
		"the tests that need no guest are those of this machine: leave out ARCH" env ARCH="$other" $command
done
check "a soak for it begins with what runs here" bash -c '
	make -n -C "$1" ARCH="$2" SYSROOT=/ soak | grep -A 1 install-packages | grep -q "ARCH=$3 .*all$"' - "$top_dir" "$other" "$host_arch"
check "the manual pages for it come from the program that runs here" bash -c '
	make -n -C "$1" ARCH="$2" SYSROOT=/ man | grep -qx "docs/man/generate build/luoscope build/$2/man"' - "$top_dir" "$other"

# The name that uname has for this machine's architecture is not another architecture.
check "make takes uname's name of the architecture" bash -c '
	make -s -C "$1" ARCH="$2" --eval "show: ; @echo \$(ARCH) \$(BUILD)" show | grep -qx "$3 build"' - "$top_dir" "$HOSTTYPE" "$host_arch"
check "so does the lab" test "$(ARCH=$HOSTTYPE bash -c '. "$1" && echo "$arch, $build_dir, $cross"' - "$lab_dir/lib.sh")" = \
	"$host_arch, $top_dir/build, "

# shellcheck disable=SC2016 # for the inner shell
check "a test's own make does not inherit the variables of 'make check'" env MAKEFLAGS=" -- ARCH=$host_arch" bash -c '. "$1/tests/e2e/lib.sh" &&
	ARCH=$2 make -s -C "$1" --eval "show: ; @echo \$(ARCH)" show | grep -qx "$2"' lab "$top_dir" "$other"

# A guest that hangs, under a QEMU whose monitor gives these answers.
mkdir "$work/silent"
cat >"$work/silent/registers" <<'END'
CPU#0
RSI=0000000000000000 RDI=0000000000000000 RBP=ffffc90000001000 RSP=ffffc90000000f00
RIP=ffffffff83961f47 RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1
CPU#1
RSI=0000000000000000 RDI=0000000000000000 RBP=ffffc90000002000 RSP=ffffc90000001f00
RIP=ffffffff83961f47 RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1
END
cat >"$work/silent/stacks" <<'END'
0xffffc90000000f00: 0xffffffff83961f48 0x0000000000000001
0xffffc90000000f00: 0xffffffff83961f00 0xffffffff83962000
0xffffc90000001f00: 0xffffffff83960010 0xffffffff83990000
END
printf '%s\n' "ffffffff81000000 T _text" "ffffffff81060000 t waits" "ffffffff81061f00 T idle" "ffffffff81061f80 d data" \
	"ffffffff81062000 t starts" "ffffffff81090000 T _etext" >"$work/map"
cat >"$work/silent/qemu" <<'END'
#!/bin/bash
here=$(dirname "$0")
for word; do
	case $word in pipe,id=watch,*) monitor=${word#*path=} ;; esac
done
exec 8<>"$monitor.in" 9<>"$monitor.out"
while read -r command <&8; do
	case $command in
	"info registers -a") cat "$here/registers" >&9 ;;
	x*) sed -n "s|^${command##* }: |ffffc90000000000: |p" "$here/stacks" >&9 ;;
	esac
done
END
chmod 755 "$work/silent/qemu"
touch "$work/console"
check "a guest that hangs is ended" fails_with 2 "did not end within 3 s" env LUOSCOPE_QEMU="$work/silent/qemu" LUOSCOPE_ACCEL=tcg \
	"$lab_dir/qemu" --kernel "$work/ends" --initrd "$work/ends" --append "" --console "$work/console" --timeout 3
check "where its CPUs are is kept" \
	test "$("$lab_dir/where" "$work/console.cpus" "$work/map" ffffffff83900000 | paste -sd';')" = \
	"CPU 0, halted: idle < starts;CPU 1, halted: idle < waits"
check "and shown as numbers if it is not known where the kernel's text is" \
	test "$("$lab_dir/where" "$work/console.cpus" "$work/map" | paste -sd';')" = \
	"CPU 0, halted: 0xffffffff83961f47;CPU 1, halted: 0xffffffff83961f47"
done_testing
