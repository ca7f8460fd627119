# SPDX-License-Identifier: GPL-2.0
# What the end-to-end tests share: guests with luoscope in them, and checks in TAP, for prove. Sourced, not run.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../lab/lib.sh"
set +e

# A test passes to its own make all the variables it needs. It must not inherit those of 'make check'.
unset MAKEFLAGS MFLAGS

build=$build_dir
# One to run here, and one for the guests.
tool=$top_dir/build/luoscope
guest_tool=$build/luoscope
test_name=$(basename "$0" .t)
out_dir=$build/e2e/$test_name
checks=0
failures=0
mkdir -p "$out_dir"

# ok TEXT STATUS: one TAP line.
ok() {
	checks=$((checks + 1))
	if [ "$2" = 0 ]; then
		echo "ok $checks - $1"
	else
		echo "not ok $checks - $1"
		failures=$((failures + 1))
	fi
}

# diagnose TEXT: TEXT and the end of standard input, as the reason of the check that has just failed. On stderr, which prove lets
# through: who has only what 'make check' printed must see why. And in the TAP, for its summary.
diagnose() {
	local reason
	reason=$({ echo "$test_name, check $checks: $1"; tail -n 90; } | sed 's/^/# /')
	echo "$reason"
	echo "$reason" >&2
}

# check TEXT COMMAND...: passes if the command does. What it prints is shown if it fails.
check() {
	local text=$1 output rc
	shift
	output=$("$@" 2>&1)
	rc=$?
	ok "$text" "$rc"
	[ "$rc" = 0 ] || diagnose "$text, status $rc of: $(cut -c1-300 <<<"$*")" <<<"$output"
}

# check_json TEXT FILE FILTER [JQ-OPTION...]: passes if the filter gives true. If it does not, what FILE has at the filter's paths is
# shown, of those that begin at the root, and its clock, on which many values depend.
check_json() {
	local text=$1 file=$2 filter=$3
	shift 3
	check "$text ($(tr -s "\n\t " " " <<<"$filter"))" is_true "$file" "$filter" "$@"
}
is_true() {
	local file=$1 filter=$2 path
	shift 2
	jq -e "$@" "$filter" "$file" && return
	{ echo .clock; grep -oE '(^|[^]).a-z0-9_"])(\.[a-z_]+)+' <<<"$filter"; } | grep -oE '\..*' | sort -u | while read -r path; do
		jq -r "$path | values | \"$path: \\(.)\"" "$file" 2>/dev/null | cut -c1-1500
	done
	return 1
}

# contains FILE REGEX, lacks FILE REGEX
contains() { grep -qE -- "$2" "$1" || { echo "no match for '$2' in:"; cat "$1"; return 1; }; }
lacks() { ! grep -E -- "$2" "$1"; }

# in_terminal COLUMNS COMMAND...: what it writes to a terminal that is as wide.
in_terminal() {
	local words
	printf -v words '%q ' "${@:2}"
	env -u COLUMNS -u LINES script -qec "stty cols $1 rows 24; $words" /dev/null </dev/null | tr -d '\r'
}

# fails_with STATUS REGEX COMMAND...: the command ends with that status and says that on stderr.
fails_with() {
	local status=$1 regex=$2 rc said
	shift 2
	said=$("$@" 2>&1 >/dev/null </dev/null)
	rc=$?
	echo "status $rc, said: $said"
	[ "$rc" = "$status" ] && grep -qE -- "$regex" <<<"$said"
}

done_testing() {
	echo "1..$checks"
	exit $((failures > 0))
}

# copy_build FROM TO: what was built into another build folder, so that make has nothing to do there.
copy_build() {
	local part
	mkdir -p "$2"
	for part in luoscope luoscope.debug version bpf page user; do
		cp -a "$1/$part" "$2/"
	done
}

# own_build: from here on $build is a build folder of this test alone, for make's BUILD.
own_build() {
	rm -rf "${out_dir:?}/build"
	copy_build "$build" "$out_dir/build"
	find "$out_dir/build" -name '*.d' -exec sed -i "s,\(^\| \)build/,\1$out_dir/build/,g" {} +
	build=$out_dir/build
	tool=$build/luoscope guest_tool=$build/luoscope
}

# own_tree: from here on $top_dir is a copy of the tree, and $build its build folder. For commands as a user gives them.
own_tree() {
	rm -rf "${out_dir:?}/tree"
	mkdir -p "$out_dir/tree"
	tar -C "$top_dir" --exclude=./build --exclude=./.git -c . | tar -C "$out_dir/tree" -x
	copy_build "$top_dir/build" "$out_dir/tree/build"
	[ -z "$cross" ] || copy_build "$build" "$out_dir/tree/build/$arch"
	top_dir=$out_dir/tree
	lab_dir=$top_dir/tests/lab
	build=$top_dir/build${cross:+/$arch}
	tool=$top_dir/build/luoscope guest_tool=$build/luoscope
}

# make_for_guests TARGET...: with make, by one test at a time: more than one needs what is built for arm64.
make_for_guests() { flock "$build.lock" make -s -C "$top_dir" -j"$(nproc)" "$@"; }

