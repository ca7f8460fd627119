#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# luoscope against bpftrace, perf and trace-cmd, all of Debian 12, in one guest: the same functions watched, the same events. A chain
# of live updates has a kernel for each of them in turn, and for nothing. 'make bench' compares all of them, several times, and prints
# the table (FULL=1); without that it is only luoscope, once.
#
# The events are made on one CPU, and the observers run on the other one. Whatever else the machine does only adds to a time: the
# least of all rounds counts. What the kernel of the guests lacks is left out: FPROBE, and so entry and return at once for kprobes.
. "$(dirname "$0")/../e2e/lib.sh"
. "$(dirname "$0")/lib.sh"

if [ -n "${FULL:-}" ]; then read -ra tools <<<"${TOOLS:-none luoscope bpftrace perf trace-cmd}"; rounds=${ROUNDS:-3}; else tools=(none luoscope) rounds=1; fi
suite=bookworm
spans=20000
machine=()

# The tools and their libraries, on a disk.
disk=$cache_dir/guest/tools-$suite.ext4
make_disk() {
	local root=$out_dir/root
	rm -rf "$root"
	"$lab_dir/debian-root" "$root" "$suite" bpftrace linux-perf trace-cmd || return
	"$top_dir/tests/bench/installed-sizes" "$root" bpftrace linux-perf trace-cmd >"$disk.sizes" &&
		rm -rf "$root"/usr/share/{doc,man,locale,perl} "$root"/var/{lib/apt,cache} &&
		PATH=$PATH:/usr/sbin mke2fs -q -t ext4 -d "$root" "$disk.new" 1500M && mv "$disk.new" "$disk"
	local rc=$?
	rm -rf "$root"
	return "$rc"
}
if [ -n "${FULL:-}" ]; then
	[ -f "$disk" ] || check "a disk with bpftrace, perf and trace-cmd can be made" make_disk
	machine=(--mem 1536 -- -drive "if=none,id=tools,format=raw,readonly=on,file=$disk" -device "virtio-blk-pci,drive=tools,addr=8.0")
fi

check "the program that makes the events can be built" \
	gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -o "$out_dir/guest_events" "$top_dir/tests/bench/guest_events.c"
module 7.3 tests/lab/kmod
# What luoscope watches: "fentry NAME" and "fexit NAME".
llvm-readelf -S --wide "$build/bpf/luoscope.bpf.o" | grep -oE '\bf(entry|exit)/[a-zA-Z0-9_]+' | sort -u | tr / ' ' >"$out_dir/sections"

{
	echo "spans=$spans"
	cat <<'END'
tracing=/sys/kernel/tracing

# set_up: of each kernel.
set_up() {
	mount_host
	insmod /luo_stats.ko area_kib=4096
	mkdir /tools
	cp /bin/guest_events /tmp/guest_events
	if [ -e /dev/vda ]; then
		mount -t ext4 -o ro /dev/vda /tools
		for part in proc sys dev tmp; do mount -o rbind /$part /tools/$part; done
	fi
}

# find_functions: all that luoscope watches in this kernel, for the others to do the same.
find_functions() {
	luoscope record --no-follow
	sed -n 's/^\([^[:space:]]*\) .*/\1/p' $tracing/enabled_functions | sort -u >/host/functions
	luoscope detach
	while read -r kind name; do
		if grep -qx "$name" /host/functions; then echo "$kind $name"; fi
	done </sections >/host/watched
	# As 'luoscope tail' does it: a line for each span when it ends, with its token, its result and how long it took.
	while read -r kind name; do
		case $kind-$name in
		fentry-luo_preserve_file | fentry-luo_retrieve_file)
			echo "kfunc:$name { @begin[tid] = nsecs; }" ;;
		fexit-luo_preserve_file | fexit-luo_retrieve_file)
			echo "kretfunc:$name { printf(\"%llu $name %llu %d %llu\\n\", nsecs, args->token, retval, nsecs - @begin[tid]);" \
				"delete(@begin[tid]); }" ;;
		fentry-*) echo "kfunc:$name { printf(\"%llu $name\\n\", nsecs); }" ;;
		*) echo "kretfunc:$name { printf(\"%llu $name ends\\n\", nsecs); }" ;;
		esac
	done </host/watched >/host/watched.bt
	echo 'uprobe:/tmp/guest_events:mark { printf("%llu mark %s\n", nsecs, str(arg0)); }' >>/host/watched.bt
	while read -r kind name; do
		case $kind-$name in
		fentry-luo_preserve_file | fentry-luo_retrieve_file) echo "p:luo/$name $name token=%si" ;;
		fentry-*) echo "p:luo/$name $name" ;;
		*-luo_preserve_file | *-luo_retrieve_file) echo "r:luo/${name}_return $name result=\$retval:s32" ;;
		*) echo "r:luo/${name}_return $name" ;;
		esac
	done </host/watched >/host/watched.kprobes
}

