#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The figures that the README quotes, each against its budget. 'make bench' prints them.
. "$(dirname "$0")/../e2e/lib.sh"

# figure TEXT VALUE UNIT BUDGET
figure() {
	printf '# figure: %-58s %8s %s (budget %s %s)\n' "$1" "$2" "$3" "$4" "$3"
	ok "$1 is within its budget" "$(awk -v value="$2" -v budget="$4" 'BEGIN { print !(value != "" && value + 0 < budget) }')"
}

guest figures 7.3 7.3 "$(scenario figures <<'END'
generation_1() {
	insmod /luo_stats.ko
	luoscope record >/dev/null &
	recorder=$!
	until luoscope status | grep -q "^probes *ok"; do sleep 0.1; done
	luo_client preserve vm-a $(seq 50 | sed 's/$/:4/')
	mount_host
	grep VmRSS "/proc/$recorder/status" >/host/recorder
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init
}

generation_2() {
	luo_client retrieve vm-a $(seq 50 | sed 's/$/:4/') >/dev/null
	save_capture update
	scenario_done
}
END
)"
json=$out_dir/figures/update.json
figure "size of the static binary" "$(awk -v n="$(stat -c %s "$tool")" 'BEGIN { printf "%.2f", n / 1e6 }')" MB 2
figure "resident memory of 'luoscope record' in a guest" \
	"$(awk '{ printf "%.2f", $2 * 1024 / 1e6 }' "$out_dir/figures/share/recorder")" MB 8
figure "'luoscope init', all of it, in the new kernel of a guest" \
	"$(jq '.update.luoscope_init_ns / 1e6 | round' "$json")" ms 1000
"$build/unit/bench_report" >"$out_dir/bench_report"
sed 's/^/# /' "$out_dir/bench_report"
figure "report of a full 256 KiB area as text, median" "$(awk '$1 == "text" { print $3 }' "$out_dir/bench_report")" ms 20
figure "report of a full 256 KiB area as JSON, median" "$(awk '$1 == "JSON" { print $3 }' "$out_dir/bench_report")" ms 20
done_testing
