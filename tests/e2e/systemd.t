#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# luoscope.service, under the systemd of Debian's forky, which is a user of live update itself: a service's memory that it keeps
# goes through "systemctl kexec", and the next kernel's luoscope.service stores what came of it.
. "$(dirname "$0")/lib.sh"

unit=$top_dir/systemd/luoscope.service
share=$out_dir/share
rm -rf "$out_dir"
mkdir -p "$out_dir/given/next"

# On this machine, with the binary where it is built.
mkdir -p "$out_dir/unit"
sed "s#/usr/sbin/luoscope#$tool#" "$unit" >"$out_dir/unit/luoscope.service"
# What the service can see with its rights, its filters and its file system.
sed -e '/^ExecStartPre=/d; /^Restart/d; s/^Type=.*/Type=oneshot/; s,^ExecStart=.*,ExecStart=/usr/sbin/luoscope status --json,' \
	-e '/^Type=/a StandardOutput=truncate:/run/service-status' "$unit" >"$out_dir/unit/service-status.service"
if type systemd-analyze >/dev/null 2>&1; then
	check "this machine's systemd finds no fault in the unit" bash -c '
		said=$(systemd-analyze verify --man=no "$1" 2>&1) && [ -z "$said" ] || { echo "$said"; exit 1; }' \
		- "$out_dir/unit/luoscope.service"
	check "the unit's exposure is at most 1.3 of 10" \
		systemd-analyze security --no-pager --offline=true --threshold=13 "$out_dir/unit/luoscope.service"
else
	ok "this machine's systemd checks the unit # SKIP there is no systemd-analyze here" 0
fi

module=$build/module/7.3
"$lab_dir/module-build" kernel/luo_stats 7.3 "$module"
case $? in
0) ;;
3) echo "# there is no kernel source of series 7.3 here"; done_testing ;;
*) ok "luo_stats can be built for 7.3" 1; done_testing ;;
esac
kernel=$("$lab_dir/kernel-build" 7.3)
release=$(cat "$kernel/include/config/kernel.release")

# As an installation has it: the module where modprobe finds it, the unit enabled.
modules=$out_dir/modules/lib/modules/$release
mkdir -p "$modules/updates"
cp "$module/luo_stats.ko" "$modules/updates/"
touch "$modules/modules.order" "$modules/modules.builtin" "$modules/modules.builtin.modinfo"
PATH=$PATH:/usr/sbin:/sbin depmod -b "$out_dir/modules" "$release"
"$lab_dir/client" "$out_dir/luo_client"
"$lab_dir/client" "$out_dir/fd_keeper" fd_keeper.c
units=/etc/systemd/system
files=(
	--add "$tool:/usr/sbin/luoscope" --add "$unit:/usr/lib/systemd/system/luoscope.service"
	--add "$out_dir/unit/service-status.service:$units/service-status.service"
	--link "/usr/lib/systemd/system/luoscope.service:$units/sysinit.target.wants/luoscope.service"
	--add "$out_dir/luo_client:/usr/sbin/luo_client" --add "$out_dir/fd_keeper:/usr/sbin/fd_keeper"
	--add "$lab_dir/systemd/fd-keeper.service:$units/fd-keeper.service" --add "$lab_dir/systemd/lab.service:$units/lab.service"
	--link "$units/lab.service:$units/multi-user.target.wants/lab.service" --add "$lab_dir/systemd/script:/etc/lab/script"
	# Without udev no terminal ever comes.
	--link "/dev/null:$units/getty@.service" --link "/dev/null:$units/serial-getty@.service"
)
while read -r file; do
	files+=(--add "$out_dir/modules/$file:/usr/$file")
done < <(cd "$out_dir/modules" && find lib -type f)
"$lab_dir/systemd-disk" "$out_dir/disk" "${files[@]}"
case $? in
0) ;;
3) echo "# the packages of a guest with systemd cannot be had"; done_testing ;;
*) ok "a disk with systemd can be made" 1; done_testing ;;
esac

cp --reflink=auto "$kernel/$kernel_image" "$out_dir/given/next/kernel"
cmdline="console=$console $("$lab_dir/clock-options" "$kernel/$kernel_image") loglevel=5 panic=-1 oops=panic"
cmdline+=" kho=on liveupdate=on${kernel_options:+ $kernel_options} root=/dev/vda rw systemd.show_status=0 luo_stats.area_kib=128"
echo "$cmdline init=/usr/sbin/luoscope luoscope.generation=2" >"$out_dir/given/next/cmdline"
check "a guest with systemd goes through an update and ends" \
	until_qemu_works run_disk "$kernel/$kernel_image" "$cmdline"
check "no kernel complains" "$lab_dir/console-check" "$out_dir/console.log"
check "it did all that it should" test -e "$share/done" -a ! -e "$share/failed"

