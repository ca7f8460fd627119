#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The timeline of real captures, in each form; SVG and Perfetto's format are read back by others' parsers.
. "$(dirname "$0")/e2e/lib.sh"

devices=$top_dir/tests/captures/devices.luoscope
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$tool" report --json "$devices" >"$work/report.json"
"$tool" timeline --json "$devices" >"$work/timeline.json"
"$tool" timeline "$devices" >"$work/text"

check "the text has a line for each phase" sh -c '
	jq -r ".phases[].name" "$1/report.json" | while read -r phase; do grep -q "^$phase .*|.*#" "$1/text" || exit 1; done' - "$work"
check "and one for each device" sh -c '
	jq -r ".devices[].device" "$1/report.json" | while read -r bdf; do grep -q "^$bdf .*|.*\.\.\.\." "$1/text" || exit 1; done' - "$work"
check "it has 100 columns where there is no terminal" sh -c '! grep -E "^.{101}" "$1/text" && grep -qE "^.{95,}" "$1/text"' - "$work"
# fits COLUMNS FILE: no line of it is wider, and the axis has round times that do not touch, 0 among them.
fits() {
	! grep -E "^.{$(($1 + 1))}" "$2" || return 1
	grep -qE '^ *\|0( +[0-9]+(\.[0-9]+)? [num]?s)+$' "$2" && grep -E '^ *\|0' "$2" | grep -oE '[0-9.]+ [num]?s' | round_steps
}
# round_steps: the times of standard input lie 1, 2 or 5 times a power of ten from one another, and from 0.
round_steps() {
	awk '{ ns = $1 * (1000 ^ index("num", substr($2, 1, 1) == "s" ? "x" : substr($2, 1, 1)) / 1000)
		if ($2 == "s") ns = $1 * 1e9
		step = ns - last; last = ns
		if (NR > 1 && sprintf("%.0f", step) != sprintf("%.0f", first)) exit 1
		if (NR == 1) first = step }
		END { if (NR) { while (first > 9.5) first /= 10; exit first < 1.01 || (first > 1.99 && first < 2.01) || (first > 4.99 && first < 5.01) ? 0 : 1 } }'
}
for columns in 40 60 80 100 132 200; do
	for capture in devices trouble full systemd unstable; do
		in_terminal "$columns" "$tool" timeline "$top_dir/tests/captures/$capture.luoscope" >"$work/$columns"
		check "$capture fits into $columns columns" fits "$columns" "$work/$columns"
	done
done
COLUMNS=60 "$tool" timeline "$devices" >"$work/60"
check "COLUMNS says how wide it is, where there is no terminal" sh -c '! grep -E "^.{61}" "$1/60" && grep -qE "^.{55,}" "$1/60"' - "$work"
for columns in 0 x 60x -60; do
	check "COLUMNS=$columns says nothing" sh -c 'COLUMNS="$1" "$2" timeline "$3" | cmp - "$4/text"' - "$columns" "$tool" "$devices" "$work"
done

# width_of COLUMNS: of the longest line, where COLUMNS says that.
width_of() { COLUMNS=$1 "$tool" timeline "$devices" | wc -L; }
for columns in 401 10000 10001 99999999999999999999; do
	check "COLUMNS=$columns is as wide as 400" test "$(width_of "$columns")" = "$(width_of 400)"
done
check "which is wider than without it" test "$(width_of 400)" -gt 300
for columns in 1 39; do
	check "COLUMNS=$columns is as wide as 40" cmp <(COLUMNS=$columns "$tool" timeline "$devices") <(COLUMNS=40 "$tool" timeline "$devices")
done

# Names of up to 64 characters, and joined phases.
make -s -C "$top_dir" build/unit/make_capture >&2 && "$build/unit/make_capture" hostile "$work/hostile"
check "in a pipe no name is cut" lacks <("$tool" timeline "$work/hostile") '^[^|]*~ '
check "on a terminal it is, so that the bars have room" contains <(in_terminal 80 "$tool" timeline "$work/hostile") '^[^|]*~ '
# bars FILE: what stands before each bar.
bars() { grep -F ' |' "$1" | cut -d '|' -f 1 | tr -s ' '; }
COLUMNS=60 "$tool" timeline "$top_dir/tests/captures/slow.luoscope" | bars - >"$work/wide.bars"
for columns in 40 45 54; do
	COLUMNS=$columns "$tool" timeline "$top_dir/tests/captures/slow.luoscope" >"$work/narrow"
	check "nor is any row in pieces where names leave the bars little of $columns columns" diff "$work/wide.bars" <(bars "$work/narrow")
	check "nor is the axis" contains "$work/narrow" '^ +\|0 {5,}5 s$'
