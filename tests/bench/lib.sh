# SPDX-License-Identifier: GPL-2.0
# What the tests of figures share. Sourced, after tests/e2e/lib.sh.
# shellcheck shell=bash

# figure TEXT VALUE UNIT BUDGET
figure() {
	printf '# figure: %-58s %8s %s (budget %s %s)\n' "$1" "$2" "$3" "$4" "$3"
	ok "$1 is within its budget" "$(awk -v value="$2" -v budget="$4" 'BEGIN { print !(value != "" && value + 0 < budget) }')"
}

# slower TAKES ON_THAT_ONE: how many times slower this machine is than the one that the budgets were made for, by what takes so many
# ms on either. Never below 1: a fast machine has the same budgets.
slower() { awk -v takes="$1" -v there="$2" 'BEGIN { print (takes > there ? takes / there : 1) }'; }
# budget FIGURE TIMES: it grows on a slow machine, else the machine's speed would be tested and not ours.
budget() { awk -v figure="$1" -v times="$2" 'BEGIN { printf "%.0f", figure * times }'; }
