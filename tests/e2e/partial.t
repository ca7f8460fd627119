#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A kernel in which a structure and a function are not as luoscope knows them (tests/lab/kernel-changed), and a module without BTF: what
# cannot be watched is left out, by name and with the reason, wherever somebody may look. All else is there.
. "$(dirname "$0")/lib.sh"

# luo_stats.ko as somebody builds it without pahole, for an ordinary kernel.
module 7.3
"${cross}objcopy" --remove-section .BTF "$build/module/7.3/luo_stats.ko" "$out_dir/no_btf.ko"

changed=$(scenario changed <<'END'
generation_1() {
	insmod /luo_stats.ko
	mount_host
	luoscope status >/host/before
	luoscope record --no-follow >/host/record || fail "record ends with status $?"
	luoscope status >/host/status
	if luoscope status --check >/host/check; then status=0; else status=$?; fi
	[ $status = 2 ] || fail "status --check ends with $status"
	luoscope record --no-follow >/host/again
	luo_client preserve vm-a 1 2 -- vm-b 7
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init
}

generation_2() {
	luo_client retrieve vm-a 1 2 -- vm-b 7
	wait_for_probes
	# It writes this when it has attached everything.
	until_logged "luoscope: not watched: luo_flb_file_finish"
	until_logged "luoscope: not watched: luo_retrieve_file"
	save_capture update
	luoscope status >/host/status.new
	scenario_done
}
END
)
if has_kernel 7.3+changed; then
	guest changed 7.3+changed 7.3+changed "$changed"
	share=$out_dir/changed/share
	json=$out_dir/changed/update.json
	# What is at fault, and what is of no use without it.
	field='no luo_file\.token: this kernel.s structure has no such field'
	argument='other prototype: int32 \(luo_file_set \*, int64, pointer, int32\), not int32 \(luo_file_set \*, int64, pointer\)'
	for file in before status status.new; do
		check "status ($file): the field" contains "$share/$file" "^probe kho_block_set_it_reserve_entry, return +missing +$field;"
		check "status ($file): the argument" contains "$share/$file" "^probe luo_retrieve_file +missing +$argument;"
		check "status ($file): what needs them" contains "$share/$file" '^probe luo_file_finish +missing +needs luo_flb_file_finish, return;'
		check "status ($file): four functions, of two programs or one, and nothing else" \
			test "$(grep -c '^probe .* missing ' "$share/$file")" = 7
	done
	check "status before: nothing is attached" contains "$share/before" "^probes +missing +not attached: run 'luoscope record'"
	check "status: an update would be recorded in part" contains "$share/status" '^a live update +not ok +an update from this kernel would be recorded, but not completely'
	check "status: all others are attached" contains "$share/status" '^probe liveupdate_reboot +ok +attached'
	check "status --check: the first of them" contains "$share/check" '^every probe +FAIL +7 missing, such as probe kho_block_set_it_reserve_entry'
	check "record: the field" contains "$share/record" "^Not watched: kho_block_set_it_reserve_entry, return: $field"
	check "record: the argument" contains "$share/record" "^Not watched: luo_retrieve_file: $argument"
	check "record: and nothing else" test "$(grep -c '^Not watched: [a-z_]*[:,]' "$share/record")" = 7
	check "record: a second one does not attach again" contains "$share/again" '^The probes are already attached\.$'
	check "the log of the new kernel: the field" contains "$share/dmesg.2" "luoscope: not watched: luo_flb_file_finish, return: $field"
	check "the log of the new kernel: the argument" contains "$share/dmesg.2" "luoscope: not watched: luo_retrieve_file: $argument"

	check_json "phases up to the first retrieve, without gap" "$json" \
		'[.phases[].name] == ["freeze", "notifiers", "device_shutdown", "system_core_shutdown", "machine_shutdown", "dumpers", "jump",
		  "kernel_boot", "userspace"] and ([.phases | range(1; length) as $i | .[$i].start_ns == .[$i-1].start_ns + .[$i-1].duration_ns] | all)'
	check_json "their boundaries" "$json" '[.boundaries[] | select(.start_ns != null) | .name] | index("update_begin") == 0 and index("luo_open") != null'
	check_json "no end of the blackout is made up" "$json" '.update.blackout_ns == null and .update.complete == null'
	check_json "each file was preserved; when it was frozen, retrieved and finished is not known" "$json" \
		'(.files | length) == 3 and ([.files[] | .preserve.duration_ns > 0 and .freeze == null and .retrieve == null and .finish == null and (.not_back | not)] | all)'
	check_json "sessions: all but their finish" "$json" \
		'(.sessions | length) == 2 and ([.sessions[] | .freeze.duration_ns > 0 and .retrieve.duration_ns > 0 and .finish == null] | all)'
	check_json "devices in device_shutdown" "$json" '(.shutdowns | length) > 10'
	check_json "nothing is counted as missing or dropped" "$json" '.update.files_missing == null and .dropped == 0'
	check_json "what was not watched, in both kernels, and why" "$json" \
		'([.left_out[] | select(.kernel == "old") | [.function, .why]] | sort) == ([.left_out[] | select(.kernel == "new") | [.function, .why]] | sort) and
		 ([.left_out[] | select(.kernel == "new") | [.function, .why]] | sort) == [
		  ["kho_block_set_it_reserve_entry", "no luo_file.token"], ["luo_file_finish", "needs luo_flb_file_finish"],
		  ["luo_flb_file_finish", "no luo_file.token"], ["luo_retrieve_file", "other prototype"]]'
	check_json "the steps that depend on it" "$json" '.probes | [.old, .new] | map(.freeze == false and .retrieve == false) | all'
	check "the report: both kernels" contains "$out_dir/changed/update.txt" "Note +not watched in either kernel: "
	check "the report: neither alone" lacks "$out_dir/changed/update.txt" "not watched in the (old|new)"
	check "the short report, too" contains <("$tool" report "$share/update.luoscope") '^Unwatched +.*kho_block_set_it_reserve_entry, .*luo_retrieve_file'
	check "the report: the argument" contains <(tr -s ' \n' ' ' <"$out_dir/changed/update.txt") 'luo_retrieve_file \(other prototype\)'
	check "the report: the field" contains <(tr -s ' \n' ' ' <"$out_dir/changed/update.txt") 'luo_flb_file_finish \(no luo_file\.token\)'
	"$tool" metrics "$share/update.luoscope" >"$out_dir/metrics"
	check "a metric: the argument" contains "$out_dir/metrics" \
		'^luoscope_probe_left_out\{kernel="new",function="luo_retrieve_file",why="other prototype"\} 1$'
	check "a metric: the field" contains "$out_dir/metrics" \
		'^luoscope_probe_left_out\{kernel="old",function="kho_block_set_it_reserve_entry",why="no luo_file.token"\} 1$'
	check "no file is called missing in metrics" lacks "$out_dir/metrics" '^luoscope_files_missing'
	# is_inconclusive [OPTION...]: of 'luoscope check'.
	is_inconclusive() {
		local status=0
		"$tool" check "$@" "$share/update.luoscope" || status=$?
		[ "$status" = 3 ]
	}
	check "a budget for what was not watched is inconclusive" is_inconclusive --budget 'file.retrieve.max<=1s'
	check "one for how many there are, too" is_inconclusive --budget 'file.count<=3'
	check "one for what was watched is not" "$tool" check --budget 'phase.device_shutdown<=60s' --budget 'file.preserve.max<=60s' "$share/update.luoscope"
	check "whether it went well is not known" is_inconclusive
