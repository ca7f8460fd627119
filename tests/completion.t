#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Completion in bash: what it offers is what --help lists, for every command and option, and files and captures where they go.
. "$(dirname "$0")/e2e/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/files" "$work/files/folder" "$work/store"
touch "$work/files/two words" "$work/files/*" "$work/files/\$(touch ran)" "$work/files/update.luoscope"
# Its attempt has a number, too.
cp "$top_dir/tests/captures/refused.luoscope" "$work/store/12.luoscope"

# offers WORD...: what is offered for the last of these words, a line each, as bash does it when TAB is pressed.
offers() {
	(cd "$work/files" && LUOSCOPE_STORE=$work/store bash -c '
		. "$1"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_luoscope
		[ ${#COMPREPLY[@]} = 0 ] || printf "%s\n" "${COMPREPLY[@]}"' - "$top_dir/completion/luoscope" "$tool" "$@")
}

# offered EXPECTED WORD...: these lines are offered, in any order, and no other.
offered() {
	local expected=$1
	shift
	diff <(grep . <<<"$expected" | sort) <(offers "$@" | sort)
}

check "it is said to be for luoscope" bash -c '. "$1" && complete -p luoscope' - "$top_dir/completion/luoscope"
commands=$("$tool" --help | sed -nE 's/^  ([a-z]+) .*/\1/p')
check "there are commands" grep -qx report <<<"$commands"
check "all commands are offered" offered "$commands"$'\nhelp\n--help\n--version' ""
check "and again after help" offered "$commands" help ""
check "but not after that" offered "" help report ""
check "one that is begun" offered report rep
check "nothing for what is none" offered "" nothing ""
for command in $commands; do
	# As --help shows them: an option stands at the left, and its text at the right.
	options=$("$tool" "$command" --help | grep -E '^ +-' | cut -c1-29 | grep -oE -- '--[a-z-]+=?')
	check "all options of $command are offered" offered "$options" "$command" -
done
check "an option that wants a value waits for it" offered --output= metrics --out
check "its value is a file" offered "$(ls "$work/files")" metrics --output ""
check "after = too" offered "$(ls "$work/files")" metrics --output = ""
check "at once after it" offered "$(ls "$work/files")" metrics --output =
check "and what is begun" offered update.luoscope metrics --output = up
check "after the letter as well" offered "$(ls "$work/files")" metrics -o ""
check "an option that wants no value leaves the argument" offered "12"$'\n'"$(ls "$work/files")" report --json ""
check "a number is no file" offered "" report --top ""
check "a capture is a stored one or a file" offered 12 report 1
check "names are taken as they are" offered "two words" report two
check "a file of save is no stored capture" offered "$(ls "$work/files")" save ""
check "mark has words of its own" offered $'begin\nend\nat' mark ""
check "and none after them" offered "" mark begin ""
check "nor after a name" offered "" mark at ready ""
cp "$top_dir/tests/captures/vm.luoscope" "$work/vm.luoscope"
check "a figure is completed" offered phase.jump diff --figure phase.j
check "so is that of a budget" offered "" check --budget phase.x
check "the words that stand in it are offered" offered "$("$tool" report --json "$work/vm.luoscope" | jq -r '.phases[].name | "phase." + .')" check --budget phase.
check "counts by a word, too" offered $'resets.unknown\nresets.ok\nresets.failed\nresets.busy\nresets.none\nresets.none_seen' check -b resets.
check "no placeholder" lacks <(offers check --budget "") '[A-Z:]'
# unknown: what is said of offered names that no budget can be about.
unknown() { offers check --budget "" | while read -r figure; do "$tool" check --budget "$figure<=1" 2>&1 | grep "there is no figure"; done; }
check "each that is offered is a figure" test -z "$(unknown)"
check "there are many" test "$(offers check --budget "" | wc -l)" -ge 50
make -s -C "$top_dir" build/unit/make_capture >&2 && "$build/unit/make_capture" hostile "$work/hostile"
# not_its_own: what is offered and is no figure of the capture on the line.
not_its_own() { comm -23 <(offers check "$work/hostile" --budget "" | sort -u) <("$tool" check --list "$work/hostile" | cut -d ' ' -f 1 | sort -u); }
check "no name that the shell would change is offered" test -z "$(not_its_own)"
check "others are" contains <(offers check "$work/hostile" --budget mark.) '^mark\.__proto__\.'
check "with a capture on the line, its own" offered "vm.vm-web.downtime" check "$work/vm.luoscope" --budget vm.vm-w
columns=$("$tool" report --columns '?' 2>&1 | sed -nE 's/.*the columns are //p' | tr -d ,)
check "the columns of the report are offered" offered "$(tr ' ' '\n' <<<"$columns")" report --sort ""
check "also after others" offered device,in-service report --columns device,in
kinds=$("$tool" tail --kind '?' 2>&1 | sed -nE 's/.*the kinds are //p' | tr -d ,)
check "the kinds of tail are offered" offered "$(tr ' ' '\n' <<<"$kinds")" tail --kind ""
check "the help of tail lists them" test "$("$tool" tail --help | tr -s ' \n' ' ' | sed -nE 's/.* Kinds: ([a-z_, ]*[a-z_]) -.*/\1/p' | tr -d ,)" = "$kinds"
for outcome in $(offers tail --outcome ""); do
	check "tail knows the outcome $outcome that is offered" sh -c '
		! "$1" tail --outcome "$2" 2>&1 | grep -i outcome' - "$tool" "$outcome"
done
check "the formats of check are offered" offered $'text\njson\ntap\njunit' check --format ""
check "there are some" test -n "$(offers tail --outcome "")"
check "nothing that was offered or typed was run" test ! -e "$work/files/ran"
offers report '-x/x/;1e touch ran #' "" >/dev/null
check "nor was an odd option" test ! -e "$work/files/ran"
check "a path with a ~ is no hindrance" bash -c '
	. "$1"; PATH=$(dirname "$2"):$PATH COMP_WORDS=("~/luoscope" rep) COMP_CWORD=1; _luoscope; [ "${COMPREPLY[*]}" = report ]' - \
	"$top_dir/completion/luoscope" "$tool"
done_testing
