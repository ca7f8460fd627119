#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Is it true? QEMU's trace shows the stamps that the client writes into a device's configuration space, with the host's clock,
# which owes nothing to the guest's. The same spans, told by luoscope, must agree within 1 ms or 0.1 %, whichever is more.
. "$(dirname "$0")/lib.sh"

guest truth 7.3 7.3 "$(scenario truth <<'END'
generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	kexec_load 2 rdinit=/bin/luoscope luoscope.init=/init
	luo_client preserve --stamp "$STAMP:0x1a" vm-a 1 2 -- vm-b 7
	sleep 2
	kexec_jump
}

generation_2() {
	luo_client retrieve --stamp "$STAMP:0x2a" vm-a 1 2
	sleep 2
	luo_client retrieve --stamp "$STAMP:0x2b" vm-b 7
	save_capture update
	scenario_done
}
END
)" --trace

json=$out_dir/truth/update.json
"$lab_dir/trace-stamps" "$out_dir/truth/trace.log" >"$out_dir/stamps"

# stamp VALUE: when the host saw it, in ns.
stamp() { awk -v value="$1" '$1 == value { sub(/\./, "", $2); print $2 "000"; exit }' "$out_dir/stamps"; }

# agree TEXT BEGIN END FILTER: what lies between two stamps, and what luoscope says of it.
agree() {
	local truth told difference allowed
	truth=$(($(stamp "$3") - $(stamp "$2")))
	told=$(jq "$4" "$json")
	difference=$((told - truth))
	allowed=$((truth / 1000 > 1000000 ? truth / 1000 : 1000000))
	echo "# $1: host $truth ns, luoscope $told ns, difference $difference ns, allowed $allowed ns"
	ok "$1 agrees with the host's clock" $((${difference#-} > allowed || truth <= 0))
}

check_backbone truth "$json"
agree "the blackout" 0x11 0x2b '.update.blackout_ns'
agree "in the old kernel, last preserve to reboot" 0x1a 0x11 '[.files[].preserve | -(.start_ns + .duration_ns)] | min'
agree "in the new kernel, one session's retrieve to the other's" 0x2a 0x2b \
	'([.files[] | select(.session == "vm-b") | .retrieve | .start_ns + .duration_ns] | max) -
	 ([.files[] | select(.session == "vm-a") | .retrieve | .start_ns + .duration_ns] | max)'
agree "a session's own blackout" 0x11 0x2a '.sessions[] | select(.name == "vm-a") | .blackout_ns'
done_testing