check "the first kernel's service makes its memory" contains "$share/1/fd-keeper" "^made what the first"
check "the second one gets it back" contains "$share/2/fd-keeper" "^kept what the first"
for generation in 1 2; do
	out=$share/$generation
	check "kernel $generation: no unit failed" test ! -s "$out/failed-units"
	check "kernel $generation: luoscope.service runs" contains "$out/unit" "^SubState=running$"
	check "kernel $generation: it was ready before sysinit.target, and so before any ordinary service" \
		bash -c '[ "$(sed -n s/^ActiveEnterTimestampMonotonic=//p "$1")" -lt "$(cat "$2")" ]' - "$out/unit" "$out/sysinit"
	check "kernel $generation: its process has CAP_BPF and CAP_SYSLOG, and can get no more" \
		contains "$out/process" "^CapEff:[[:space:]]*0*8400000000$"
	check "kernel $generation: and no other capability for what it may start" \
		contains "$out/process" "^CapBnd:[[:space:]]*0*8400000000$"
	check "kernel $generation: and a filter of system calls" contains "$out/process" "^Seccomp:[[:space:]]*2$"
done
check "its systemd finds no fault in the unit" bash -c '! grep . "$1"' - "$share/2/verify"
check "nor an exposure above 1.3" bash -c '
	level=$(sed -nE "s/.*Overall exposure level for luoscope.service: ([0-9.]+).*/\1/p" "$1")
	awk -v level="$level" "BEGIN { exit !(level != \"\" && level <= 1.3) }" || { cat "$1"; exit 1; }' - "$share/2/security"

check_json "how the image was loaded is seen with the service's rights" "$share/1/status" \
	'.items[] | select(.name == "kexec image") | .state == "ok" and (.text | test("^loaded with kexec_file_load"))'

check "the capture is in the list, and nothing is wrong" contains "$share/2/list" "^ +1 .* #1 .* yes(, VMs not watched)?$"
check "only root gets at it" bash -c '
	[ "$(awk "{ print \$1, \$3 }" "$1" | sort -u | xargs)" = "-rw------- root drwx------ root" ]' - "$share/2/store"
check "the manager said how it went on" contains "$share/2/unit" "^StatusText=Watching\. The last update is capture 1\.$"
json=$out_dir/update.json
check_json "the journal has one line about the update, with fields" <(jq -s . "$share/2/verdict") \
	'length == 1 and (.[0] | ._SYSTEMD_UNIT == "luoscope.service" and (.MESSAGE | test("^Live update #1 .*; 2 of 2 files are back; ")) and
	 .LUOSCOPE_FILES_MISSING == "0" and (.LUOSCOPE_BLACKOUT_NS | tonumber) > 0 and has("LUOSCOPE_WRONG") == false and
	 .LUOSCOPE_CAPTURE_FILE == "/var/lib/luoscope/1.luoscope")'
check "and none about one that went wrong" test ! -s "$share/2/wrong"
"$tool" report --json "$share/2/update.luoscope" >"$json"
"$tool" report --full "$share/2/update.luoscope" >"$out_dir/update.txt"
check_backbone "systemctl kexec" "$json"
check_json "what systemd preserved is there: its list, and the service's memory" "$json" \
	'[.sessions[] | {name, files, late}] == [{name: "systemd", files: 2, late: false}] and (.files | length) == 2 and
	 ([.files[] | .session == "systemd" and .handler == "memfd-v2" and .retrieve.result == 0 and .downtime_ns > 0] | all)'
check_json "the service's own marks say for how long it was away: the update, and what systemd takes before and after it" "$json" \
	'[.marks[] | select(.name == "fd-keeper-down" and .crosses)] | length == 1 and .[0].duration_ns > $blackout and
	 .[0].start_ns < 0' --argjson blackout "$(jq .update.blackout_ns "$json")"
check_json "the update is whole" "$json" '.update.complete and .notes == []'

check_json "the manager's shutdown lies before the update, in its order" "$json" \
	'.manager | .shutdown_start_ns < .shutdown_finish_ns and .shutdown_finish_ns <= .systemd_shutdown_start_ns and
	 .systemd_shutdown_start_ns < .systemd_shutdown_finish_ns and .systemd_shutdown_finish_ns <= .shutdown_error_ns and .before_update_ns == -.shutdown_start_ns'
# Two steps may be reckoned from different anchors: then the rate of the clock has its say.
check_json "and the times between its steps are those that systemd shows, within their error" "$json" \
	'.manager as $m | ($told | split("\n") | map(select(length > 0) | split("=") | {(.[0]): .[1]}) | add) as $t |
	 def us($name): $t["PreviousShutdown" + $name + "TimestampMonotonic"] | tonumber;
	 def is_told($ns; $name): ($ns - $m.shutdown_start_ns - (us($name) - us("Start")) * 1000) | fabs <= $m.shutdown_error_ns;
	 is_told($m.shutdown_finish_ns; "Finish") and is_told($m.systemd_shutdown_finish_ns; "LateFinish")' \
	--rawfile told <(grep '^PreviousShutdown' "$share/2/manager")
check_json "the new manager starts within the phase userspace" "$json" \
	'(.boundaries[] | select(.name == "init").start_ns) as $init | (.boundaries[] | select(.name == "luo_open").start_ns) as $open |
	 .manager | .start_ns > $init - .start_error_ns and .start_ns < $open + .start_error_ns and .finish_ns > $open'
check "the text report shows it" contains "$out_dir/update.txt" "^  The first service was stopped .* before the update began\.$"
done_testing
