#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The report as a person sees it: one screen first, what went wrong at its top and in colour, sections by name, one device and what
# belongs to it, and the pager.
. "$(dirname "$0")/e2e/lib.sh"

captures=$top_dir/tests/captures
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/none"
printf "#!/bin/sh\ncat >/dev/null\necho less \$LESS\n" >"$work/bin/less"
chmod +x "$work/bin/less"
unset COLUMNS LINES PAGER LUOSCOPE_PAGER LESS NO_COLOR
export TERM=xterm

# went_well CAPTURE: all that was preserved is known to be back.
went_well() { "$tool" report --json "$1" | jq -e '.update | .complete and .devices_missing != 1 and .blackout_ns > 0' >/dev/null; }

# fits_screen FILE: it leaves room for the prompt on a terminal of 80 columns and 24 lines, and has the answers.
fits_screen() {
	[ "$(wc -l <"$1")" -le 23 ] && ! grep -E '^.{81}' "$1" &&
		for answer in 'blackout [0-9.]+ s \(\+- ' '^Started .*; clock verified' '^Back +[0-9]+ of ' '^  kernel_boot .* %  #' \
			'^    luoscope init ' '^  what to fix +busy +waited +saved$' '^More: --full .*--files'; do
			grep -qE "$answer" "$1" || { echo "no $answer in:"; cat "$1"; return 1; }
		done
}