done
check "whatever COLUMNS says" lacks <(COLUMNS=40 "$tool" timeline "$work/hostile") '^[^|]*~ '
trouble=$top_dir/tests/captures/trouble.luoscope
"$tool" timeline "$trouble" >"$work/trouble"
"$tool" timeline --json "$trouble" >"$work/trouble.json"
check "what never came back is down to the edge of the picture" sh -c '
	[ "$(grep -E "^(0000:0[23]:00.0 vm|vm [24]) +(not back|>= 6\.752 s) \|.*\.\.\..*>$" "$1/trouble" | cut -c1-12 | tr -s " \n" ";")" = \
	  "0000:02:00.0;0000:03:00.0;vm;2;vm;4;" ]' - "$work"
check "and what came back is not" sh -c '! grep -E "^(0000:01:00.0 vm|vm [13]) .*>$" "$1/trouble"' - "$work"
# Of the trouble, what is not back is the last to be left out.
check "--top draws first what never came back" sh -c '
	"$1" timeline --top 2 "$2" >"$3/top" && grep -q "^devices (2 of 3)" "$3/top" && grep -q "^files (2 of 4)" "$3/top" &&
	[ "$(sed "/^Failed attempt/,\$d" "$3/top" | grep -oE "^(0000:..:..\..|vm [0-9]) " | tr -d "\n")" = "0000:02:00.0 0000:03:00.0 vm 2 vm 4 " ]' - "$tool" "$trouble" "$work"
check "the last device that came back ends the blackout, and the picture" \
	jq -e '(.lanes[] | select(.name == "0000:01:00.0").downtime | .start_ns + .duration_ns) as $back | .end_ns == $back and $back == .blackout_ns' "$work/trouble.json"
check "what failed has a ! in its lane, and words" sh -c '
	grep -A1 "^0000:01:00.0 .*|!" "$1/trouble" | grep -qx "  ! reset failed: EBUSY after 16.66 ms" &&
	grep -A1 "^0000:02:00.0 .*|!" "$1/trouble" | grep -qx "  ! reset failed: ENOTTY after 957.5 us"' - "$work"
check "and what went well has not" sh -c '! sed "/^Failed attempt/,\$d" "$1/trouble" | grep -E "^(0000:03|vm ).*!" && ! grep "!" "$1/text"' - "$work"
check "a device has the name of whose it is" sh -c 'grep -q "^0000:00:11.0 vm-database " "$1/text" && grep -q "^0000:01:00.0 vm " "$1/trouble"' - "$work"
check "the legend says what these mean" sh -c 'tail -2 "$1/trouble" | tr -d "\n" | grep -qE "\. downtime, ?> downtime continues, ?! failed$"' - "$work"
# same_head CAPTURE: the text timeline begins as the report does, word for word.
same_head() {
	"$tool" report --full "$1" | sed '/^$/,$d' >"$work/head"
	"$tool" timeline "$1" | sed '/^$/,$d' | grep -v '^Not drawn ' | cmp - "$work/head"
}
# svg_head CAPTURE: the picture says each sentence of the head.
svg_head() {
	local sentence
	"$tool" timeline --svg - "$1" | xmllint --xpath 'string(/)' - | tr -s ' \n' ' ' >"$work/said"
	"$tool" timeline --json "$1" | jq -r '.head | del(.title) | .. | strings | select(. != "")' >"$work/sentences"
	[ "$(wc -l <"$work/sentences")" -ge 4 ] || return 1
	while read -r sentence; do
		grep -qF "$sentence" "$work/said" || { echo "missing: $sentence"; return 1; }
	done <"$work/sentences"
}
for capture in devices trouble full systemd unstable; do
	check "the text timeline of $capture begins with the report's head" same_head "$top_dir/tests/captures/$capture.luoscope"
	check "the SVG of $capture says it too" svg_head "$top_dir/tests/captures/$capture.luoscope"
done
check "what cannot be placed is named, and is not in the picture" sh -c '
	"$1" timeline "$2" | grep -qx "Not drawn    jump, kernel_boot, userspace, retrieve and 4 spans: when they began is not known" &&
	"$1" timeline --svg - "$2" | grep -q "Not drawn.*jump, kernel_boot, userspace, retrieve and 4 spans" &&
	! grep -q "Not drawn" "$3/text"' - "$tool" "$top_dir/tests/captures/unstable.luoscope" "$work"