else
	ok "changed: what cannot be watched is left out # SKIP $(kernel_of 7.3+changed)" 0
fi

guest no-btf 7.3 7.3 "$(scenario no-btf <<'END'
generation_1() {
	insmod /no_btf.ko
	mount_host
	luoscope status >/host/status
	luoscope record --no-follow >/host/record || fail "record ends with status $?"
	scenario_done
}
END
)" --chain 1 --add "$out_dir/no_btf.ko:/no_btf.ko"
share=$out_dir/no-btf/share
check "a module without BTF: status says so" contains "$share/status" '^luo_stats +missing +loaded, but without the BTF'
check "a module without BTF: which function is not watched" contains "$share/record" 'luo_stats has no BTF that fits this kernel: nothing that is measured now outlives'
check "a module without BTF: all of the kernel is watched" contains "$share/record" '^Watching with [2-9][0-9] probes'

# A program that the kernel accepts, and does not attach: the next recorder must not take it for something that was loaded since.
module 7.3 tests/lab/kmod
guest held 7.3 7.3 "$(scenario held <<'END'
generation_1() {
	insmod /luo_stats.ko
	mount_host
	insmod /hold_function.ko function=vfio_df_ioctl_bind_iommufd
	luoscope record --no-follow >/host/record || fail "record ends with status $?"
	luoscope record --no-follow >/host/again || fail "the second record ends with status $?"
	luoscope status >/host/status
	rmmod hold_function
	luoscope detach
	luoscope record --no-follow >/host/later || fail "the third record ends with status $?"
	[ -z "$(ls /sys/fs/bpf/luoscope | grep refused)" ] || fail "what could not be attached once is remembered for ever"
	scenario_done
}
END
)" --chain 1 --add "$build/kmod/7.3/hold_function.ko:/hold_function.ko"
share=$out_dir/held/share
# Which error it is depends on how the architecture attaches programs.
case $arch in
x86) error="Invalid argument" ;;
arm64) error="Device or resource busy" ;;
esac
check "not attached: record says what, and why" contains "$share/record" "^Not watched: vfio_df_ioctl_bind_iommufd: not attached: $error\$"
check "not attached: and its other half" contains "$share/record" "^Not watched: vfio_df_ioctl_bind_iommufd, return: not attached: $error\$"
check "not attached: a second one does not attach again" contains "$share/again" '^The probes are already attached\.$'
check "not attached: status says why" contains "$share/status" \
	"^probe vfio_df_ioctl_bind_iommufd +missing +not attached: $error; what it measures is shown as not observed\$"
