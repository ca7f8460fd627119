#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# luoscope metrics as somebody types it, read by the parsers of others: Prometheus's promtool, the OpenMetrics parser of its
# Python client, and a node_exporter that serves the file on this machine's loopback. Needs no guest.
. "$(dirname "$0")/e2e/lib.sh"

captures=$top_dir/tests/captures
capture=$captures/7.2-to-7.3.luoscope
work=$(mktemp -d)
exporter=
trap '[ -z "$exporter" ] || kill "$exporter" 2>/dev/null; rm -rf "$work"' EXIT
chmod 755 "$work"
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
# The tree may lie where only root gets.
install -m 755 "$tool" "$work/luoscope"
install -m 644 "$capture" "$work/good.luoscope"

# metrics CAPTURE: to a file, whose name is printed.
metrics() {
	"$tool" metrics "$1" >"$work/$(basename "$1" .luoscope).prom" && echo "$work/$(basename "$1" .luoscope).prom"
}

# says FILE LINE...: the lines are there, each as a whole.
says() {
	local file=$1 line
	shift
	for line; do
		grep -qxF -- "$line" "$file" || { echo "no line '$line' in:"; grep -v '^#' "$file"; return 1; }
	done
}

good=$(metrics "$capture")
check "a capture is reported without root" sh -c '"$@" | grep -q "^luoscope_update_observed 1$"' - \
	"${nobody[@]}" "$work/luoscope" metrics "$work/good.luoscope"
check "from standard input too" bash -c '"$1" metrics - <"$2" | cmp - "$3"' - "$tool" "$capture" "$good"
check "the number of a stored capture is taken too" bash -c '
	mkdir "$3/store" && cp "$2" "$3/store/7.luoscope" && LUOSCOPE_STORE=$3/store "$1" metrics 7 | cmp - "$4"' - \
	"$tool" "$capture" "$work" "$good"
check "the blackout is that of the report" sh -c '
	ns=$("$1" report --json "$2" | jq .update.blackout_ns)
	grep -qx "luoscope_blackout_seconds $((ns / 1000000000)).$(printf %09d $((ns % 1000000000)))" "$3"' - "$tool" "$capture" "$good"