slow=$top_dir/tests/captures/slow.luoscope full=$top_dir/tests/captures/full.luoscope
check "a lane whose instant lies before the picture says when" contains <("$tool" timeline "$slow") '^services-stopped +\|< at -136\.7 ms$'
check "or after it" contains <("$tool" timeline --top 0 "$full") '^finish +\| +from 5\.203 s >$'
check "in the SVG too" sh -c '
	"$1" timeline --svg - "$2" | grep -q ">&lt; at -136.7 ms</text>" && "$1" timeline --svg - "$3" | grep -q ">from 5.203 s &gt;</text>"' - \
	"$tool" "$slow" "$full"
for name in devices full refused slow systemd trouble vm; do
	check "no lane of $name is empty" lacks <("$tool" timeline --top 0 "$top_dir/tests/captures/$name.luoscope") '\|$'
done
check "--top leaves lanes out, and says so" sh -c '"$1" timeline --top 2 "$2" | grep -q "^devices (2 of 6)"' - "$tool" "$devices"

check "the JSON has the phases where the report has them" sh -c '
	jq -c "[.kinds as \$k | .items[] | select(\$k[.[1]] == \"phase\") | [.[2], .[3], .[4] - .[3]]]" "$1/timeline.json" >"$1/a"
	jq -c "[.phases[] | [.name, .start_ns, .duration_ns]]" "$1/report.json" >"$1/b"
	cmp "$1/a" "$1/b"' - "$work"
check "and the freezes of the devices" sh -c '
	jq -c "[. as \$t | .items[] | select(\$t.kinds[.[1]] == \"freeze\" and \$t.groups[\$t.lanes[.[0]].group] == \"devices\") |
		[\$t.lanes[.[0]].name, .[4] - .[3]]] | sort" "$1/timeline.json" >"$1/a"
	jq -c "[.devices[] | [.device, .freeze.duration_ns]] | sort" "$1/report.json" >"$1/b"
	cmp "$1/a" "$1/b"' - "$work"
check "SVG is written" "$tool" timeline --svg "$work/picture.svg" "$devices"
check "the long pole is the report's" sh -c '
	[ "$(jq -r ".items[] | select(.[6] >= 8) | .[2]" "$1/timeline.json")" = "luoscope init" ] &&
	jq -e ".long_poles[0].kind == \"luoscope_init\"" "$1/report.json"' - "$work"
