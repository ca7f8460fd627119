#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One luoscope and one BPF object on both series of kernels, and an update from one to the other.
. "$(dirname "$0")/lib.sh"

steps=$(scenario series <<'END'
generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow | tee /tmp/said
	# What needs the tracepoints of a vfio-pci handler is reported in one line; everything else works on an unpatched kernel.
	[ "$(grep -c "Preserved vfio-pci devices are known from their files" /tmp/said)" = 1 ] ||
		fail "record does not say that no vfio-pci handler has tracepoints: $(cat /tmp/said)"
	if grep "Not watched" /tmp/said; then fail "there are probes that this kernel does not take: $(cat /tmp/said)"; fi
	luo_client preserve vm-a 1 2 -- vm-b 7
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init
}

generation_2() {
	luo_client retrieve vm-a 1 2 -- vm-b 7
	mount_host
	luoscope status >/host/status.txt
	save_capture update
	scenario_done
}
END
)
for pair in "7.2 7.3" "7.2 7.2"; do
	read -r from to <<<"$pair"
	guest "$from-$to" "$from" "$to" "$steps"
	json=$out_dir/$from-$to/update.json
	check_backbone "$from to $to" "$json"
	check_json "$from to $to: releases" "$json" \
		'(.update.from.release | startswith($from)) and (.update.to.release | startswith($to))' \
		--arg from "$from" --arg to "$to"
	check "$from to $to: the new kernel takes the programs for many functions" lacks "$out_dir/$from-$to/share/dmesg.2" \
		'luoscope: cannot attach'
	check_json "$from to $to: every file has all of its spans" "$json" \
		'(.files | length) == 3 and ([.files[] | .preserve.duration_ns, .freeze.duration_ns, .retrieve.duration_ns,
		  .finish.duration_ns | . > 0] | all)'
done
check "a capture made in a guest is rendered here, without root" \
	setpriv --reuid=65534 --regid=65534 --clear-groups "$tool" report - <"$out_dir/7.2-7.3/share/update.luoscope"
done_testing
