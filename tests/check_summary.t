#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The summary at the end of 'make check': it lists each failure with its reason; a test that ends early counts as
# a failure.
. "$(dirname "$0")/e2e/lib.sh"

summary=$top_dir/tests/check-summary
tap=$out_dir/tap
rm -rf "$tap"
mkdir -p "$tap/tests/e2e"

# says STATUS LINE...: the summary is these lines, and its exit status is that one.
says() {
	local status=$1 rc
	shift
	"$summary" "$tap" >"$out_dir/said"
	rc=$?
	[ "$rc" = "$status" ] || { echo "status $rc"; return 1; }
	printf '%s\n' "$@" | diff - "$out_dir/said"
}

printf '%s\n' "ok 1 - a" "ok 2 - b # SKIP not here" "1..2" >"$tap/tests/good.t"
echo "1..0 # SKIP no kernel source" >"$tap/tests/e2e/nothing.t"
check "all is well" says 0 "1 passed, 0 failed, 2 skipped"

mapfile -t reason < <(seq -f "# %g" 30)
printf '%s\n' 1..3 "not ok 1 - a" "${reason[@]}" "not ok 2 - b" "# of b" "ok 3 - c" "# of c" >"$tap/tests/bad.t"
check "the end of the first reason is reported, and the next failure" says 1 "tests/bad.t: not ok 1 - a" "${reason[@]:16}" \
	"tests/bad.t: not ok 2 - b" "2 passed, 2 failed, 2 skipped"
printf '%s\n' 1..6 "not ok "{1..6}" - a" >"$tap/tests/bad.t"
check "of many failures of a test a few are named" says 1 "tests/bad.t: not ok "{1..4}" - a" "tests/bad.t: and 2 more" \
	"1 passed, 6 failed, 2 skipped"
rm "$tap/tests/bad.t"

printf '%s\n' "ok 1 - a" >"$tap/tests/e2e/died.t"
printf '%s\n' "1..3" "ok 1 - a" >"$tap/tests/e2e/early.t"
: >"$tap/tests/silent.t"
check "a test that ended early failed" says 1 "tests/silent.t: printed nothing" \
	"tests/e2e/died.t: 1 of an unknown number of checks" "tests/e2e/early.t: 1 of 3 checks" "3 passed, 3 failed, 2 skipped"
done_testing