# skip_all REASON
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# kernel_of KERNEL: the name of the kernel that a guest really gets where a test wants KERNEL. For another architecture than this machine's
# there is one, 7.3 with the handler, which also stands for a plain 7.3; of any other this says that it is not there, and fails.
kernel_of() {
	case ${cross:+$1} in
	"") echo "$1" ;;
	7.3 | 7.3+vfio) echo 7.3+vfio ;;
	*) echo "the lab has no kernel $1 of $arch"; return 1 ;;
	esac
}
has_kernel() { kernel_of "$1" >/dev/null; }

# kernel_words KERNEL: KERNEL as kernel-build takes it. A series with +vfio has the handler, and what it needs; with
# +vfio+luo_stats it is the one that finds what is wrong in itself, with +vfio+thinlto the one that clang optimized at link time.
kernel_words() {
	local kernel
	kernel=$(kernel_of "$1") || { echo "$kernel" >&2; return 1; }
	case $kernel in
	*+vfio+luo_stats) echo "$kernel lab vfio debug" ;;
	*+vfio+thinlto) echo "${kernel%+thinlto} lab vfio thinlto" ;;
	*+vfio) echo "$kernel lab vfio" ;;
	*) echo "$kernel" ;;
	esac
}

# The series of Linux of which the lab has a kernel.
# shellcheck disable=SC2034 # for those that source this
all_series=(7.3)
! has_kernel 7.2 || all_series+=(7.2)

