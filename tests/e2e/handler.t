#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The vfio-pci live update handler by itself, without luoscope, in 7.2: updates, what it refuses, and what becomes of devices that nobody
# has. The rest of its own test is in handler_faults.t.
. "$(dirname "$0")/lib.sh"

selftest 7.2 7.2 "+vfio lab vfio" "$selftest_updates"
# vfio is no module here.
all=$(awk '/^(scenario|chained) [a-z]+/ && $2 != "module" { print $2 }' "$lab_dir/vfio-selftest" | sort)
check "each scenario is run here or in handler_faults.t" diff <(tr ' ' '\n' <<<"$selftest_updates $selftest_faults" | sort) - <<<"$all"
done_testing
