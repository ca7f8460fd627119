#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The vfio-pci live update handler by itself, without luoscope, from one series to the other: what the new kernel makes of what the old one
# has sent. Each scenario has guests of its own.
. "$(dirname "$0")/lib.sh"

selftest 7.2 7.3 "+vfio lab vfio" "update replaced touched broken together withheld places unreadable"
done_testing