check "not attached: after detach it is tried again" lacks "$share/later" '^Not watched: vfio_df_ioctl_bind_iommufd'

# Only the symbols of the new kernel show that another function has the name of one that is watched; 'luoscope init' reads them when
# it has attached both for many functions at once.
cat >"$out_dir/ambiguous-init" <<'END'
#!/bin/sh
set -e
/bin/busybox mount -t proc proc /proc
{ /bin/busybox cat /proc/kallsyms; /bin/busybox grep ' [tT] luo_retrieve_file$' /proc/kallsyms; } >/kallsyms
/bin/busybox mount -o bind /kallsyms /proc/kallsyms
exec /bin/luoscope init "$@"
END
chmod +x "$out_dir/ambiguous-init"
guest ambiguous 7.3 7.3 "$(scenario ambiguous <<'END'
generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	luo_client preserve vm-a 1 2
	kexec_into 2 rdinit=/ambiguous luoscope.init=/init
}

generation_2() {
	until_logged "luoscope: not watched: luo_retrieve_file"
	luo_client retrieve vm-a 1 2
	[ "$(grep -c '^proc /proc ' /proc/mounts)" = 1 ] || fail "'luoscope init' has mounted /proc once more"
	save_capture update
	scenario_done
}
END
)" --add-second "$out_dir/ambiguous-init:/ambiguous"
json=$out_dir/ambiguous/update.json
check "ambiguous: the log of the new kernel says so" contains "$out_dir/ambiguous/share/dmesg.2" \
	'luoscope: not watched: luo_retrieve_file: ambiguous name: 2 functions'
check_json "ambiguous: and the capture" "$json" \
	'[.left_out[] | select(.kernel == "new" and .function == "luo_retrieve_file") | .why] == ["ambiguous name"]'
check_json "ambiguous: what is attached all the same writes nothing" "$json" \
	'(.files | length) == 2 and ([.files[] | .freeze.duration_ns > 0 and .retrieve == null] | all) and .dropped == 0'

# 'luoscope init' has enough descriptors for what arrives, and not for the rest. What arrives is watched until somebody detaches that,
# and the capture knows of it: what comes back then is not called missing.
# Where the kernel has the handler, what arrives needs more.
descriptors=60
[ "$(kernel_of 7.3)" = 7.3 ] || descriptors=80
cat >"$out_dir/short-init" <<END
#!/bin/sh
ulimit -n $descriptors
exec /bin/luoscope init "\$@"
END
chmod +x "$out_dir/short-init"
guest short 7.3 7.3 "$(scenario short <<'END'
generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	luo_client preserve vm-a 1 2
	kexec_into 2 rdinit=/short luoscope.init=/init
}

generation_2() {
	ulimit -n 1024
	until_logged "luoscope: this kernel's next update is not watched"
	[ -e /sys/fs/bpf/luoscope/detaching ] || fail "what notes a detach is not pinned"
	luoscope detach
	luo_client retrieve vm-a 1 2
	save_capture update
	scenario_done
}
END
)" --add-second "$out_dir/short-init:/short"
json=$out_dir/short/update.json
check "short: the log of the new kernel says so" contains "$out_dir/short/share/dmesg.2" "luoscope: this kernel's next update is not watched: .*may open only $descriptors files"
check_json "short: the capture knows since when nothing is watched" "$json" \
	'[.detached[] | [.kernel, .start_is_known, .matters]] == [["new", true, true]] and .probes.new.retrieve == false'
check_json "short: whether the files are back is not known" "$json" \
	'(.files | length) == 2 and ([.files[] | .retrieve == null and (.not_back | not)] | all) and .update.files_missing == null'
done_testing