# module KERNEL [SOURCE]: build luo_stats.ko, or the modules of another folder, in build/module/KERNEL or build/FOLDER/KERNEL.
# Skips the whole test if there is no source of that kernel, and fails it if there is no such kernel of the guests' architecture.
module() {
	local source=${2:-kernel/luo_stats} out=$build/module/$1 rc=0 words
	[ "$source" = kernel/luo_stats ] || out=$build/${source##*/}/$1
	words=$(kernel_words "$1") || { ok "there is a kernel $1 of $arch" 1; done_testing; }
	read -ra words <<<"$words"
	"$lab_dir/module-build" "$source" "${words[0]}" "$out" "${words[@]:1}" || rc=$?
	((rc == 3)) && skip_all "there is no kernel source of series $1 here"
	((rc == 0)) || { ok "$source can be built for $1" 1; done_testing; }
}

# guest NAME FROM TO SCENARIO [RUN-SCENARIO-OPTION...]: run a scenario with luoscope and luo_stats.ko in both kernels; results
# in $out_dir/NAME, reports of every capture that the guest left among them (share/X.luoscope: X.txt, X.json).
guest() {
	local name=$1 from=$2 to=$3 scenario=$4 capture
	shift 4
	module "$from"
	[ "$to" = "$from" ] || module "$to"

	rm -rf "${out_dir:?}/$name"
	check "$name: $(kernel_of "$from") -> $(kernel_of "$to"), what was preserved arrives, no kernel complains" \
		"$lab_dir/run-scenario" --from "$(kernel_words "$from")" --to "$(kernel_words "$to")" --scenario "$scenario" \
		--out "$out_dir/$name" --add "$guest_tool:/bin/luoscope" --add-first "$build/module/$from/luo_stats.ko:/luo_stats.ko" \
		--add-second "$build/module/$to/luo_stats.ko:/luo_stats.ko" "$@"
	for capture in "$out_dir/$name"/share/*.luoscope; do
		[ -f "$capture" ] || continue
		"$tool" report --full "$capture" >"$out_dir/$name/$(basename "$capture" .luoscope).txt"
		"$tool" report --json "$capture" >"$out_dir/$name/$(basename "$capture" .luoscope).json"
		check "$name: the report of $(basename "$capture") is as its schema says" "$top_dir/tests/validate" report \
			"$out_dir/$name/$(basename "$capture" .luoscope).json"
	done
}

# run_disk KERNEL CMDLINE: run KERNEL with a copy of $out_dir/disk for its root, and a copy of $out_dir/given for its $out_dir/share.
run_disk() {
	rm -rf "$out_dir"/{share,console.log,disk.run}
	cp -a "$out_dir/given" "$out_dir/share"
	cp --reflink=auto "$out_dir/disk" "$out_dir/disk.run"
	"$lab_dir/qemu" --kernel "$1" --root "$out_dir/disk.run" --append "$2" --console "$out_dir/console.log" \
		--share "$out_dir/share" --timeout 900
}

# check_backbone TEXT JSON: the phases follow one another without gap or overlap from the first boundary to the last, and their
# durations add up to the blackout to the nanosecond.
check_backbone() {
	check_json "$1: phases add up to the blackout" "$2" \
		'.update.blackout_ns > 0 and ([.phases[].duration_ns] | add) == .update.blackout_ns'
	check_json "$1: phases follow one another without gap" "$2" \
		'[.phases | range(1; length) as $i | .[$i].start_ns == .[$i-1].start_ns + .[$i-1].duration_ns] | all'
	check_json "$1: every phase is there and none is negative" "$2" \
		'[.phases[].name] == ["freeze", "notifiers", "device_shutdown", "system_core_shutdown", "machine_shutdown",
		  "dumpers", "jump", "kernel_boot", "userspace", "retrieve"] and ([.phases[].duration_ns >= 0] | all)'
	check_json "$1: the clock was verified" "$2" '.clock.verdict == "verified"'
	check_json "$1: nothing was dropped" "$2" '.dropped == 0'
}

# A kernel that finds what is wrong in itself (KASAN, lockdep and more: kernel/configs/debug.config), with vfio as modules and
# luo_stats built in. It is large and slow. What it needs to boot with is too much for KHO to reserve twice of, as it does by
# itself. With page tables of 5 levels KASAN takes an interrupt that comes while the CPU is identified for a wild access.
# shellcheck disable=SC2034 # for those that source this
debug_kernel=7.3+vfio+luo_stats debug_machine=(--mem 3072 --timeout 3600 --append "kho_scratch=64M,640M,64M no5lvl")
# Where nobody looks for memory that was lost, nobody need follow each allocation.
# shellcheck disable=SC2034
no_kmemleak=(--append kmemleak=off)

# stress_is_survived: what is checked of a guest "stress" that ran tests/scenarios/stress. A kernel with preemption may have skipped a
# program while sessions came and went; not in the update itself, in which one thread does it all.
stress_is_survived() {
	echo "# $(awk '{ sum += $1 } END { print sum }' "$out_dir/stress/share/sessions") sessions came and went, three at a time"
	check_json "stress: every step of every file of the update" "$out_dir/stress/update.json" \
		'(.files | length) == 60 and ([.files[] | .preserve, .freeze, .retrieve, .finish | .result == 0] | all)'
	check_json "stress: nothing in the areas makes no sense" "$out_dir/stress/update.json" \
		'.losses.invalid_spans + .losses.invalid_subjects + .losses.reserved_spans == 0'
	check_json "stress: nothing lacked room" "$out_dir/stress/update.json" '.wanted_area_kib == null'
}

# selftest FROM TO VARIANT NAMES [RUN-SCENARIO-OPTION...]: these scenarios of the handler's own test, from one series to the other, in
# kernels of that variant. run-scenario fails on any complaint of one. What several scenarios do in one guest has one reason: it comes
# first.
selftest() {
	local from=$1 to=$2 variant=$3 names=$4 name output rc=0
	shift 4
	output=$(VARIANT=$variant OUT=$out_dir/selftest ONLY=$names "$lab_dir/vfio-selftest" "$from" "$to" "$@" 2>&1) || rc=$?
	[ "$rc" != 3 ] || skip_all "there is no kernel source of series $from or $to here"
	ok "the handler's own test, $from to $to, and what its tracepoints show of the resets" "$rc"
	[ "$rc" = 0 ] || diagnose "vfio-selftest $from $to" <<<"$output"
	for name in $names; do
		check "the handler's own test, $from to $to: $name" grep -qxF "  $name: ok" <<<"$output"
	done
}

# selftest_in_debug_kernel NAME...: the same, in that kernel.
selftest_in_debug_kernel() { selftest 7.3 7.3 "+vfio+luo_stats lab vfio debug" "$*" "${debug_machine[@]}" "${no_kmemleak[@]}"; }

# What handler.t and handler_faults.t run of the handler's own test in Linux 7.2: all of it.
# shellcheck disable=SC2034 # for those that source this
selftest_updates="update wrong rollback busy resets unbound vetoes replaced unreadable refusals together withheld places"
# shellcheck disable=SC2034
selftest_faults="late bounds mute touched broken astray headless"

# made KIND: a capture that no guest leaves, by tests/unit/make_capture; prints its path.
made() {
	make -s -C "$top_dir" build/unit/make_capture >&2 && "$build/unit/make_capture" "$1" "$out_dir/$1.luoscope" &&
		echo "$out_dir/$1.luoscope"
}

# vms_agree REPORT VMM-OUTPUT COUNT: the downtime that luoscope reports for COUNT vCPUs is never longer than what each saw itself,
# for it lies within one round of the vCPU; and never shorter than what the VMM measured from outside of KVM_RUN. No tolerance is
# needed for that but the rounding of one clock in two ways. How far those two are apart is what KVM takes to leave a guest, and to
# enter one for the first time: 2 to 35 ms of some seconds in 40 tries (1 to 3 ms where it is not the first). Allowed is a 20th.
vms_agree() {
	local vm vcpu own reported outside rounding count=0
	while read -r vm vcpu own reported outside; do
		echo "$vm, vCPU $vcpu: itself $own ns, luoscope $reported ns, VMM $outside ns"
		[ "$reported" != null ] || return
		rounding=$((10000 + own / 1000000))
		((outside > 0 && outside - rounding <= reported && reported <= own + rounding && own - outside <= own / 20)) || return
		count=$((count + 1))
	done < <("$lab_dir/vm-downtime" "$1" "$2")
	((count == $3))
}

# scenario NAME: a scenario from standard input, as a file; prints its path.
scenario() {
	cat >"$out_dir/$1.scenario"
	echo "$out_dir/$1.scenario"
}