screens=0
tar -C "$work" -xf "$captures/diff.tar.xz"
for capture in "$captures"/*.luoscope "$work"/*.luoscope; do
	name=$(basename "$capture" .luoscope)
	went_well "$capture" || continue
	screens=$((screens + 1))
	in_terminal 80 env NO_COLOR=1 LUOSCOPE_PAGER="echo paged; cat" "$tool" report "$capture" >"$work/screen"
	check "$name: the report fits a terminal of 80 columns and 24 lines, and answers" fits_screen "$work/screen"
	COLUMNS=80 LINES=24 "$tool" report "$capture" >"$work/pipe"
	check "$name: in a pipe too" fits_screen "$work/pipe"
	check "$name: what to fix has five rows at most" test "$(sed '1,/what to fix/d; /^More/,$d' "$work/pipe" | wc -l)" -le 5
done
check "there are such captures" test "$screens" -ge 8
for columns in 40 60; do
	for name in vm trouble full unstable refused; do
		in_terminal "$columns" env NO_COLOR=1 "$tool" report --no-pager "$captures/$name.luoscope" >"$work/narrow"
		check "$name: it fits $columns columns, too" bash -c '! grep -E "^.{$(($1 + 1))}" "$2" && grep -q "^More: --full" "$2"' - "$columns" "$work/narrow"
	done
done

"$tool" report "$captures/vm.luoscope" >"$work/vm"
check "the longest downtime of a guest is there, with its name" contains "$work/vm" '^Guests +longest downtime of a VM: 5\.139 s \(vm-web\)$'
check "and how many came back" contains "$work/vm" '^Back +2 of 2 VMs, 2 of 2 devices, 4 of 4 files$'
check "luoscope init is within its phase" bash -c 'grep -A1 "^  userspace " "$1" | grep -q "^    luoscope init "' - "$work/vm"
check "phases that are short share a row" contains "$work/vm" '^  6 others +- +29\.73 ms +0\.6 %$'
# What they add up to is what the JSON has.
check "which is their sum" test "$("$tool" report --json "$captures/vm.luoscope" |
	jq '[.phases[] | select(.share < 0.005) | .duration_ns] | [length, (add / 10000 | round)] | join(" ")' -r)" = "6 2973"
"$tool" report "$(made lost-vm)" >"$work/lost"
check "a guest that is not back is named" contains "$work/lost" '^Trouble .*VMs? (is|are) not running again: vm 3'
check "and the longest downtime is a lower bound" contains "$work/lost" '^Guests +longest downtime of a VM: at least '

# more FILE: the options that the screen ends with, one a line.
more() { sed -n '/^More: /,$p' "$1" | grep -oE -- '--[a-z]+'; }
check "in a pipe the screen ends with one line for all that shows more" diff <(tail -n 1 "$work/vm" | grep -oE -- '--[a-z]+') <(
	echo --full
	for section in vms devices files boot gaps shutdown sessions resets manager marks attempts others; do
		"$tool" report --$section "$captures/vm.luoscope" | grep -qxE "$section: (none|not known: .*)" || echo "--$section"
	done)
for columns in 40 80; do
	check "so it does in $columns columns, on more lines" diff <(more "$work/vm") <(more <(COLUMNS=$columns "$tool" report "$captures/vm.luoscope"))
	check "and on a terminal" diff <(more "$work/vm") <(in_terminal "$columns" env NO_COLOR=1 "$tool" report --no-pager "$captures/vm.luoscope" | more -)
done

# Trouble
trouble=$captures/trouble.luoscope
"$tool" report "$trouble" >"$work/trouble"
# trouble_first FILE: below the title are the lines about what went wrong, then all others.
trouble_first() { awk '/^(Trouble|Warning)/ { if (other) exit 1; seen = 1 } /^[A-Z]/ && !/^(Live|Trouble|Warning|What to do)/ { other = 1 } END { exit !seen }' "$1"; }
check "what went wrong comes first" trouble_first "$work/trouble"
check "devices that are not back are named, with their session" contains <(tr -s '\n ' ' ' <"$work/trouble") \
	' Trouble 2 of 3 devices are not in service again: 0000:02:00\.0 \(session vm\), 0000:03:00\.0 \(session vm\) Trouble '
check "so are files" contains "$work/trouble" '^Trouble +2 of 4 files are not back: token 2 of session vm, '
check "a phase that ends with the event with which it began is 0, and counts" \
	sh -c '"$1" report "$2" "$3" | grep -qE "^  phase\.resume +2 of 2 +0 ns +0 ns +0 ns "' - "$tool" "$captures/vm.luoscope" "$captures/slow.luoscope"
check "what is long and has no row is named" sh -c '"$1" report "$2" | grep -qx "  Also long: jump, kernel_boot (--boot), a gap of 2.967 s (--gaps)"' - \
	"$tool" "$captures/systemd.luoscope"
check "a gap of device_shutdown, too" sh -c '"$1" report "$2" | grep -qx "  Also long: jump, kernel_boot (--boot), a gap of 228.1 ms (--gaps)"' - \
	"$tool" "$trouble"
check "a gap of user space, too" sh -c '"$1" report "$2" | grep -qx "  Also long: jump, kernel_boot (--boot), a gap of 173.9 ms (--gaps)"' - \
	"$tool" "$captures/slow.luoscope"
check "device_shutdown: how much of it was spent outside device callbacks" sh -c '"$1" report --shutdown "$2" |
	grep -qx "  275.8 ms of the phase was spent outside device callbacks (see --gaps)."' - "$tool" "$trouble"
# not_known CAPTURE SECTION WHY: it says so, and not that there is none.
not_known() { "$tool" report "--$2" "$captures/$1.luoscope" | grep -qxF "$2: not known: $3"; }
for section in shutdown devices resets gaps; do
	check "full: $section that were lost are not none" not_known full "$section" "spans were dropped"
done
check "unstable: long poles are not none, either" not_known unstable poles "the clock is contradicted"
check "unstable: nor are gaps" sh -c '"$1" report --gaps "$2" | grep -qx "  Gaps of user space are not known: the clock is contradicted"' - \
	"$tool" "$captures/unstable.luoscope"
check "trouble: nor is a reset that failed" sh -c '"$1" report --resets --device 02:00.0 "$2" | grep -qxF "$3"' - "$tool" "$trouble" \
	"resets: not known: how long each must take; --devices has the outcomes"
for section in phases poles boot gaps shutdown devices; do
	check "refused: $section of no update are not none" not_known refused "$section" "this kernel was not started by a live update"
done
check "vm: whoever is not systemd reports nothing" not_known vm manager "the service manager did not report it in this capture"
check "what is not there is none" sh -c '"$1" report --resets "$2" | grep -qx "resets: none"' - "$tool" "$captures/systemd.luoscope"
check "check: a shutdown that was lost is not none" contains <("$tool" check --list "$captures/full.luoscope") '^shutdown\.max +- .*spans were dropped'
check "and resets" contains "$work/trouble" '^Warning +2 of 3 resets did not succeed: 0000:01:00\.0 '
check "an attempt that was refused before the update is there" contains "$work/trouble" '^Warning +an earlier attempt was refused by device 0000:03:00\.0'
check "what came back is counted" contains "$work/trouble" '^Back +1 of 3 devices, 2 of 4 files; virtual machines were not watched'
check "a share of what may have been longer is an upper bound" contains "$work/trouble" '^  userspace .* <= 35\.8 %'
# share_is_bound: no phase has more of the blackout than the text says it has at most.
share_is_bound() {
	"$tool" report --phases "$trouble" | sed -nE 's/^  ([a-z_]+) .* <= +([0-9.]+) %.*/\1 \2/p' >"$work/most" && [ "$(wc -l <"$work/most")" = 9 ] &&
		"$tool" report --json "$trouble" | jq -r '.phases[] | select(.share) | "\(.name) \(.share * 100)"' |
		awk 'NR == FNR { most[$1] = $2; next } $2 > most[$1] { print; bad = 1 } END { exit bad }' "$work/most" -
}
check "which is not below what it was" share_is_bound
check "and of what is a lower bound itself nothing is known" contains "$work/trouble" '^  resume .* >= 178\.1 ms +-$'
check "dropped spans are trouble" contains <("$tool" report "$captures/full.luoscope") '^Warning +889 spans were dropped'
"$tool" report "$captures/unstable.luoscope" >"$work/unstable"
check "a clock that is contradicted is a warning: the update itself may have gone well" contains "$work/unstable" '^Warning +the clock is contradicted$'
check "with the reasons" contains "$work/unstable" '^ +- the new kernel found the counter to be unstable$'
"$tool" report "$captures/refused.luoscope" >"$work/refused"
for refused in "refused:the update" "trouble:an earlier attempt"; do
	check "${refused#*:} was refused: by what and why" contains <(tr -s '\n ' ' ' <"$work/${refused%:*}") \
		"${refused#*:} was refused by device 0000:03:00\\.0 \\(vfio-pci\\): its interrupts are still enabled \\(EINVAL, 2026-11-22 16:10:17\\.586 UTC\\) "
