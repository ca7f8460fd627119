#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The binary is built as Debian builds its packages: where it is loaded is not known beforehand, and what it overwrites by mistake ends it.
# Looks at the binary alone; needs no guest.
. "$(dirname "$0")/e2e/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
readelf -hdlW "$tool" >"$work/elf"
nm "$tool.debug" >"$work/symbols"

check "it is no larger than 2,000,000 bytes" test "$(stat -c %s "$tool")" -le 2000000
check "it is static: it asks for no other program or library" lacks "$work/elf" 'INTERP|\(NEEDED\)'
check "it is position independent" contains "$work/elf" 'FLAGS_1\).* PIE'
check "what only relocation writes to is read-only after it" contains "$work/elf" '^ *GNU_RELRO '
check "and all relocation is done at the start" contains "$work/elf" 'BIND_NOW|FLAGS_1\).* NOW'
check "its stack cannot be executed" contains "$work/elf" '^ *GNU_STACK .* RW '
check "nor can anything that is written" lacks "$work/elf" '^ *LOAD .* RWE '
check "functions with buffers check the stack" contains "$work/symbols" ' __stack_chk_fail$'
check "calls check the sizes of their buffers" contains "$work/symbols" ' __(snprintf|vsnprintf|memcpy|sprintf|read)_chk$'
# Not only what libraries were built with.
objects=("$build"/user/*/*.o)
check "so it is in our own code: most files check the stack" test \
	"$(grep -l __stack_chk_fail "${objects[@]}" | wc -l)" -gt $((${#objects[@]} / 2))
done_testing
