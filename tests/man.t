#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The manual pages: one for each command, with all that --help says and the sections that a tool's page has to have.
. "$(dirname "$0")/e2e/lib.sh"
cd "$top_dir" || exit 1

pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
check "they can be made" docs/man/generate "$tool" "$pages"
check "the same tree gives the same pages" bash -c '
	docs/man/generate "$1" "$2/again" && for page in "$2"/*.1; do cmp "$page" "$2/again/${page##*/}" || exit 1; done' - "$tool" "$pages"
check "mandoc finds nothing to warn of" mandoc -Tlint -Wwarning "$pages"/*.1

# complete PAGE SECTION...: the page has the sections.
complete() {
	local page=$1 section
	shift
	for section; do
		grep -qE "^\.SH \"?$section\"?\$" "$page" || { echo "no section $section"; return 1; }
	done
}
# says_all COMMAND: each option of its --help is in the page as it is shown.
says_all() {
	local option text
	text=$(mandoc -Tascii -Owidth=200 "$pages/luoscope-$1.1" | col -b)
	for option in $("$tool" "$1" --help | grep -E '^ +-' | grep -oE -- '--[a-z-]+'); do
		grep -q -- "$option" <<<"$text" || { echo "no $option"; return 1; }
	done
}
# refers PAGE: what it refers to of luoscope's own pages is there.
refers() {
	local other
	for other in $(mandoc -Tascii "$1" | col -b | grep -oE 'luoscope(-[a-z]+)?\(1\)' | sort -u); do
		[ -f "$pages/${other%(1)}.1" ] || { echo "no page $other"; return 1; }
	done
}
# has_environment COMMAND: the page has each variable that the command looks at: its own source shows which.
has_environment() {
	local source=user/commands/cmd_$1.c function variable
	while read -r function variable; do
		! grep -qE "\<($function)\(" "$source" || sed -n '/^\.SH ENVIRONMENT/,/^\.SH [^E]/p' "$pages/luoscope-$1.1" | grep -qF "$variable" ||
			{ echo "no $variable"; return 1; }
	done <<'END'
terminal_width|terminal_text_width COLUMNS
terminal_has_colour NO_COLOR
load_model|store_dir LUOSCOPE_STORE
END
}
check "luoscope(1) is complete" complete "$pages/luoscope.1" NAME SYNOPSIS DESCRIPTION OVERHEAD "EXIT STATUS" EXAMPLES "SEE ALSO"
check "luoscope(1) refers to pages that there are" refers "$pages/luoscope.1"
# Each function that is not called during updates alone, by its program in bpf/; whoever reads the page knows them by these words.
names_functions() {
	local function words
	while read -r function words; do
		grep -q "SEC(\"fentry/$function\")" bpf/*.bpf.c || { echo "$function is not watched"; return 1; }
		sed -n '/^\.SH OVERHEAD/,/^\.SH [^O]/p' "$pages/luoscope-record.1" | tr '\n' ' ' | grep -qF "$words" || { echo "no $words"; return 1; }
	done <<'END'
kvm_arch_vcpu_ioctl_run every KVM_RUN
vcpu_put leaves its CPU
pm_runtime_barrier pm_runtime_barrier() at each probe of a driver
__pci_reset_function_locked reset PCI devices at each reset
pci_reset_bus reset PCI devices at each reset
vfio_df_ioctl_bind_iommufd a device is bound
vfio_pci_set_irqs_ioctl its interrupts are set up
END
}
check "luoscope-record(1) names what runs outside of updates" names_functions
for command in $("$tool" --help | sed -nE 's/^  ([a-z]+) .*/\1/p'); do
	page=$pages/luoscope-$command.1
	check "luoscope-$command(1) is complete" complete "$page" NAME SYNOPSIS DESCRIPTION OVERHEAD "EXIT STATUS" EXAMPLES "SEE ALSO"
	check "luoscope-$command(1) has its options" says_all "$command"
	check "luoscope-$command(1) has the environment that counts" has_environment "$command"
	check "luoscope-$command(1) refers to pages that there are" refers "$page"
	# A line that --help had to wrap goes on at the margin.
	check "the examples of luoscope $command can be copied as --help shows them" \
		sh -c '! "$1" "$2" --help | sed "1,/^Examples:/d" | grep -vE "^  |^$"' - "$tool" "$command"
done
done_testing