# long_pole CAPTURE: the bar with a frame, or its lane, has the name of the report's first long pole. Without one there is no frame.
long_pole() {
	local pole
	pole=$("$tool" report --json "$1" | jq -r '.long_poles[0] // empty | .name // "luoscope init"')
	"$tool" timeline --json "$1" | jq -e --arg pole "$pole" '. as $t |
		[.items[] | select(.[6] / 8 % 2 >= 1) | [.[2], $t.lanes[.[0]].name]] | if $pole == "" then . == [] else length == 1 and any(.[0][]; . == $pole) end'
}
for capture in "$top_dir"/tests/captures/*.luoscope; do
	check "so is that of $(basename "$capture" .luoscope)" long_pole "$capture"
done
check "the text says so below its lane" sh -c 'grep -A1 "^  luoscope init" "$1/text" |
	grep -qx "  \* long pole: luoscope init, busy 1.159 s, others waited 1.159 s; without it the blackout would be"' - "$work"
check "and the SVG has a frame around it" sh -c '
	[ "$(xmllint --xpath "//*[@stroke=\"#16191d\"]/*[local-name()=\"title\"]" "$1/picture.svg")" = "<title>luoscope init, 1.159 s</title>" ]' - "$work"

check "it is XML" xmllint --noout "$work/picture.svg"
check "it can be drawn" rsvg-convert "$work/picture.svg" -o "$work/picture.png"
check "it has a bar and a title for each item in sight" sh -c '
	[ "$(xmllint --xpath "count(//*[local-name()=\"title\"])" "$1/picture.svg")" = "$(jq "
		. as \$t | ([.items[] | select(.[4] >= \$t.begin_ns and .[3] <= \$t.end_ns)] | length) + ([.lanes[] | select(.downtime)] | length)" \
		"$1/timeline.json")" ]' - "$work"
check "it takes nothing from elsewhere and runs nothing" sh -c '! grep -iE "script|href|url\([^#]|@import" "$1/picture.svg"' - "$work"
check "its axis has round times" sh -c '
	[ "$(xmllint --xpath "//*[local-name()=\"line\"]/following-sibling::*[1][local-name()=\"text\"]" "$1/picture.svg" | sed "s/<[^>]*>/ /g" |
		tr -s " \n" " ")" = " 0 500 ms 1 s 1.5 s 2 s 2.5 s 3 s 3.5 s 4 s 4.5 s " ]' - "$work"
# captions TEXT...: the picture has each text.
captions() {
	local text
	for text; do
		xmllint --xpath "count(//*[local-name()='text'][.='$text'])" "$work/picture.svg" | grep -qx '[1-9]' || { echo "no $text"; return 1; }
	done
}
check "bars have their times in them or beside them" captions "kernel_boot 1.50 s +- 0.21 s" "luoscope init 1.159 s" "freeze 226.6 ms" "retrieve 845.4 ms"
check "and how long a lane was down" captions "downtime 4.143 s"
# The page draws the patterns of the JSON.
check "kinds have the patterns of the JSON" sh -c '
	jq -r "[.kinds, .patterns] | transpose[] | select(.[1] != \"\")[0]" "$1/timeline.json" | sort >"$1/a" && [ "$(wc -l <"$1/a")" = 10 ] &&
	grep -o "<pattern id=\"[a-z]*\"" "$2" | cut -d\" -f2 | grep -vxE "downtime|hatched" | sort >"$1/b" && [ "$(wc -l <"$1/b")" -ge 6 ] &&
	[ -z "$(comm -13 "$1/a" "$1/b")" ] && for kind in reset retrieve bind; do grep -q "fill=\"url(#$kind)\"" "$2" || exit 1; done' - \
	"$work" "$work/picture.svg"
check "and each its own colour" jq -e '(.colours | unique | length) == (.kinds | length)' "$work/timeline.json"

"$tool" timeline --svg "$work/trouble.svg" "$trouble"
# texts PATTERN: how many texts of the picture match.
texts() {
	xmllint --xpath '//*[local-name()="text"]' "$work/trouble.svg" | sed 's/<[^>]*>//g' | grep -cxE "$1"
}
check "what failed has a disc beside it, and the legend one more" \
	test "$(xmllint --xpath 'count(//*[local-name()="circle"])' "$work/trouble.svg")" = 6
check "the kernels have the error of the border between them" test "$(texts 'jump 1\.96 s \+- 0\.21 s')" = 2
check "what went wrong is red in the head, the rest is not" sh -c '
	[ "$(grep -cE "fill=\"#b3001b\">Trouble<" "$1")" = 2 ] && ! grep -E "fill=\"#b3001b\">(Warning|Back)<" "$1"' - "$work/trouble.svg"
check "and words" test "$(texts 'reset (EBUSY|ENOTTY)')" = 2
check "and a red frame" test "$(xmllint --xpath 'count(//*[local-name()="rect"][@stroke="#b3001b"])' "$work/trouble.svg")" = 6
check "what is not back says so" test "$(texts 'not back')" = 3
check "with the time that is known" test "$(texts 'downtime &gt;= 6.752 s, not back')" = 1
arrow='<path [^>]*fill="#b3001b"'
check "and runs to the edge, with an arrow; its session, too" test "$(grep -c "$arrow" "$work/trouble.svg")" = 6
check "where all went well there is nothing of it" sh -c '! grep -E "circle|$2|not back" "$1/picture.svg"' - "$work" "$arrow"
check "a trace for Perfetto is written" "$tool" timeline --perfetto "$work/trace" "$devices"
protoc --proto_path="$top_dir/tests" --decode=Trace perfetto.proto <"$work/trace" >"$work/trace.txt" 2>"$work/trace.err"
check "it is what its schema says, with nothing unknown" sh -c '[ -s "$1/trace.txt" ] && [ ! -s "$1/trace.err" ] && ! grep -E "^ *[0-9]+[ :]" "$1/trace.txt"' - "$work"
# trace_json FILE: what protoc decoded, as JSON: each field is a list of what it holds.
trace_json() {
	python3 -c '
import json, sys
stack = [{}]
for line in map(str.strip, sys.stdin):
    if line.endswith(" {"):
        stack.append(stack[-1].setdefault(line[:-2], []))
        stack[-1].append({})
        stack[-1] = stack[-1][-1]
    elif line == "}":
        stack.pop()
    else:
        name, value = line.split(": ", 1)
        value = json.loads(value.replace("\\\x27", "\x27")) if value[0] in "\"-0123456789" else value
        stack[-1].setdefault(name, []).append(value)
print(json.dumps(stack[0]["packet"]))' <"$1" >"$work/trace.json"
}
check "it can be read as JSON" trace_json "$work/trace.txt"
# From here on: tracks by uuid; events with their track, and their arguments as an object.
events='([.[].track_descriptor | select(.)[0]] | INDEX(.uuid[0])) as $track | [.[] | select(.track_event) | .timestamp[0] as $at |
	.track_event[0] | { at: $at, type: .type[0], name: .name[0], uuid: .track_uuid[0], track: $track["\(.track_uuid[0])"].name[0],
	flow: .flow_ids[0], args: ([.debug_annotations[]? | { (.name[0]): (.int_value // .string_value)[0] }] | add) }]'
check "B0 is an instant with that name, and the clocks say when it was" sh -c '
	at=$(jq -c "$2 | .[] | select(.name == \"B0 update_begin\") | select(.type == \"INSTANT\") | .at" "$1/trace.json") &&
	jq -c ".[].clock_snapshot | select(.)[0] | [.primary_trace_clock[0], (.clocks[] | .clock_id[0], .timestamp[0])]" "$1/trace.json" >"$1/a" &&
	jq -c --argjson at "$at" "[\"BUILTIN_CLOCK_BOOTTIME\", 6, \$at, 1, (.update.begin_realtime_ns | tonumber)]" "$1/report.json" | cmp - "$1/a"' - \
	"$work" "$events"
check "each slice and instant has its time from B0" jq -e "$events"' | (.[] | select(.name == "B0 update_begin").at) as $b0 |
	[.[] | select(.type != "SLICE_END")] | length > 50 and all(.args.from_B0_ns == .at - $b0)' "$work/trace.json"
check "each device has one track, through both kernels" jq -e "$events"' | [.[] | select(.track == "0000:01:00.0" and .name)] |
	(map(.uuid) | unique | length) == 1 and (map(.args.starts_in) | unique == ["new kernel", "old kernel"])' "$work/trace.json"
check "an arrow leads from the freeze of each thing to its retrieve" jq -e "$events"' | [.[] | select(.flow)] | group_by(.flow) | length == 16 and
	all((map(.name) == ["freeze", "retrieve"]) and (map(.uuid) | unique | length == 1))' "$work/trace.json"
# below PARENT: the names of its tracks, by rank.
below() {
	jq -c --arg parent "$1" '[.[].track_descriptor | select(.)[0]] | (.[] | select(.name[0] == $parent)) as $of |
		if $of.child_ordering[0] == "EXPLICIT" then . else error end |
		[.[] | select(.parent_uuid == $of.uuid)] | sort_by(.sibling_order_rank[0]) | [.[].name[0]]' "$work/trace.json"
}
check "one track holds all, in the order of the report" sh -c '[ "$1" = "$2" ]' - "$(below "Live update #1  7.3.4-luoscope -> 7.3.4-luoscope")" \
	'["the update","boundaries","kernels","phases","sessions","devices","files","shutdown"]'
check "and so have the devices theirs" test "$(below devices)" = "$(jq -c '[.devices[].device]' "$work/report.json")"
# slices: track, name, begin and duration of every slice, as its begins and ends nest.
slices() {
	awk '/^packet/ { at = type = track = name = "" }
		/^  timestamp:/ { at = $2 }
		/^    type:/ { type = $2 }
		/^    track_uuid:/ { track = $2 }
		/^    name:/ { name = $2; sub(/^"/, "", name); sub(/"$/, "", name) }
		/^}/ && track == 2 { next } # the head has no times of its own
		/^}/ && type == "SLICE_BEGIN" { depth[track]++; begin[track, depth[track]] = at; title[track, depth[track]] = name }
		/^}/ && type == "SLICE_END" {
			if (depth[track] < 1) exit 1
			printf "%s %.0f\n", title[track, depth[track]], at - begin[track, depth[track]]; depth[track]-- }
		END { for (track in depth) if (depth[track]) exit 1 }' "$1"
}
# trace_head CAPTURE: the trace has each line of the head as a slice, and ends each.
trace_head() {
	local line
	"$tool" timeline --perfetto - "$1" | protoc --proto_path="$top_dir/tests" --decode=Trace perfetto.proto >"$work/trace.head"
	"$tool" timeline --json "$1" | jq -r '.head.lines[] | "\(.[0])\(if .[0] == "" then "" else ": " end)\(.[1])"' >"$work/lines"
	[ "$(wc -l <"$work/lines")" -ge 3 ] || return 1
	while read -r line; do
		grep -qxF "    name: \"${line//\'/\\\'}\"" "$work/trace.head" || { echo "missing: $line"; return 1; }
	done <"$work/lines"
	[ "$(grep -c SLICE_BEGIN "$work/trace.head")" = "$(grep -c SLICE_END "$work/trace.head")" ]
}
for capture in devices trouble full unstable; do
	check "the trace of $capture says what the report's head says" trace_head "$top_dir/tests/captures/$capture.luoscope"
done
"$tool" timeline --perfetto - "$trouble" | protoc --proto_path="$top_dir/tests" --decode=Trace perfetto.proto >"$work/trace.trouble"
check "lower bounds are reported as such in text, SVG, JSON and Perfetto" bash -c '
	[ "$(grep -cE "^(retrieve +>= 9\.694 ms|resume +>= 178\.1 ms) \|" "$2/trouble")" = 2 ] &&
	[ "$("$1" timeline --svg - "$3" | grep -oE "<title>(7\.3\.4-luoscope, >= 4\.145 s|retrieve, >= 9\.694 ms|resume, >= 178\.1 ms)<" | wc -l)" = 3 ] &&
	jq -e ".blackout_is_lower_bound and
		([.items[] | select(.[6] / 16 % 2 >= 1) | .[2]] == [\"7.3.4-luoscope\", \"retrieve\", \"resume\"])" "$2/trouble.json" &&
	[ "$(grep -c "is_lower_bound" "$2/trace.trouble")" = 3 ]' - "$tool" "$work" "$trouble"
check "what failed has its error in its name" sh -c 'grep -qx "    name: \"reset EBUSY\"" "$1" && grep -qx "    name: \"reset ENOTTY\"" "$1"' - "$work/trace.trouble"
check "what is not back has it in its track's" sh -c '
	[ "$(grep -oE "[^\"]*, not back" "$1" | sort -u | tr "\n" ";")" = \
	  "0000:02:00.0, not back;0000:03:00.0, not back;vm 2, not back;vm 4, not back;" ]' - "$work/trace.trouble"
check "every slice that begins ends" slices "$work/trace.txt"
slices "$work/trace.txt" | sort >"$work/slices"
check "the slices are the items, with their lengths" sh -c '
	jq -r ".items[] | select((.[6] / 4 | floor) % 2 == 0) | \"\\(.[2] | split(\" \")[0]) \\(.[4] - .[3])\"" "$1/timeline.json" | sort >"$1/items"
	sed "s/\"//g" "$1/slices" | diff - "$1/items"' - "$work"

# vm_items CAPTURE: the virtual machines of the timeline's JSON, when each stopped and for how long, are those of the report, and so
# are the vCPUs of those that have several.
vm_items() {
	local report timeline
	report=$("$tool" report --json "$1" | jq -c '[.vms[] | ., (select(.vcpus | length > 1) | .session as $name | .vcpus[] |
		.session = "\(.id) of \($name)") | [.session, .exit_ns, if .downtime_is_lower_bound then null else .downtime_ns end]] | sort')
	timeline=$("$tool" timeline --json "$1" | jq -c '. as $t | [.items[] | select($t.kinds[.[1]] == "stopped") |
		[$t.lanes[.[0]].name, .[3], if .[6] % 2 == 1 then null else .[4] - .[3] end]] | sort')
	echo "report $report, timeline $timeline"
	[ "$report" = "$timeline" ] && [ "$(jq length <<<"$report")" -ge 4 ]
}
check "virtual machines: the JSON has them as the report does" vm_items "$top_dir/tests/captures/vm.luoscope"
# Of three, vCPU 1 of the last one is not back.
vms=$(made lost-vm)
check "also those that are not back" vm_items "$vms"
"$tool" report --json "$vms" >"$work/report.json"
"$tool" timeline --json "$vms" >"$work/timeline.json"
"$tool" timeline --svg "$work/vms.svg" --perfetto "$work/trace" "$vms"
"$tool" timeline "$vms" >"$work/text"
protoc --proto_path="$top_dir/tests" --decode=Trace perfetto.proto <"$work/trace" >"$work/trace.txt"
slices "$work/trace.txt" | sort >"$work/slices"
check "they are down from before the blackout in the text" contains "$work/text" '^vm-1 +1\.680 s \|\.{50,}$'
check "and one that is not back to the edge, without a time" contains "$work/text" '^vm 3 +not back \|\.{60,}>$'
check "its vCPU that is not back likewise" contains "$work/text" '^1 of vm 3 +not back \|\.{60,}>$'
check "the legend says what that is" contains "$work/text" '^> downtime continues'
"$tool" timeline --top 1 "$vms" >"$work/text"
check "it is not what --top leaves out" contains "$work/text" '^vm 3 +not back'
check "in SVG one that is not back says so over its bar" sh -c '
	xmllint --xpath "//*[local-name()=\"rect\"][contains(., \"stopped\")]/following-sibling::*[. = \"not back\"]" "$1" | grep -o "not back" |
		[ "$(wc -l)" = 2 ]' - "$work/vms.svg"
check "in SVG both have a title" sh -c '
	grep -q "<title>stopped, 1.695 s</title>" "$1" && grep -q "<title>stopped, .* never ended</title>" "$1"' - "$work/vms.svg"
check "the trace has a slice for each, as long as that" sh -c '
	jq -r ".vms[], (.vms[] | select(.vcpus | length > 1) | .vcpus[]) | if .downtime_is_lower_bound then empty else .downtime_ns // empty end" "$1/report.json" | sort -n >"$1/a"
	sed -n "s/^stopped //p" "$1/slices" | sort -n >"$1/b"
	[ "$(wc -l <"$1/b")" = "$(($(wc -l <"$1/a") + 2))" ] && [ -z "$(comm -23 "$1/a" "$1/b")" ]' - "$work"
check "the trace and the JSON show where it comes from" sh -c '
	[ "$(grep -c "string_value: \"KVM_RUN" "$1/trace.txt")" = 7 ] && jq -e ".sources | map(select(test(\"^KVM_RUN\"))) | length == 2" "$1/timeline.json"' - "$work"

# A refused update is drawn from its own beginning, with or without one that went through.
refused=$top_dir/tests/captures/refused.luoscope
why="EINVAL after 1.774 ms, refused by device 0000:03:00.0 (vfio-pci): its interrupts are still enabled"
"$tool" timeline "$refused" >"$work/refused"
"$tool" timeline --json "$refused" >"$work/refused.json"
"$tool" timeline --svg "$work/refused.svg" --perfetto "$work/trace" "$refused"
for text in refused trouble; do
	check "$text: the text says what refused, why, and what to do" sh -c '
		grep -A2 -x "Failed attempt 1 in kernel #0, 2026-11-22 16:10:17.586 UTC" "$2" | sed 1d | tr -s " \n" " " | grep -qF " $1 " &&
		if [ "$3" = refused ]; then
			grep -qE "^What to do +Have its VMM disable them \(VFIO_DEVICE_SET_IRQS\) before the update$" "$2"
		fi' - "$why" "$work/$text" "$text"
	check "and has a lane for each thing, from the start of the attempt" sh -c '
		[ "$(sed "1,/^Failed attempt/d" "$1" | grep "|" | sed "s/ *|.*//" | tr -s " \n" " ")" = \
		  " attempt 1 1.774 ms vm 1.258 ms vm 1 806.6 us 0000:03:00.0 53.30 us " ] &&
		sed "1,/^Failed attempt/d" "$1" | grep -q "^ *|0 .* ms" &&
		grep -qx "  ! freeze failed: EINVAL after 53.30 us" "$1"' - "$work/$text"
	check "so does the SVG" sh -c '
		xmllint --xpath "//*[local-name()=\"text\"][.=\"Failed attempt 1 in kernel #0, 2026-11-22 16:10:17.586 UTC\"]/following-sibling::*[1][.=\"$2\"]" \
			"$1" && xmllint --xpath "//*[local-name()=\"text\"][.=\"freeze EINVAL\"]" "$1" | grep -c text | grep -qx "[12]"' - "$work/$text.svg" "$why"
	check "and the JSON" jq -e --arg why "$why" '. as $t | .attempts[0].text == $why and (.attempts[0].what_to_do | startswith("Have its VMM")) and (.attempts[0].end_ns - .attempts[0].begin_ns == 1773945) and
		([.lanes | to_entries[] | select(.value.attempt == 0) | .key] as $of | [.items[] | select(.[0] as $l | $of | index($l)) | .[2]]) ==
		["attempt", "freeze", "unfreeze", "freeze", "freeze"]' "$work/$text.json"
