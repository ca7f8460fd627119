#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The JSON Schemas in docs/schema: they are strict, and what the commands write is as they say. The events of 'luoscope tail' are
# held against theirs in tests/e2e/tail.t, the reports of all guests in tests/e2e/lib.sh.
. "$(dirname "$0")/e2e/lib.sh"
cd "$top_dir" || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for schema in docs/schema/*.schema.json; do
	check_json "${schema##*/}: every object names all of its fields, and has no others" "$schema" \
		'[.. | objects | select(has("required") and has("additionalProperties"))] | length > 0 and
		 all(.[]; .additionalProperties == false and (.required | sort) == (.properties | keys))'
	check_json "${schema##*/}: its title is the documents' schema" "$schema" '.title == .properties.schema.const'
done

# without_schema: the kinds of documents in the program's source that have none, as "luoscope.NAME/VERSION".
without_schema() {
	grep -rhoE '"luoscope\.[a-z_]+/[0-9]+"' user --include=*.[ch] | tr -d '"' | sort -u |
		while read -r kind; do grep -qF "\"title\": \"$kind\"" docs/schema/*.schema.json || echo "$kind"; done
}
check "each kind of document has one" test -z "$(without_schema)"
check "there are several" test "$(grep -rhoE '"luoscope\.[a-z_]+/[0-9]+"' user --include=*.[ch] | sort -u | wc -l)" -ge 9

for capture in tests/captures/*.luoscope; do
	name=$(basename "$capture" .luoscope)
	"$tool" report --json "$capture" >"$work/$name.json"
	check "the report of $name" tests/validate report "$work/$name.json"
done

# written NAME COMMAND...: the document that the command writes is as the schema says, whatever its exit status is.
written() {
	local name=$1
	shift
	"$tool" "$@" >"$work/written.json"
	check "luoscope $1 $2: as $name.schema.json says" tests/validate "$name" "$work/written.json"
}
captures=(tests/captures/{7.2-to-7.3,devices,full}.luoscope)
written status status --json
written summary report --json "${captures[@]}"
written diff diff --json --fail-over 5% "${captures[@]:0:2}" -- "${captures[2]}"
written check check --json --budget 'blackout<=1s' --budget 'max(mark.x)<=1s' "${captures[@]}"
written check check --json "${captures[@]}"
written check check --json --budget 'mark.services-stopped.end<=-400ms' "${captures[@]}"
written figures check --list --json
for capture in tests/captures/*.luoscope; do
	written figures check --list --json "$capture"
done
for capture in tests/captures/*.luoscope; do
	written timeline timeline --json "$capture"
done
written timeline timeline --json "$(made hostile)"
cp "$work/written.json" "$work/hostile.timeline.json"
written diff diff --json --figure blackout --figure device.0000:01:00.0.freeze "${captures[0]}" -- "${captures[1]}"
mkdir "$work/store"
cp tests/captures/7.2-to-7.3.luoscope "$work/store/1.luoscope"
cp tests/captures/refused.luoscope "$work/store/2.luoscope"
head -c 1000 "$work/store/1.luoscope" >"$work/store/3.luoscope"
LUOSCOPE_STORE=$work/store written list list --json

# refused TEXT FILTER [DOCUMENT SCHEMA]: the document after that change is not as the schema says.
refused() {
	local text=$1
	jq "$2" "$work/${3:-7.2-to-7.3}.json" >"$work/changed.json"
	check "$text is reported" fails_quietly tests/validate "${4:-report}" "$work/changed.json"
}
fails_quietly() { ! "$@"; }
refused "another schema" '.schema = "luoscope.report/2"'
refused "a field too many" '.devices[0].colour = "red"'
refused "a field too few" 'del(.phases[0].error_ns)'
refused "a number that is a string" '.update.blackout_ns |= tostring'
refused "a string that is a number" '.files[0].token |= tonumber'
refused "an outcome that there is not" '.devices[0].reset.outcome = "maybe"'
check "a timeline as it is is not" tests/validate timeline "$work/hostile.timeline.json"
refused "an item of a timeline with a field too many" '.items[0] += [1]' hostile.timeline timeline
refused "one with a field too few" '.items[0] |= .[:10]' hostile.timeline timeline
refused "a flag that there is not" '.items[0][6] = 64' hostile.timeline timeline
refused "a downtime without an end" '.lanes[0].downtime = [1]' hostile.timeline timeline
refused "a token that is a number" '.lanes[0].token = 1' hostile.timeline timeline
check "no document at all is reported" fails_quietly tests/validate report /dev/null
done_testing
