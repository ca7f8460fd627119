#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A minute of the fuzzers, with the same inputs each time, as far as the time goes. 'make fuzz TIME=3600' tries others.
. "$(dirname "$0")/e2e/lib.sh"
cd "$top_dir" || exit 1

check "the fuzzers can be built" make -s fuzzers
SEED=1 make -s fuzz TIME=60 >"$out_dir/said" 2>&1
while read -r name _; do
	tried=$(sed -n "s/^$name: \([0-9]*\) inputs.*/\1/p" "$out_dir/said")
	check "$name: nothing is found in ${tried:-no} inputs" grep -xE "$name: [1-9][0-9]* inputs in [0-9]+ s, nothing found" "$out_dir/said"
done < <(build/fuzz/fuzz list)
[ "$failures" = 0 ] || diagnose "what the fuzzers said" <"$out_dir/said"

# No process is as small as that.
export FINDINGS=$out_dir/findings OPTIONS=-rss_limit_mb=1
rm -rf "$FINDINGS"
check "a finding is a failure" sh -c '! tests/fuzz/run 250 manager >"$1/found"' - "$out_dir"
check "it is said where it is kept" grep -q "^manager: .* a finding: see $FINDINGS/manager.log" "$out_dir/found"
check "and it is" contains "$FINDINGS/manager.log" 'out-of-memory'
check "a time that is no number is refused" fails_with 1 "TIME must be a number of seconds, not 'soon'" tests/fuzz/run soon
done_testing