done
check "and the trace" sh -c '
	protoc --proto_path="$2/tests" --decode=Trace perfetto.proto <"$1/trace" >"$1/trace.txt" &&
	[ "$(grep -cE "name: \"(attempt EINVAL|attempt 1|attempt 1: 0000:03:00.0|attempts)\"" "$1/trace.txt")" = 4 ] &&
	grep -A1 "clock_id: 1$" "$1/trace.txt" | grep -q "timestamp: $("$3" report --json "$4" | jq -r ".failed_attempts[0].begin_realtime_ns")"' - \
	"$work" "$top_dir" "$tool" "$refused"
check "it lies before the update, where its clock puts it" jq -e '.attempts[0].end_ns < 0 and .begin_ns == 0' "$work/trouble.json"
check "without an update there is nothing else in the picture" sh -c '
	! grep -E ">(phases|kernels|downtime)<" "$1/refused.svg" && jq -e ".begin_ns == 0 and .end_ns == 1773945 and .blackout_ns == null" "$1/refused.json"' - "$work"
"$tool" timeline --json "$top_dir/tests/captures/vm.luoscope" >"$work/vm.json"
check "devices and files have their session, token and virtual machine in the JSON" sh -c '
	jq -c ". as \$t | [.lanes[] | select(\$t.groups[.group] == \"devices\") | [.name, .session, .token, .vm]]" "$1/vm.json" >"$1/a" &&
	"$2" report --json "$3" | jq -c "[.devices[] | [.device, .session, .token, .vm]]" | cmp - "$1/a" &&
	jq -e "[.lanes[] | select(.name == \"vm-database 2\") | .session, .token, .vm] == [\"vm-database\", \"2\", \"vm-database\"]" "$1/vm.json"' - \
	"$work" "$tool" "$top_dir/tests/captures/vm.luoscope"
