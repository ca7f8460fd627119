#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The vfio-pci live update handler by itself, without luoscope, in 7.2: what happens during the freeze, devices that do not answer or were
# touched, and broken lists.
. "$(dirname "$0")/lib.sh"

selftest 7.2 7.2 "+vfio lab vfio" "$selftest_faults"
done_testing
