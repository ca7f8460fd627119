# SPDX-License-Identifier: GPL-2.0
# What the lab's scripts share: messages, the cache, long steps with their time. Sourced, not run.
# shellcheck shell=bash
set -euo pipefail

lab_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top_dir=$(cd "$lab_dir/../.." && pwd)
cache_dir=${LUOSCOPE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/luoscope}

# Messages go to stderr: stdout is for the answer of a script, such as a path.
say() { printf '%s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# The architecture of the guests, as the kernel calls it: this machine's, or the one that $ARCH names. Then all that is built for
# a guest is built by a cross compiler, whose programs' names start with $cross.
# The kernel's makefiles also take what uname calls it.
kernel_arch() {
	case $1 in
	x86_64) echo x86 ;;
	aarch64) echo arm64 ;;
	*) echo "$1" ;;
	esac
}
host_arch=$(kernel_arch "$HOSTTYPE")
arch=$(kernel_arch "${ARCH:-$host_arch}")
[ -f "$lab_dir/arch/$arch" ] || die "the lab has no guests of the architecture '$arch'; ARCH is x86 or arm64"
# shellcheck source=tests/lab/arch/x86
. "$lab_dir/arch/$arch"
cross=
[ "$arch" = "$host_arch" ] || cross=$arch_triplet-
# Where make puts what is built for the guests.
build_dir=$top_dir/build${cross:+/$arch}

# step TEXT COMMAND...: run a long command with its output in a log file, and say how long it took. If it fails, the lines of the
# log that look like the cause are shown, and its end.
step() {
	local text=$1 log begin rc=0 pid
	shift
	mkdir -p "$cache_dir/log"
	log=$(mktemp "$cache_dir/log/step.XXXXXX")
	begin=$SECONDS
	say "  $text ..."
	"$@" >"$log" 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		sleep 1
		if ((SECONDS - begin > 0 && (SECONDS - begin) % 60 == 0)); then
			say "  $text: $((SECONDS - begin)) s so far"
		fi
	done
	wait "$pid" || rc=$?
	if ((rc)); then
		# With parallel jobs the cause may stand far from the end.
		grep -m 8 -nE 'error:|[^_]ERROR|Error [0-9]|not found|No such file' "$log" >&2 || true
		tail -n 15 "$log" >&2
		die "$text failed after $((SECONDS - begin)) s; the whole output is in $log"
	fi
	say "  $text: done in $((SECONDS - begin)) s"
	rm -f "$log"
}

free_mib() { df -Pm "$1" | awk 'NR == 2 { print $4 }'; }