check "a folder that is not there" fails_with 1 "cannot write .*: there is no such directory$" "$tool" timeline --svg "$work/nowhere/x.svg" "$devices"
check "a capture without an update, and without an attempt, has no timeline" \
	fails_with 1 "nothing to draw: this kernel was not started by a live update" "$tool" timeline "$(made no-update)"
check "nothing is left where it could not be written" sh -c '! "$1" timeline --svg /dev/full "$2" 2>/dev/null' - "$tool" "$devices"
check "two captures are for a page alone" fails_with 1 "only --html can draw two" "$tool" timeline "$devices" "$devices"
# What one option writes, another would write over.
ln "$work/picture.svg" "$work/linked"
for same in "--html $work/x --svg $work/x" "--html $work/x --perfetto $work/./x" "--svg - --perfetto -" "--html - --svg /dev/stdout" \
	"--svg $work/picture.svg --perfetto $work/linked"; do
	read -ra words <<<"$same"
	check "two outputs are not written to one file: ${same//$work/.}" fails_with 1 "was given as the output of two options" \
		"$tool" timeline "${words[@]}" "$devices"
done
check "and none is written" test ! -e "$work/x"
check "two files of one name in two folders are two" sh -c 'mkdir "$3/one" "$3/two" && "$1" timeline --svg "$3/one/x" --html "$3/two/x" "$2"' - \
	"$tool" "$devices" "$work"