done
check "and what to do" contains "$work/refused" '^What to do +Have its VMM disable them \(VFIO_DEVICE_SET_IRQS\) before the update$'
check "nothing, where an update came after it" lacks "$work/trouble" '^What to do'
check "so does the list of attempts" contains <("$tool" report --attempts "$captures/refused.luoscope") \
	'^  1: its interrupts are still enabled\. Have its VMM disable them \(VFIO_DEVICE_SET_IRQS\) before the update\.$'

# Colour
# colours FILE: which there are.
colours() { grep -oE $'\033''\[[0-9;]+m' "$1" | sort -u | tr -d '\033\n'; }
in_terminal 80 "$tool" report --no-pager "$trouble" >"$work/coloured"
check "on a terminal what went wrong is red, what is odd yellow, and titles are bold" \
	test "$(colours "$work/coloured")" = "[0m[1;31m[1m[33m"
check "every line of a sentence is" contains "$work/coloured" $'^\033''\[1;31m +0000:03:00\.0 \(session vm\)'$'\033''\[0m$'
check "rows of what is not back are, too" contains <(in_terminal 80 "$tool" report --no-pager --devices "$trouble") \
	$'^\033''\[1;31m  0000:02:00\.0 .* not back'
check "no colour if NO_COLOR is set" test -z "$(colours <(in_terminal 80 env NO_COLOR=1 "$tool" report --no-pager "$trouble"))"
check "nor on a dumb terminal" test -z "$(colours <(in_terminal 80 env TERM=dumb "$tool" report --no-pager "$trouble"))"
check "nor in a pipe" test -z "$(colours "$work/trouble")"
check "the words are the same" diff <(in_terminal 100 "$tool" report --no-pager "$captures/vm.luoscope" | sed $'s/\033\\[[0-9;]*m//g' | tail -n 8) \
	<(tail -n 8 "$work/vm")

# Sections
"$tool" report --full "$captures/vm.luoscope" >"$work/full"
for section in phases poles vms devices files boot gaps shutdown sessions resets marks others; do
	"$tool" report --"$section" "$captures/vm.luoscope" >"$work/section"
	title=$(sed -n 3p "$work/section")
	check "--$section is a section of --full" grep -qxF -- "$title" "$work/full"
	check "and no more" diff <(sed 1,2d "$work/section" | grep -v '^$' | grep -v '^-: not') \
		<(sed 1,2d "$work/section" | grep -vE '^$|^-: not' | grep -xFf "$work/full")