# begin TOOL: have it observe. What it says is in /tmp/said.
begin() {
	lines=$(wc -l </host/functions)
	observer=
	case $1 in
	none) return ;;
	luoscope) set -- luoscope record ;;
	bpftrace) cp /host/watched.bt /tmp/watched.bt; set -- busybox chroot /tools bpftrace /tmp/watched.bt ;;
	perf) set -- sh -c 'cat /host/watched.kprobes >/sys/kernel/tracing/kprobe_events
		echo "p:luo/mark /tmp/guest_events:$(cat /mark-offset) text=+0(%di):string" >/sys/kernel/tracing/uprobe_events
		exec busybox chroot /tools perf record -q -a -e "luo:*" -o /tmp/perf.data' ;;
	perf-tail) set -- busybox chroot /tools perf trace -a -e "luo:*" ;;
	trace-cmd) set -- sh -c 'cat /host/watched.kprobes >/sys/kernel/tracing/kprobe_events
		exec busybox chroot /tools trace-cmd record -q -e luo -o /tmp/trace.dat' ;;
	# Its "stream" hangs on these kernels before it has printed a line.
	trace-cmd-tail) set -- busybox chroot /tools sh -c 'trace-cmd start -e luo && exec trace-cmd show -p' ;;
	esac
	started=$(guest_events start $tracing/enabled_functions "$lines" "$@") || fail "$1: $(tail -n 3 /tmp/said | tr '\n' ' ')"
	observer=${started% *}
}
is_running() { grep -q "^State:.[^ZX]" "/proc/$1/status" 2>/dev/null; }
# stop PID: as ^C does; one that does not listen is killed.
stop() {
	kill -INT "$1"
	for _ in $(seq 300); do
		if ! is_running "$1"; then return 0; fi
		sleep 0.1
	done
	kill -KILL "$1"
}

note() { echo "$*" >>/host/results; }
# note_of TOOL WHAT COMMAND...: what COMMAND prints. If it fails, so does all: an empty figure would be the least of all.
note_of() {
	local tool=$1 what=$2 value
	shift 2
	value=$("$@") || fail "$tool: $what was not measured"
	note "$tool $what $value"
}

# freeze ROUNDS: the least time of an update that is refused at the freeze of the last of 50 files.
freeze() {
	kexec_load $((GENERATION + 1))
	guest_events hold 1 >/tmp/held &
	holder=$!
	until_said held /tmp/held
	least=
	for _ in $(seq "$1"); do
		insmod /freeze_fails.ko after=49
		took=$(guest_events kexec)
		rmmod freeze_fails
		if [ -z "$least" ] || [ "$took" -lt "$least" ]; then least=$took; fi
	done
	kill $holder
	echo $((least / 50))
}