check "an output that is named twice is an error" fails_with 1 "--svg was given twice" \
	"$tool" timeline --svg "$work/one/y" --svg "$work/one/z" "$devices"
cp "$devices" "$work/mine.luoscope"
check "a capture is not overwritten by its picture" fails_with 1 "is a capture" \
	"$tool" timeline --svg "$work/mine.luoscope" "$work/mine.luoscope"
check "it is as it was" cmp "$devices" "$work/mine.luoscope"
check "the help says what a CAPTURE may be" sh -c '"$1" timeline --help | tr -s " \n" " " |
	grep -qF "A CAPTURE is a file, the number of a stored capture ('"'luoscope list'"'), or \"-\" for standard input."' - "$tool"
check "a capture from standard input can be drawn to standard output" bash -c '"$1" timeline --svg - - <"$2" | cmp - "$3"' - \
	"$tool" "$devices" "$work/picture.svg"
check "a closed pipe does no harm" sh -c '"$1" timeline "$2" | head -1 >/dev/null' - "$tool" "$devices"
for capture in "$top_dir"/tests/captures/*.luoscope; do
	check "${capture##*/} can be drawn in all forms" sh -c '
		"$1" timeline --top 0 "$2" >/dev/null && "$1" timeline --svg "$3/x.svg" --perfetto "$3/x" "$2" &&
		xmllint --noout "$3/x.svg" && protoc --decode_raw <"$3/x" >/dev/null' - "$tool" "$capture" "$work"