check "the phases add up to it, to the nanosecond" awk '
	{ sub(/\./, "", $2) } /^luoscope_phase_seconds{/ { sum += $2 } /^luoscope_blackout_seconds / { blackout = $2 + 0 }
	END { if (!sum || sum != blackout) { print sum, blackout; exit 1 } }' "$good"
trouble=$(metrics "$captures/trouble.luoscope")
check "what did not come back is reported" says "$trouble" 'luoscope_files_missing 2' 'luoscope_devices_missing 2' \
	'luoscope_device_is_in_service{device="0000:01:00.0"} 1' 'luoscope_device_is_in_service{device="0000:02:00.0"} 0' \
	'luoscope_device_is_in_service{device="0000:03:00.0"} 0'
check "then the blackout is a lower bound, and the phase that it ends with" says "$trouble" \
	'luoscope_blackout_is_lower_bound 1' 'luoscope_phase_is_lower_bound{phase="retrieve"} 1' \
	'luoscope_phase_is_lower_bound{phase="userspace"} 0'
check "else it is not" says "$good" 'luoscope_blackout_is_lower_bound 0' 'luoscope_phase_is_lower_bound{phase="retrieve"} 0'
check "the error of each phase is reported" grep -qE '^luoscope_phase_error_seconds\{phase="jump"\} 0\.2000' "$trouble"
check "resets are reported by outcome" says "$trouble" 'luoscope_resets{outcome="ok"} 1' 'luoscope_resets{outcome="failed"} 1' \
	'luoscope_resets{outcome="busy"} 1' 'luoscope_resets{outcome="none"} 0' 'luoscope_resets{outcome="unknown"} 0'
check "of each device, the lock that was busy too" grep -q \
	'^luoscope_device_info{device="0000:01:00.0",session="vm",driver="vfio-pci",.*reset_outcome="busy",reset_lock="bridge"} 1$' "$trouble"
check "a device that is not back was down to the end of the blackout, at least" says "$trouble" \
	'luoscope_device_downtime_seconds{device="0000:02:00.0"} 6.753837518' \
	'luoscope_device_downtime_is_lower_bound{device="0000:02:00.0"} 1'
check "failed attempts are reported by kernel" says "$trouble" 'luoscope_failed_attempts{kernel="old"} 1' \
	'luoscope_failed_attempts{kernel="new"} 0'
refused=$(metrics "$captures/refused.luoscope")
check "a kernel that was not updated shows its attempts, and no update" says "$refused" 'luoscope_update_observed 0' \
	'luoscope_failed_attempts{kernel="new"} 1'
check "of the outcome there is only that" sh -c '[ "$(grep ^luoscope_outcome "$1")" = "luoscope_outcome{topic=\"all\",answer=\"no\"} 1
luoscope_outcome{topic=\"update\",answer=\"no\"} 1" ]' - "$refused"
cp "$captures/vm.luoscope" "$work/mine.luoscope"
check "a capture is not overwritten by metrics" fails_with 1 "is a capture, which would be overwritten" \
	"$tool" metrics --output "$work/mine.luoscope" "$captures/full.luoscope"
check "it stays as it was" cmp "$captures/vm.luoscope" "$work/mine.luoscope"
check "and what refused the last one, and why" says "$refused" \
	'luoscope_last_failed_attempt_info{kernel="new",errno="EINVAL",device="0000:03:00.0",handler="vfio-pci",why="its interrupts are still enabled"} 1'
check "and nothing of a blackout or of another kernel" sh -c '
	! grep -v "^#" "$1" | grep -E "blackout|kernel=.old|phase|clock"' - "$refused"
full=$(metrics "$captures/full.luoscope")
check "what was dropped is counted" grep -qE '^luoscope_dropped [1-9]' "$full"
check "and what cannot be known then is absent" sh -c '! grep files_missing "$1"' - "$full"
unstable=$(metrics "$captures/unstable.luoscope")
check "a clock that is contradicted gives no blackout" sh -c '
	grep -qx "luoscope_clock_verdict{verdict=\"contradicted\"} 1" "$1" && ! grep luoscope_blackout "$1"' - "$unstable"
check "and it makes every other time doubtful: of none is there an error, or that it is no lower bound" sh -c '
	grep -q "^luoscope_phase_seconds{phase=\"userspace\"} 2\.57" "$1" && ! grep -E "^luoscope_[a-z_]+_(error_seconds|is_lower_bound)[{ ]" "$1" |
		grep -v "^luoscope_failed_attempts_"' - "$unstable"
check "what failed took at least that long" says "$trouble" 'luoscope_device_reset_is_lower_bound{device="0000:01:00.0"} 1' \
	'luoscope_device_freeze_is_lower_bound{device="0000:01:00.0"} 0' 'luoscope_blackout_without_luoscope_is_lower_bound 1'
check "--top 1 leaves one device, that is not back, and shows how many are left out" sh -c '
	"$1" metrics --top 1 "$2" >"$3" && [ "$(grep -c "^luoscope_device_info" "$3")" = 1 ] &&
	grep -q "^luoscope_device_info{device=\"0000:02:00.0\"" "$3" && grep -qx "luoscope_devices_left_out 2" "$3" &&
	[ "$(grep -c "^luoscope_shutdown_seconds" "$3")" = 1 ]' - "$tool" "$captures/trouble.luoscope" "$work/top"
check "it cuts virtual machines, too, and --help says so" sh -c '
	[ "$("$1" metrics --top 1 "$2" | grep -c "^luoscope_vm_downtime_seconds")" = 1 ] && [ "$("$1" metrics "$2" | grep -c "^luoscope_vm_downtime_seconds")" = 2 ] &&
	"$1" metrics --help | tr -s "\n " " " | grep -qF "Write samples for N preserved devices and N virtual machines, "' - "$tool" "$captures/vm.luoscope"
check "where it is not known whether everything came back, the bound does not say that it did not" sh -c '
	"$1" metrics "$2" | grep -A 9 "^# HELP luoscope_blackout_is_lower_bound .* (1), because not everything came back or that is not known\.$" |
		grep -qx "luoscope_blackout_is_lower_bound 1"' - "$tool" "$captures/full.luoscope"
check "--top 0 leaves none out" sh -c '
	"$1" metrics --top 0 "$2" | grep -qx "luoscope_devices_left_out 0"' - "$tool" "$captures/trouble.luoscope"

vms=$(metrics "$captures/vm.luoscope")
check "the downtimes of virtual machines are the report's" sh -c '
	"$1" report --json "$2" | jq -r ".vms[] | \"\(.session) \(.downtime_ns)\"" >"$4" && [ "$(wc -l <"$4")" = 2 ] &&
	sed -n "s/^luoscope_vm_downtime_seconds{vm=\"\(.*\)\"} \(.*\)\.\(.*\)/\1 \2\3/p" "$3" | diff - "$4"' - \
	"$tool" "$captures/vm.luoscope" "$vms" "$work/downtime"
check "and they all run again" says "$vms" 'luoscope_vms_awaited 2' 'luoscope_vms_missing 0' 'luoscope_vm_is_running{vm="vm-database"} 1' \
	'luoscope_vm_is_running{vm="vm-web"} 1' 'luoscope_vms_left_out 0'
check "where they were not watched, nothing is reported of them" sh -c '! grep luoscope_vm "$1"' - "$good"

slow=$(metrics "$captures/slow.luoscope")
check "the probes of each kernel are those of the report" sh -c '
	"$1" report --json "$2" | jq -r ".probes | to_entries[] | .key as \$k | .value | to_entries[] | select(.value != null) |
		\"\(\$k) \(.key) \(.value)\"" |
		sed "s/true/1/; s/false/0/" >"$4" && [ "$(wc -l <"$4")" = 12 ] &&
	sed -n "s/^luoscope_probe_attached{kernel=\"\(.*\)\",probe=\"\(.*\)\"} /\1 \2 /p" "$3" | diff - "$4"' - \
	"$tool" "$captures/slow.luoscope" "$slow" "$work/probes"
check "KVM was watched in both" says "$slow" 'luoscope_probe_attached{kernel="old",probe="vcpu"} 1' \
	'luoscope_probe_attached{kernel="new",probe="vcpu"} 1'
check "where an area does not say which they were, they are absent" sh -c '! grep luoscope_probe "$1"' - "$good"

# The file: whole or not at all, for others to read.
mkdir "$work/textfile"
out=$work/textfile/luoscope.prom
check "--output writes a file" sh -c '
	umask 077; "$1" metrics --output "$2" "$3" && cmp "$2" "$4"' - "$tool" "$out" "$capture" "$good"
check "that others may read, whatever the umask" test "$(stat -c %a "$out")" = 644
before=$(stat -c %i "$out")
check "and replaces it" "$tool" metrics --output "$out" "$captures/trouble.luoscope"
check "by a rename" test "$(stat -c %i "$out")" != "$before"
check "nothing else is left beside it" test "$(ls -A "$work/textfile")" = luoscope.prom
check "an error leaves the file as it was" sh -c '
	! "$1" metrics --output "$2" "$3" 2>/dev/null && cmp "$2" "$4"' - "$tool" "$out" "$top_dir/Makefile" "$trouble"
check "a directory that is not there" fails_with 1 "cannot write .*nowhere.*: there is no such directory$" \
	"$tool" metrics --output "$work/nowhere/x" "$capture"
check "a directory that may not be written" fails_with 1 "cannot write .*Permission denied" "${nobody[@]}" "$work/luoscope" \
	metrics --output "$out" "$work/good.luoscope"
check "a full device" fails_with 1 "no space left" sh -c '"$1" metrics "$2" >/dev/full' - "$tool" "$capture"
check "a closed pipe does no harm" sh -c '"$1" metrics "$2" | head -1 >/dev/null' - "$tool" "$capture"
check "an option that there is not" fails_with 1 "unrecognized option" "$tool" metrics --jsno
check "a number that is none" fails_with 1 "--top must be a number" "$tool" metrics --top many "$capture"
check "one argument too many" fails_with 1 "only one capture" "$tool" metrics a b
check "a file that is no capture" fails_with 1 "not a capture" "$tool" metrics "$top_dir/Makefile"
check "a kernel without luo_stats says what to do, and leaves the file" sh -c '
	"$1" metrics --output "$2" 2>&1 | grep -q luo_stats && cmp "$2" "$3"' - "$tool" "$out" "$trouble"

# documented: the table of docs/metrics.md has each metric that the view writes, and no other.
documented() {
	diff <(tr -s '\n\t' ' ' <"$top_dir/user/report/metrics.c" | grep -oE 'begin_family\( ?metrics, "[a-z_]+"' |
		sed 's/.*"\(.*\)"/luoscope_\1/' | sort) \
		<(grep -oE '^\| `luoscope_[a-z_]+' "$top_dir/docs/metrics.md" | sed 's/.*`//' | sort)
}
check "docs/metrics.md lists each metric" documented

rc=0
prometheus=$("$lab_dir/prometheus") || rc=$?
if [ "$rc" = 3 ]; then
	ok "the parsers of others # SKIP Prometheus's tools cannot be had here" 0
	done_testing
fi
check "Prometheus's tools are there" test "$rc" = 0
for file in "$good" "$trouble" "$refused" "$full" "$unstable" "$vms"; do
	name=$(basename "$file" .prom)
	# It fails for what cannot be parsed and complains of names that go against the conventions.
	check "promtool has nothing to say against $name" sh -c '
		said=$("$1" check metrics <"$2" 2>&1) && [ -z "$said" ] || { echo "$said"; exit 1; }' - "$prometheus/usr/bin/promtool" "$file"
	check "the OpenMetrics parser finds each sample of $name" env PYTHONPATH="$prometheus/usr/lib/python3/dist-packages" \
		python3 -c '
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
text = open(sys.argv[1]).read()
families = list(text_string_to_metric_families(text))
samples = sum(len(family.samples) for family in families)
lines = sum(1 for line in text.splitlines() if not line.startswith("#"))
assert samples == lines, (samples, lines)
assert all(family.documentation and family.samples for family in families)
' "$file"
done

# A node_exporter of this test's own, on a port that the kernel chooses.
: >"$work/exporter.log"
cp "$trouble" "$out"
"$prometheus/usr/bin/prometheus-node-exporter" --web.listen-address=127.0.0.1:0 --collector.disable-defaults --collector.textfile \
	--collector.textfile.directory="$work/textfile" >"$work/exporter.log" 2>&1 &
exporter=$!
for ((i = 0; i < 6000; i++)); do
	address=$(grep -oE 'address=127\.0\.0\.1:[0-9]+' "$work/exporter.log" | head -1)
	[ -n "$address" ] && break
	kill -0 "$exporter" 2>/dev/null || break
	sleep 0.1
done
check "node_exporter serves the file" sh -c '
	curl -sS --max-time 20 "http://$1/metrics" >"$2" && grep -qx "node_textfile_scrape_error 0" "$2" &&
	grep -q "^node_textfile_mtime_seconds{file=\".*/luoscope.prom\"}" "$2"' - "${address#address=}" "$work/served"
# It sorts labels, and prints numbers in its own way.
check "with every series of it" diff \
	<(grep -o '^luoscope_[a-z_]*' "$out" | sort | uniq -c) <(grep -o '^luoscope_[a-z_]*' "$work/served" | sort | uniq -c)
check "and the names as they are" grep -q '^luoscope_device_info{device="0000:03:00.0",.*,reset_outcome="ok",session="vm"} 1' "$work/served"
printf 'luoscope_broken{device="} 1\n' >"$out"
check "it would report a file that it cannot read" sh -c '
	curl -sS --max-time 20 "http://$1/metrics" | grep -qx "node_textfile_scrape_error 1"' - "${address#address=}"
done_testing