# follow TOOL: how much of the CPU it takes to print what happens, as fast as it happens.
follow() {
	case $1 in
	none) return ;;
	luoscope)
		observer=
		tail=$(guest_events start /host/functions 1 luoscope tail -n 0)
		tail=${tail% *}
		;;
	bpftrace) tail=$observer ;;
	*) begin "$1-tail"; tail=$observer ;;
	esac
	sleep 2
	case $1 in
	luoscope) line='^[0-9][0-9:.]*  preserve  ' ;;
	bpftrace) line=' luo_preserve_file .* ' ;;
	*) line=luo_preserve_file_return ;;
	esac
	earlier=$(grep -c "$line" /tmp/said || true)
	used=$(guest_events use "$tail")
	source_ms=$(guest_events spans "$spans")
	sleep 3
	uses=$(guest_events use "$tail")
	stop "$tail"
	note "$1 tail_source_ms $source_ms"
	note "$1 tail_cpu_ms $((${uses% *} - ${used% *}))"
	note "$1 tail_lost $((spans + earlier - $(grep -c "$line" /tmp/said)))"
	if [ "$1" = luoscope ]; then note "$1 tail_told $(sed -n 's/.* \([0-9]*\) lost\.$/\1/p' /tmp/said)"; fi
	head -n 1000 /tmp/said >"/host/said-$1"
}

# measure TOOL
measure() {
	set_up
	# So that nobody reads the disk for the first time while it counts.
	case $1 in
	bpftrace) chroot /tools bpftrace -e 'BEGIN { exit(); }' >/dev/null ;;
	perf) chroot /tools perf version >/dev/null ;;
	trace-cmd) chroot /tools trace-cmd -h >/dev/null 2>&1 || true ;;
	luoscope) luoscope --version >/dev/null ;;
	esac
	begin "$1"
	[ "$1" = none ] || note "$1 attach_ms ${started#* }"
	note_of "$1" retrieve guest_events retrieve 30
	note_of "$1" preserve guest_events preserve 200
	case $1 in
	luoscope) note_of "$1" mark guest_events marks luoscope 1000 ;;
	trace-cmd) note_of "$1" mark guest_events marks marker 1000 ;;
	*) note_of "$1" mark /tmp/guest_events marks uprobe 1000 ;;
	esac
	note_of "$1" freeze freeze 15
	if [ -n "$observer" ]; then
		use=$(guest_events use $observer)
		note "$1 peak_kib ${use#* }"
	fi
	# bpftrace prints what it observes.
	if [ -n "$observer" ] && [ "$1" != bpftrace ]; then stop "$observer"; fi
	follow "$1"
	if [ "$1" = luoscope ]; then luoscope detach >/dev/null; fi
}

# send: what the next kernel retrieves.
send() {
	guest_events hold 30 >/tmp/held 2>&1 &
	until_said . /tmp/held
	grep -q held /tmp/held || fail "$(cat /tmp/held)"
	kexec_into $((GENERATION + 1))
}