done
check "sections can be combined" test "$("$tool" report --vms --devices "$captures/vm.luoscope" | grep -cE '^(Virtual machines|Devices) \(')" = 2
check "one that is empty says so in one line" contains <("$tool" report --marks "$trouble") '^marks: none$'
check "so do losses" contains <("$tool" report --losses "$captures/vm.luoscope") '^No span was dropped in either stats area\.$'
check "and virtual machines that nobody watched" contains <("$tool" report --vms "$trouble") '^Virtual machines were not watched in either kernel\.$'
check "in --full it is not there" lacks <("$tool" report --full "$trouble") ': none$|^Marks|^Virtual machines were not watched|^No span was dropped'
check "--sort alone is about the devices" cmp <("$tool" report --sort reset "$trouble") <("$tool" report --devices --sort reset "$trouble")
for of in "full spans were dropped" "refused this kernel was not started by a live update"; do
	name=${of%% *} why=${of#* }
	check "$name: whether a device was preserved is not known" fails_with 1 \
		"it is not known whether device '01:00.0' was preserved: $why\$" "$tool" report --device 01:00.0 "$captures/$name.luoscope"
	check "$name: a table without rows says that, too" test "$("$tool" report --columns device "$captures/$name.luoscope" 2>&1 >/dev/null)" = \
		"luoscope: it is not known which devices were preserved: $why"
done
check "of an update without devices nothing is said" test -z "$("$tool" report --columns device "$captures/systemd.luoscope" 2>&1 >/dev/null)"
check "--columns are those of devices: another section beside them is refused" fails_with 1 \
	"the columns are those of the table of devices, which --columns shows alone: leave out --columns or --vms$" \
	"$tool" report --vms --columns device "$trouble"
check "nor is everything shown beside them" fails_with 1 "leave out --columns or --full$" "$tool" report --full --columns device "$trouble"
check "the section of devices is what they show" cmp <("$tool" report --devices --columns device "$trouble") <("$tool" report --columns device "$trouble")
check "--sort does not go without the devices" fails_with 1 "add --devices$" "$tool" report --vms --sort reset "$trouble"
check "nor does --no-headings" fails_with 1 "add --devices$" "$tool" report --resets -H "$trouble"
make -s -C "$top_dir" build/unit/make_capture >&2 && "$build/unit/make_capture" second-resets "$work/second-resets"
"$tool" report --resets "$work/second-resets" >"$work/section"
check "resets: who was spared a second one" contains "$work/section" '^Second resets, when a device is bound: 1 of 2 spared$'
check "why that was safe" contains "$work/section" '^  0000:81:00\.0: spared: reset by the old kernel and idle since$'
check "and what spoke against it" contains "$work/section" \
	'^  0000:82:00\.0: not spared: its configuration space was not as the old kernel left it$'
"$tool" report --json "$work/second-resets" >"$work/second-resets.json"
check_json "in JSON, too" "$work/second-resets.json" \
	'[.devices[].second_reset] == [{spared: true, why: "idle"}, {spared: false, why: "changed"}]'
check "it is as its schema says" "$top_dir/tests/validate" report "$work/second-resets.json"
check "an older handler does not say" lacks <("$tool" report --resets "$trouble") '[Ss]pared|Second'
check "the first screen has nothing of it" lacks <("$tool" report "$work/second-resets") '[Ss]pared|Second'
check "resets can be sorted" "$tool" report --resets --sort reset "$trouble"
check "--json and sections do not go together" fails_with 1 jq "$tool" report --json --devices "$trouble"
check "nor do several captures" fails_with 1 "only with a single capture" "$tool" report --devices "$trouble" "$captures/vm.luoscope"
check "what was said of the jump holds for the kernel: 7.2 verifies a checksum" contains \
	<("$tool" report --boot "$captures/7.2-to-7.3.luoscope" | tr -s '\n ' ' ') 'the purgatory \(it verifies the SHA-256 of the new kernel'
check "7.3 does not" lacks "$work/full" SHA-256

# Device probes of the boot, and those after init started.
"$tool" report --boot --top 0 "$captures/slow.luoscope" >"$work/boot"
"$tool" report --json "$captures/slow.luoscope" >"$work/boot.json"
# probes_after IS: the devices of the probes that JSON has after init started (true), or before (false), one a line.
probes_after() { jq -r ".boot | .moments.pid1.start_ns as \$init | .probes.longest[] | select((.start_ns > \$init) == $1) | .device" "$work/boot.json"; }
# devices_of TITLE: those of the table in text.
devices_of() { sed -n "/^Slowest device probes, $1 (/,/^\$/p" "$work/boot" | sed '1,2d; /^$/d' | awk '{ print $5 }'; }
check "device probes within the boot are those up to init" diff <(probes_after false) <(devices_of "within initcalls or in parallel")
check "those after init started have a table of their own" diff <(probes_after true) <(devices_of "after init started")
check "there are two" grep -qx "Slowest device probes, after init started (2 of 2)" "$work/boot"
check "the others are counted without it" grep -qx "Slowest device probes, within initcalls or in parallel (23 of 23)" "$work/boot"

# One device
"$tool" report --device 01:00.0 "$captures/vm.luoscope" >"$work/one"
check "--device takes a name as lspci prints it" cmp "$work/one" <("$tool" report --device 0000:01:00.0 "$captures/vm.luoscope")
check "its guest is there" contains "$work/one" '^  vm-database +vmm +2 '
check "and its file" contains "$work/one" '^  vm-database +2 +vfio-pci-luoscope-v1 '
check "and its reset" contains "$work/one" '^  0000:01:00\.0 +flr '
check "no other guest, file or device" lacks "$work/one" '^ *(vm-web|vm-database +[13] .*memfd|0000:00:11\.0) '
check "nor phases, boot and marks" lacks "$work/one" '^(Phases|Inside|Marks)'
check "the table of devices says whose they are" contains "$work/full" '^  0000:00:11\.0  vm-database  vm-database '
check "so does that of files" contains "$work/full" '^  vm-web +1  memfd-v2 .* vm-web$'
check "a device that is not there: the nearest one is named" fails_with 1 "did you mean 0000:03:00\.0\?" "$tool" report --device 0000:3:00.0 "$trouble"
check "also of its name as lspci prints it" fails_with 1 "did you mean 0000:03:00\.0\?" "$tool" report --device 03:00.1 "$trouble"
check "of what is like none, none" fails_with 1 "no preserved device 'vm-web' in this update: '" "$tool" report --device vm-web "$trouble"
check "columns can be written with _" cmp <("$tool" report --columns device,in_service "$trouble") <("$tool" report --columns device,in-service "$trouble")
check "also where the heading has _" cmp <("$tool" report --columns device,irq_setup "$trouble") <("$tool" report --columns device,irq-setup "$trouble")
check "how long the set-up of the interrupts took is a column on request" contains \
	<("$tool" report -H --columns irq_setup --device 01:00.0 "$captures/vm.luoscope") '^ +[0-9.]+ [mun]?s$'
check "the table of devices does not have it otherwise" lacks "$work/full" 'irq_setup +in service'
check "whose device it was can be a column" test "$("$tool" report -H --columns device,session,vm --device 01:00.0 "$captures/vm.luoscope" | xargs)" = \
	"0000:01:00.0 vm-database vm-database"
columns=$("$tool" report --columns '?' "$trouble" 2>&1 | sed -nE 's/.*the columns are //p' | tr -d ,)
check "the help lists the columns" test "$("$tool" report --help | tr -s ' \n' ' ' | grep -oE 'these columns: .* finish' | cut -c16- | tr -d ,)" = "$columns"
check "and where those of --sort are" contains <("$tool" report --help | tr -s ' \n' ' ') '--sort=COLUMN Sort the preserved devices by one of the columns that --columns lists, '
check "all of which there are" "$tool" report --columns "${columns// /,}" "$trouble"

# Pipes
check "in a pipe an empty cell is -" contains <("$tool" report --columns device,method,outcome "$trouble") '^  0000:02:00\.0  - +failed$'
check "nothing is shortened" lacks <("$tool" report --full --top 0 "$captures/vm.luoscope") '~$|~ |No room'
check "sentences fold at COLUMNS" lacks <(COLUMNS=60 "$tool" report "$trouble" | grep -E '^(Trouble|Warning|Back|  *\()') '^.{61}'
check "COLUMNS is the width of a terminal" lacks <(in_terminal 132 env COLUMNS=60 NO_COLOR=1 "$tool" report --full --no-pager "$trouble") '^.{61}'

# The pager
# paged VARIABLE... -- OPTION...: what is on a terminal of 24 lines.
paged() {
	local variables=()
	while [ "$1" != -- ]; do variables+=("$1"); shift; done
	in_terminal 80 env ${ignored:+--ignore-signal=$ignored} NO_COLOR=1 "${variables[@]}" "$tool" report "${@:2}" "$captures/vm.luoscope"
}
mark="sed s/^/paged:/"
check "what is longer than the terminal goes through a pager" contains <(paged PAGER="$mark" -- --full) '^paged:Live update'
check "what fits does not" lacks <(paged PAGER="$mark" --) '^paged:'
check "but where the terminal is smaller" contains <(paged PAGER="$mark" LINES=10 --) '^paged:'
check "LUOSCOPE_PAGER comes first" contains <(paged PAGER=false LUOSCOPE_PAGER="$mark" -- --full) '^paged:Live'
check "--no-pager" lacks <(paged PAGER="$mark" -- --full --no-pager) '^paged:'
for none in "" cat; do
	check "LUOSCOPE_PAGER='$none' means none" contains <(paged PAGER="$mark" LUOSCOPE_PAGER="$none" -- --full) '^Live update'
done
check "without either it is less, as git calls it" contains <(paged PATH="$work/bin:$PATH" -- --full) '^less FRX$'
check "but a LESS of the user's own stays" contains <(paged PATH="$work/bin:$PATH" LESS=R -- --full) '^less R$'
check "where there is no less, nothing is lost" contains <(paged PATH="$work/none" -- --full) '^Live update'
check "nor is it if the pager cannot be run" contains <(paged PAGER=/nowhere/pager -- --full) '^Live update'
for pager in "exit 7" "sleep 0.1; exit 7" 'kill -SEGV $$' false "less_of_nobody --x 2>/dev/null || exit 1"; do
	check "nor if it fails at once: $pager" contains <(paged LUOSCOPE_PAGER="$pager" -- --full) '^Live update'
done
check "nor if there is more than a pipe takes" contains <(in_terminal 80 env LUOSCOPE_PAGER="exit 7" NO_COLOR=1 \
	"$tool" report --full --top 0 "$captures/full.luoscope") '^Live update'
check "what was shown before it failed is not shown twice" \
	test "$(paged LUOSCOPE_PAGER='cat -u; exit 7' -- --full | grep -c '^Live update')" = 1
check "nor what one began to show" test "$(paged LUOSCOPE_PAGER='head -n 3; exit 7' -- --full | grep -c '^Live update')" = 1
check "nor if it ends by a signal" test "$(paged LUOSCOPE_PAGER='head -n 3; kill -SEGV $$' -- --full | grep -c '^Live update')" = 1
check "nor is anything if the user stops it" lacks <(paged LUOSCOPE_PAGER='kill -INT $$' -- --full) '^Live update'
check "nor is anything if a pager that has read nothing ends well" lacks <(paged LUOSCOPE_PAGER=true -- --full) '^Live update'
check "nor if whoever started luoscope ignores what becomes of its children" contains \
	<(ignored=CHLD paged PAGER=/nowhere/pager -- --full) '^Live update'
check "which does not show it twice" test "$(ignored=CHLD paged PAGER='cat -u' -- --full | grep -c '^Live update')" = 1
check "in a pipe there is none" lacks <(PAGER="$mark" "$tool" report --full "$trouble") '^paged:'
check "nor for JSON" lacks <(paged PAGER="$mark" -- --json) '^paged:'
check "of several captures too" contains <(in_terminal 80 env LUOSCOPE_PAGER="$mark" "$tool" report "$captures"/{vm,devices}.luoscope) '^paged:'
# status PAGER ARGUMENT...: the exit status of a report on a terminal, and what it says on standard error.
status() { in_terminal 80 bash -c "LUOSCOPE_PAGER='$1' '$tool' report ${*:2} 2>'$work/stderr'; echo \"status \$?\"" | tail -n 1; cat "$work/stderr"; }
check "to quit the pager is no error" test "$(status 'head -n 1' --full --top 0 "$captures/full.luoscope")" = "status 0"
check "one that fails is none, either" test "$(status 'cat >/dev/null; false' --full "$captures/vm.luoscope")" = "status 0"
check "an error stays one" test "$(status "$mark" --full /nowhere | tr -d '\n')" = "status 1luoscope: cannot open /nowhere: No such file or directory"
done_testing
