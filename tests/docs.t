#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The commands that README, docs and --help show are all run by some test (tests/docs-commands says by which); those that need no
# guest are run here, as they are written. And what the pages refer to exists: other pages, files, functions.
. "$(dirname "$0")/e2e/lib.sh"
cd "$top_dir" || exit 1

captures=$top_dir/tests/captures
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What the examples speak of: files by their names, ten updates of each of two builds, stored captures up to 12.
mkdir "$work/bin" "$work/build" "$work/tests" "$work/store" "$work/runs" "$work/old" "$work/new" "$work/base"
ln -s "$tool" "$work/bin/luoscope"
ln -s "$tool" "$work/build/luoscope"
ln -s "$captures" "$work/tests/captures"
ln -s "$top_dir/tests/read_area.py" "$work/tests/read_area.py"
tar -C "$work" -xf "$captures/diff.tar.xz"
for i in {1..10}; do
	cp "$work/base-$i.luoscope" "$work/run-$i.luoscope"
	cp "$work/base-$i.luoscope" "$work/new-$i.luoscope" "$work/runs"
	cp "$work/base-$i.luoscope" "$work/old"
	cp "$work/base-$i.luoscope" "$work/base"
	cp "$work/new-$i.luoscope" "$work/new"
	[ "$i" -gt 5 ] || cp "$work/base-$i.luoscope" "$work/store/$i.luoscope"
	[ "$i" -le 5 ] || cp "$work/new-$i.luoscope" "$work/store/$i.luoscope"
done
for name in update before; do
	cp "$captures/devices.luoscope" "$work/$name.luoscope"
done
cp "$captures/7.2-to-7.3.luoscope" "$work/after.luoscope"
cp "$captures/devices.luoscope" "$work/3"
cp "$captures/devices.luoscope" "$work/store/12.luoscope"
awk '/^```budget$/ { on = 1; next } /^```/ { on = 0 } on' "$top_dir/docs/ci.md" >"$work/update.budget"

tests/docs-commands >"$work/commands"
# no_command_is WHERE
no_command_is() { ! grep "^$1"$'\t' "$work/commands"; }
# Of one that is nowhere: give it to a test, in the table of tests/docs-commands.
check "every command is run by some test" no_command_is nowhere
check "a page has a command that no test knows: that is noticed" sh -c '
	cp -r README.md VERSION docs tests "$1" && mkdir "$1/build" && ln -s "$2" "$1/build/luoscope" &&
	printf "%s\n" "\`\`\`sh" "luoscope fly" "\`\`\`" "\`\`\`" "x" "\`\`\`" >>"$1/docs/start.md" &&
	"$1/tests/docs-commands" >"$1/found" && grep -q "^nowhere.*docs/start.md:.*luoscope fly$" "$1/found" &&
	grep -q "^nowhere.*a fence without a language$" "$1/found"' - "$(mktemp -d -p "$work")" "$tool"
# commands_of WHERE: each once.
commands_of() { awk -F '\t' -v where="$1" '$1 == where && !seen[$3]++ { print $3 }' "$work/commands"; }
check "there are commands to run here" test "$(commands_of here | wc -l)" -ge 30

# knows COMMAND WORD...: --help has each option among the words.
knows() {
	local command=$1 help word
	shift
	help=$("$tool" "$command" --help) || return 1
	for word; do
		[[ $word != --?* ]] || grep -qE -- "(^|[ ,])${word%%=*}([ =]|\$)" <<<"$help" ||
			{ echo "$command has no $word"; return 1; }
	done
}

# runs COMMAND: it ends with no error. Budgets may be exceeded.
runs() {
	local rc
	env -C "$work" PATH="$work/bin:$PATH" LUOSCOPE_STORE="$work/store" PAGER=cat \
		bash -o pipefail -c "$1" >"$work/stdout" 2>"$work/stderr" </dev/null
	rc=$?
	echo "status $rc"
	cat "$work/stderr"
	[[ $rc == [023] ]]
}

