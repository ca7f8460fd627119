#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The vfio-pci live update handler by itself, without luoscope, in 7.3 with vfio built in. debug_handler.t and debug_handler_faults.t run
# all other scenarios in 7.3, in a kernel that also finds what is wrong in itself; vfio is a module there, so a plain update is here.
. "$(dirname "$0")/lib.sh"

selftest 7.3 7.3 "+vfio lab vfio" "update replaced together"
done_testing