# remove_oldest_tree: the patched kernel tree that was not used for longest, with what was built in it. Fails if each was used in the
# last six hours, which is longer than any run of the tests.
remove_oldest_tree() {
	local stamp tree lock
	for stamp in $(find "$cache_dir"/patched/*/.luoscope-patched -mmin +360 -printf '%T@ %p\n' 2>/dev/null | sort -n | cut -d ' ' -f 2); do
		tree=${stamp%/*}
		exec {lock}>>"$tree.lock"
		if flock -n "$lock"; then
			rm -rf "$tree"
			exec {lock}>&-
			return 0
		fi
		exec {lock}>&-
	done
	return 1
}

# need_space_mib DIR MIB WHAT: make room in the cache, or refuse early, because the errors of a disk that fills up during a build are
# not helpful.
need_space_mib() {
	mkdir -p "$1" 2>/dev/null || die "cannot make $1; set LUOSCOPE_CACHE to a directory that can be written"
	while (($(free_mib "$1") < $2)) && remove_oldest_tree; do :; done
	(($(free_mib "$1") >= $2)) ||
		die "$3 needs $2 MiB in $1, and $(free_mib "$1") MiB are free; set LUOSCOPE_CACHE to a larger disk"
}

# until_qemu_works COMMAND...: run COMMAND, which runs a guest from power on, up to three times while it ends with 4, as tests/lab/qemu
# does if QEMU crashed. That says nothing of what is tested, so it is not the end; three in a row are.
until_qemu_works() {
	local try status
	for try in 1 2 3; do
		status=0
		"$@" || status=$?
		[ "$status" = 4 ] || break
		[ "$try" = 3 ] || say "once more, from the beginning"
	done
	return "$status"
}

# hash_of ARG...: a short key made of the arguments and, for those that name files, their contents; kernel configs without
# their comments, because a changed comment is no reason to build a kernel.
hash_of() {
	local arg
	for arg; do
		printf '%s\n' "${arg#"$top_dir"/}"
		case $arg in
		*.config) grep -v '^#' "$arg" ;;
		*) if [ -f "$arg" ]; then cat "$arg"; fi ;;
		esac
	done | sha256sum | cut -c1-12
}

# set_compiler FRAGMENT...: for a kernel of these fragments, the array toolchain becomes what make needs to find its programs, compiler
# the C compiler among them, and compiler_version what distinguishes that from others.
set_compiler() {
	case " $* " in
	*" thinlto "*)
		toolchain=(LLVM=-19)
		compiler=clang-19
		compiler_version=$(clang-19 -dumpversion)
		;;
	*)
		toolchain=("CROSS_COMPILE=$cross")
		compiler=${cross}gcc
		compiler_version=$("$compiler" -dumpfullversion)
		;;
	esac
}

# version_of TREE: what 'make kernelversion' prints there. Each guest needs it several times, and make takes a tenth of a second.
version_of() {
	awk -F ' *= *' '/^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION) =/ { part[$1] = $2 }
		END { print part["VERSION"] "." part["PATCHLEVEL"] "." part["SUBLEVEL"] part["EXTRAVERSION"] }' "$1/Makefile"
}

# state_of DIR: what distinguishes a source tree of the user's from what it was before: its newest file. Nothing for the trees of
# the cache, whose names say what is in them.
state_of() {
	case $1 in
	"$cache_dir"/*) ;;
	*) find "$1" -name .git -prune -o -type f -printf '%T@ %p\n' | sort -n | tail -n 1 ;;
	esac
}

# add_new_files PART TREE: the new files of a part of kernel/ (vfio, luo_stats) into a kernel tree, in the places that they have
# there. What is hooked into the kernel's own files is in the part's patches.
add_new_files() {
	local part=$top_dir/kernel/$1 tree=$2
	case $1 in
	vfio) cp -r "$part/Documentation" "$part/drivers" "$part/include" "$tree/" ;;
	luo_stats)
		mkdir -p "$tree/kernel/liveupdate/luo_stats" "$tree/include/luoscope"
		cp "$part"/K* "$part"/*.[ch] "$tree/kernel/liveupdate/luo_stats/"
		cp "$top_dir/include/luoscope/stats_area.h" "$tree/include/luoscope/"
		;;
	esac
}

# debian_mirror: the mirror that this machine's APT already uses; nothing if there is none.
debian_mirror() {
	apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(RELEASE) $(SITE)' 'Created-By: Packages' |
		awk '$1 == "Debian" && $2 == "main" && $3 !~ /security/ { print $4; exit }'
}
# shellcheck disable=SC2034 # for those that source this
debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# use_suite SUITE [TYPE [ARCHITECTURE]]: the array private_apt becomes an apt-get for that Debian suite alone (TYPE: deb, or deb-src
# for source packages), on the mirror that this machine's APT already uses. It has a state of its own: the machine's own lists and
# sources stay as they are. For another ARCHITECTURE than the machine's, in Debian's words, it can only download: to it nothing is
# installed. $apt_else, if set, is what can be done where that is impossible.
use_suite() {
	local suite=$1 type=${2:-deb} architecture=${3:-} mirror state else=${apt_else:+, or $apt_else}
	mirror=$(debian_mirror)
	[ -n "$mirror" ] || die "APT on this machine has no Debian mirror in its lists: run 'apt-get update'$else"
	[ -r "$debian_keyring" ] || die "$debian_keyring is missing: install debian-archive-keyring$else"
	state=$cache_dir/source/apt/$suite
	[ "$type" = deb ] || state+=-$type
	state+=${architecture:+-$architecture}
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/sources"
	chmod -R go+rX "$cache_dir/source/apt"
	printf 'Types: %s\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' "$type" "$mirror" "$suite" "$debian_keyring" \
		>"$state/sources/lab.sources"
	[ -z "$architecture" ] || echo "Architectures: $architecture" >>"$state/sources/lab.sources"
	# shellcheck disable=SC2034 # for those that source this
	private_apt=(apt-get -q -o "Dir::Etc::sourcelist=/dev/null" -o "Dir::Etc::sourceparts=$state/sources"
		-o "Dir::State::Lists=$state/lists" -o "Dir::Cache=$state/cache" -o "APT::Sandbox::User=root"
		-o "Acquire::http::Timeout=60" -o "Acquire::Retries=3" -o "Acquire::Languages=none")
	if [ -n "$architecture" ]; then
		: >"$state/status"
		private_apt+=(-o "APT::Architecture=$architecture" -o "APT::Architectures::=$architecture" -o "Dir::State::status=$state/status")
	fi
}

# A stamp from the guest that the host sees: a byte in the configuration space of the edu device, whose cache line size
# register holds what is written and does nothing. No firmware and no driver writes to it.
# shellcheck disable=SC2034 # both are for those that source this
stamp_slot=10.0 stamp_offset=0x0c