# listing COMMAND: a script of a page, by its first line, as the page has it.
listing() {
	local place
	place=$(awk -F '\t' -v what="$1" '$3 == what { print $2; exit }' "$work/commands")
	awk -v from="${place#*:}" 'FNR < from { next } /^```/ { exit } 1' "${place%:*}"
}

while read -r line; do
	case $line in
	"listing: for ((run"*)
		# What compare-builds is "and not much more" than, with updates that were done before.
		printf '#!/bin/bash\ncp "${2##*/}" "$2"\n' >"$work/bin/update"
		chmod +x "$work/bin/update"
		mkdir -p "$work/compared"
		check "it can be run: ${line#*: }" runs "runs=5 update=update dir=compared; $(listing "$line")"
		;;
	*) check "it can be run: $line" runs "$line" ;;
	esac
done < <(commands_of here)
while read -r line; do
	read -ra words <<<"$line"
	check "it has these options: $line" knows "${words[@]:1}"
done < <(commands_of options)

while read -r columns; do
	check "the table of devices has these columns: $columns" "$tool" report --columns "$columns" "$captures/trouble.luoscope"
done < <(grep -ohE -- '--columns [a-z_,-]+' README.md docs/*.md | cut -d ' ' -f 2 | sort -u)

# The README lists each command with its arguments as --help does. "begin|end|at" stands for three lines of usage.
arguments_of() {
	"$tool" "$1" --help | sed -nE 's/^(Usage|  or): +luoscope ([a-z]+)( \[OPTION\.\.\.\])?/\2/p'
}
while read -r words; do
	check "the README has the arguments of ${words%% *}" test "$(arguments_of "${words%% *}" | sort)" = \
		"$(if [[ $words == *"begin|end|at"* ]]; then printf '%s\n' "${words/begin|end|at/at}" "${words/begin|end|at/begin}" "${words/begin|end|at/end}"
		else echo "$words"; fi)"
done < <(sed -n '/^| command |/,/^$/s/^| `\([^`]*\)`.*/\1/p' README.md | tr -d '\\')

for page in README.md CONTRIBUTING.md docs/*.md; do
	missing=$(grep -oE '\]\([^)#:]+\)' "$page" | tr -d '])(' | while read -r link; do
		[ -e "$(dirname "$page")/$link" ] || echo "$link"
	done)
	check "$page refers to what is there" sh -c '[ -z "$1" ] || { echo "$1"; exit 1; }' - "$missing"
done

# names_files PAGE: each file or folder of the tree that the page names exists. NAME, * and my stand for others.
names_files() {
	local file missing=0
	while read -r file; do
		[ -e "$file" ] || { echo "there is no $file"; missing=1; }
	done < <(grep -oE '`(bpf|completion|docs|include|kernel|monitoring|packaging|systemd|tests|user)/[^` ]*`' "$1" | tr -d '`' |
		grep -vE 'NAME|\*|/my\.' | sort -u)
	return "$missing"
}
# names_functions PAGE: each function that the page names is in the tree.
names_functions() {
	local function missing=0
	while read -r function; do
		grep -rqw "$function" bpf kernel user || { echo "there is no $function()"; missing=1; }
	done < <(grep -oE '`[a-z0-9_]+\(\)`' "$1" | tr -d '`()' | sort -u)
	return "$missing"
}
for page in README.md CONTRIBUTING.md docs/*.md; do
	check "the files that $page names exist" names_files "$page"
done
check "the functions that docs/architecture.md names exist" names_functions docs/architecture.md
sed 's/`place_reset()`/`place_resett()`/; s,`user/model/build.c`,`user/model/bild.c`,' docs/architecture.md >"$work/architecture.md"
check "a function that does not exist is noticed" fails_with 1 "" names_functions "$work/architecture.md"
check "so is a file" fails_with 1 "" names_files "$work/architecture.md"
done_testing