generation_1() {
	set_up
	find_functions
	send
}
END
	generation=1
	for ((round = 1; round <= rounds; round++)); do
		for name in "${tools[@]}"; do
			generation=$((generation + 1))
			printf 'generation_%d() {\n\tmeasure %s\n' "$generation" "$name"
			if [ "$generation" = $((1 + rounds * ${#tools[@]})) ]; then echo "	scenario_done"; else echo "	send"; fi
			echo "}"
		done
	done
} >"$out_dir/bench.scenario"
"$out_dir/guest_events" where >"$out_dir/mark-offset"
guest bench 7.3 7.3 "$out_dir/bench.scenario" --chain "$generation" --add "$out_dir/guest_events:/bin/guest_events" \
	--add "$out_dir/sections:/sections" --add "$out_dir/mark-offset:/mark-offset" \
	--add "$build/kmod/7.3/freeze_fails.ko:/freeze_fails.ko" --timeout 2400 "${machine[@]}"

results=$out_dir/bench/share/results
[ -s "$results" ] || done_testing
# least TOOL WHAT: of all rounds. added TOOL WHAT: to what it takes with nothing attached, in us.
least() { awk -v tool="$1" -v what="$2" '$1 == tool && $2 == what && (least == "" || $3 + 0 < least) { least = $3 + 0 } END { print least }' "$results"; }
added() { awk -v with="$(least "$1" "$2")" -v without="$(least none "$2")" 'BEGIN { if (with != "" && without != "") printf "%.2f", (with - without) / 1000 }'; }

# less A B: whether A is less than B, both known.
less() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && b != "" && a + 0 < b + 0) }'; }
verdict() { if "$@"; then echo true; else echo false; fi; }
others=("${tools[@]:2}")

# compare TEXT UNIT FUNCTION BAR: a line of the table, and its rows. FUNCTION TOOL prints a tool's figure. BAR is "least" or "most" of
# all tools, or "tenth": of bpftrace's.
compare() {
	local value name bar='' line
	declare -A of
	for name in "${tools[@]:1}"; do of[$name]=$("$3" "$name"); done
	for name in "${others[@]}"; do
		value=${of[$name]}
		case $4 in
		tenth) if [ "$name" = bpftrace ]; then bar=$(awk -v value="$value" 'BEGIN { printf "%.2f", value / 10 }'); fi ;;
		least) if [ -z "$bar" ] || less "$value" "$bar"; then bar=$value; fi ;;
		most) if [ -z "$bar" ] || less "$bar" "$value"; then bar=$value; fi ;;
		esac
	done
	[ -n "$bar" ] || return
	if [ "$4" = most ]; then line=$(verdict less "$bar" "${of[luoscope]}"); else line=$(verdict less "${of[luoscope]}" "$bar"); fi
	row "$1 (luoscope)" "${of[luoscope]}" "$2" "$bar" "$line"
	for name in "${others[@]}"; do row "$1 ($name)" "${of[$name]}" "$2" "" null; done
	printf '# %-44s %9s %9s %9s %9s  %s\n' "$1, $2" "${of[luoscope]}" "${of[bpftrace]}" "${of[perf]}" "${of[trace-cmd]}" \
		"$([ "$line" = true ] && echo "" || echo "missed: $bar")"
}

per_preserve() { added "$1" preserve; }
per_freeze() { added "$1" freeze; }
per_retrieve() { added "$1" retrieve; }
per_mark() { added "$1" mark; }
to_attach() { least "$1" attach_ms; }
peak() { awk -v kib="$(least "$1" peak_kib)" 'BEGIN { if (kib != "") printf "%.2f", kib * 1024 / 1e6 }'; }
installed() {
	if [ "$1" = luoscope ]; then
		make -s -C "$top_dir" install DESTDIR="$out_dir/install" prefix=/usr >/dev/null &&
			du -sk --apparent-size "$out_dir/install" | awk '{ printf "%.2f", $1 * 1024 / 1e6 }'
	else
		awk -v tool="${1/perf/linux-perf}" '$1 == tool { printf "%.2f", $2 * 1024 / 1e6 }' "$disk.sizes"
	fi
}
# By the CPU that it took; nothing if it lost any.
printed() {
	awk -v ms="$(least "$1" tail_cpu_ms)" -v lost="$(least "$1" tail_lost)" -v spans="$spans" \
		'BEGIN { if (lost == 0 && ms > 0) printf "%d", spans / ms * 1000 }'
}

for what in preserve freeze retrieve mark attach_ms peak_kib tail_cpu_ms; do
	check "luoscope: $what is measured" test -n "$(least luoscope "$what")"
done
# On a machine that has no time for the guest's second CPU some may be lost: a span that is lost is at least one event.
check "luoscope tail prints each span, or says that it is lost" \
	test "$(least luoscope tail_lost)" -ge 0 -a "$(least luoscope tail_lost)" -le "$(least luoscope tail_told)"
if [ -n "${FULL:-}" ]; then
	printf '# %-44s %9s %9s %9s %9s\n' "" luoscope bpftrace perf trace-cmd
	compare "added to the preserve of a memfd" us per_preserve least
	compare "added to the freeze of a memfd" us per_freeze least
	compare "added to the retrieve of a memfd" us per_retrieve least
	compare "a mark of a program" us per_mark least
	compare "from its start until it observes" ms to_attach tenth
	compare "memory, at most" MB peak tenth
	compare "installed" MB installed tenth
	compare "spans printed in a second of one CPU" /s printed most
fi
done_testing
