#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The handler's own test in a kernel that finds what is wrong in itself: what happens during the freeze, devices that do not answer or
# were touched, or cannot be read, a broken list, other bus numbers.
. "$(dirname "$0")/lib.sh"

selftest_in_debug_kernel late bounds mute touched broken astray headless withheld places unreadable
done_testing
