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

# need_space_mib DIR MIB WHAT: refuse early, for a disk that fills up in the middle of a build says nothing useful.
need_space_mib() {
	local have
	mkdir -p "$1" 2>/dev/null || die "cannot make $1; set LUOSCOPE_CACHE to a directory that can be written"
	have=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	((have >= $2)) || die "$3 needs $2 MiB in $1, and $have MiB are free; set LUOSCOPE_CACHE to a larger disk"
}

# hash_of ARG...: a short key made of the arguments and, for those that name files, their contents; of kernel configs without
# the comments, for a word in one is no reason to build a kernel.
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

# state_of DIR: what distinguishes a source tree of the user's from what it was before: its newest file. Nothing for the trees of
# the cache, whose names say what is in them.
state_of() {
	case $1 in
	"$cache_dir"/*) ;;
	*) find "$1" -name .git -prune -o -type f -printf '%T@ %p\n' | sort -n | tail -n 1 ;;
	esac
}

# A stamp from the guest that the host sees: a byte in the configuration space of the edu device, whose cache line size
# register holds what is written and does nothing. No firmware and no driver writes to it.
# shellcheck disable=SC2034 # both are for those that source this
stamp_slot=10.0 stamp_offset=0x0c
