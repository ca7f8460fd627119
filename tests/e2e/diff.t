#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Two builds are compared as docs/ci.md has it, in turn. The new one is another kernel, and has a device that takes 300 ms to shut
# down. That has to be found, and no more than that may be said of runs of one and the same build.
. "$(dirname "$0")/lib.sh"

slow_ms=300
# Among 80 figures at once a verdict takes seven runs of each build. One to spare.
runs=8
for kernel in 7.2 7.3; do
	module "$kernel"
	module "$kernel" tests/lab/kmod
done
for side in base new; do
	scenario "$side" >/dev/null <<END
generation_1() {
	insmod /luo_stats.ko
	insmod /slow_shutdown.ko ms=$([ "$side" = new ] && echo "$slow_ms" || echo 0)
	luoscope record --no-follow
	luo_client preserve vm-a 1:1024 2 -- vm-b 7
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init
}

generation_2() {
	luo_client retrieve vm-a 1:1024 2 -- vm-b 7
	save_capture update
	scenario_done
}
END
done

# The page's own script, for other scenarios.
cd "$top_dir" || exit 1
sed -n '/^# update SIDE CAPTURE$/,/^```$/p' docs/ci.md | grep -v '^```' |
	sed "s|tests/scenarios/memfds|$out_dir/\$1.scenario --add-first build/kmod/\$kernel/slow_shutdown.ko:/slow_shutdown.ko|" \
		>"$out_dir/update-once"
check "the page has the script" grep -q slow_shutdown.ko "$out_dir/update-once"
# That is the first update of each build. The others come one after the other in one guest, which saves a boot for each.
for side in base new; do
	{
		cat <<END
leave() {
	insmod /slow_shutdown.ko ms=$([ "$side" = new ] && echo "$slow_ms" || echo 0)
	wait_for_probes
	luo_client preserve vm-a 1:1024 2 -- vm-b 7
	kexec_into \$((GENERATION + 1)) rdinit=/bin/luoscope luoscope.init=/init
}
arrive() {
	luo_client retrieve vm-a 1:1024 2 -- vm-b 7
	save_capture \$((GENERATION - 1))
}
generation_1() { insmod /luo_stats.ko; luoscope record --no-follow; leave; }
END
		for ((i = 2; i < runs; i++)); do echo "generation_$i() { arrive; leave; }"; done
		echo "generation_$runs() { arrive; scenario_done; }"
	} >"$out_dir/$side-others.scenario"
done
# On a machine that is busy a guest may take too long, or find its own clock to be unstable: then nothing was measured, and the
# update is done again.
rm -rf "${out_dir:?}"/{base,new}-others
cat >"$out_dir/update" <<END
#!/bin/bash
kernel=\$([ "\$1" = base ] && echo 7.2 || echo 7.3)
others=$out_dir/\$1-others
# is_measured CAPTURE
is_measured() { "$tool" report --json "\$1" | jq -e '.clock.verdict == "verified"'; }
for _ in 1 2 3 4; do
	if [[ \$2 = *-1.luoscope ]]; then
		bash "$out_dir/update-once" "\$@" && is_measured "\$2" && exit
		continue
	fi
	for capture in "\$others"/share/*.luoscope; do
		if [ -f "\$capture" ] && is_measured "\$capture"; then mv "\$capture" "\$2"; exit; fi
	done
	tests/lab/run-scenario --from \$kernel --to \$kernel --scenario "$out_dir/\$1-others.scenario" --chain $runs --out "\$others" \
		--add build/luoscope:/bin/luoscope --add build/module/\$kernel/luo_stats.ko:/luo_stats.ko \
		--add build/kmod/\$kernel/slow_shutdown.ko:/slow_shutdown.ko
done
exit 1
END
chmod +x "$out_dir/update"

export LUOSCOPE=$tool
captures=$out_dir/captures
compare() {
	"$top_dir/docs/compare-builds" "$captures" "$runs" "$out_dir/update" --figure phase.device_shutdown --fail-over 5% --json \
		>"$out_dir/diff.json"
	[ $? = 2 ]
}
check "$runs updates of each build, compared: over the limit" compare
"$tool" diff "$captures"/base-*.luoscope -- "$captures"/new-*.luoscope >"$out_dir/diff.txt"
json=$out_dir/diff.json
check_json "every update is there" "$json" '(.base.runs | length) == $runs and (.new.runs | length) == $runs' --argjson runs "$runs"
check_json "the phase is called slower, and over the limit" "$json" \
	'.figures[0] | .name == "phase.device_shutdown" and .verdict == "slower" and .result == "over"'
# The emulated machine spreads by some 10 ms, and a sleep may only last longer than was asked for.
check_json "by what it was slowed down" "$json" \
	'.figures[0].change.estimate | . > $ms * 0.9e6 and . < $ms * 2e6' \
	--argjson ms "$slow_ms"
check_json "the device at fault is called slower, among all figures" "$json" \
	'.figures[] | select(.name == "shutdown.slow_shutdown") | .verdict == "slower" and .change.low > $ms * 0.9e6' \
	--argjson ms "$slow_ms"
check_json "the two kernels are reported" "$json" \
	'[.differences[] | select(.what == "kernels") | [.base, .new]] == [[$runs, 0], [0, $runs]]' --argjson runs "$runs"

# Runs of one build. That their interval reaches beyond 50 % is what a busy machine may give; that all of it does is not.
same() {
	local rc
	"$tool" diff --figure phase.device_shutdown --fail-over 50% "$captures"/new-{1,3,5,7}.luoscope -- \
		"$captures"/new-{2,4,6,8}.luoscope
	rc=$?
	echo "status $rc"
	[ "$rc" = 0 ] || [ "$rc" = 3 ]
}
check "runs of one build among each other: not over" same
done_testing