done
# Where standard output is a file, /dev/stdout must not be replaced by one.
there=$(mktemp -d)
ln -s /proc/self/fd/1 "$there/stdout"
"$tool" timeline --svg "$there/stdout" "$top_dir/tests/captures/vm.luoscope" >"$there/picture"
check "a link to standard output is written through" sh -c '[ -L "$1/stdout" ] && grep -q "^</svg>" "$1/picture"' - "$there"
rm -r "$there"

# mode_of_picture UMASK: the mode of a new one.
mode_of_picture() {
	(umask "$1" && "$tool" timeline --svg "$work/mode-$1.svg" "$devices" && stat -c %a "$work/mode-$1.svg")
}
check "a picture is as private as the umask says" test "$(mode_of_picture 077) $(mode_of_picture 022)" = "600 644"

# A limit on the size of files is an error, and leaves nothing behind.
limit=$(mktemp -d)
check "a file larger than the limit is an error" fails_with 1 "cannot write $limit/x.html: [0-9]+ bytes exceed the limit on the size of a file \('ulimit -f'\); nothing was saved$" \
	bash -c 'ulimit -f 8; exec "$@"' - "$tool" timeline --html "$limit/x.html" "$top_dir/tests/captures/vm.luoscope"
check "and no file is left" rmdir "$limit"
done_testing
