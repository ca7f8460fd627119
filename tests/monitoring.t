#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The alert rules and the dashboard: what fires, and what does not, on the metrics of captures of real updates (tests/captures,
# and those of the demo and the other tests if they were run here), and of one that is made. Needs no guest, and no server:
# promtool evaluates the rules.
. "$(dirname "$0")/e2e/lib.sh"

captures=$top_dir/tests/captures
rules=$top_dir/monitoring/luoscope.rules.yml
dashboard=$top_dir/monitoring/luoscope-dashboard.json
rc=0
prometheus=$("$lab_dir/prometheus") || rc=$?
[ "$rc" != 3 ] || skip_all "Prometheus's tools cannot be had here"
promtool=$prometheus/usr/bin/promtool
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# An update in which one virtual machine of three did not come back with all of its vCPUs.
lost=$(made lost-vm)
check "a capture of a lost virtual machine can be made" test -s "$lost"
# An update whose new kernel did not come up.
dead=$(made lost)

check "the rules are valid" "$promtool" check rules "$rules"
# The headings of the page, as their links are written.
grep -E '^## ' "$top_dir/docs/alerts.md" | sed 's/^## //; s/.*/\L&/' | sort >"$work/sections"
check "each alert has a runbook, and each section of it is one" diff "$work/sections" \
	<(sed -nE 's|^ *runbook_url: "file:///usr/share/doc/luoscope/alerts\.md#(.*)"$|\1|p' "$rules" | sort)
check "which is about that alert" diff <(sed -nE 's/^ *- alert: (.*)/\L\1/p' "$rules") \
	<(sed -nE 's/^ *runbook_url: .*#(.*)"$/\1/p' "$rules")

# series TIMES [HOST]: the metrics on standard input as input series of 'promtool test rules', one sample a minute. Its clock begins at 0,
# and here the update a minute after that; the node_exporter serves the host's boot and the file's age too.
series() {
	awk -v times="$1" -v host="${2:-host}" -v begin=60 '
		function put(name, labels, value) {
			gsub(/'\''/, "'\'\''", labels)
			printf "      - series: '\''%s{instance=\"%s\",job=\"node\"%s}'\''\n        values: '\''%s+0x%d'\''\n",
				name, host, labels == "" ? "" : "," labels, value, times
		}
		/^#/ { next }
		{
			value = $NF
			name = $0
			sub(/ [^ ]*$/, "", name)
			labels = ""
			if (match(name, /\{/)) {
				labels = substr(name, RSTART + 1, length(name) - RSTART - 1)
				name = substr(name, 1, RSTART - 1)
			}
			if (name == "luoscope_update_begin_timestamp_seconds")
				value = begin
			put(name, labels, value)
		}
		name == "luoscope_phase_seconds" && !booted { before += value }
		labels == "phase=\"jump\"" { booted = 1 }
		END {
			put("node_boot_time_seconds", "", sprintf("%.3f", begin + before))
			put("node_textfile_mtime_seconds", "file=\"/var/lib/prometheus/node-exporter/luoscope.prom\"", begin + before + 8)
		}'
}

# fires TEXT RULES SERIES-FILE TIME LABELS...: at TIME the alerts with these labels fire, and no other.
fires() {
	local text=$1 file=$2 input=$3 time=$4 labels
	shift 4
	{
		printf 'rule_files: ["%s"]\nevaluation_interval: 1m\ntests:\n  - interval: 1m\n    input_series:\n' "$file"
		cat "$input"
		printf '    promql_expr_test:\n      - eval_time: %s\n' "$time"
		printf "        expr: 'count by (alertname, kernel, outcome, topic, what) (ALERTS{alertstate=\"firing\"})'\n"
		printf '        exp_samples:%s\n' "$([ $# -gt 0 ] || echo ' []')"
		for labels; do
			printf "          - labels: '{%s}'\n            value: 1\n" "$labels"
		done
	} >"$work/test.yml"
	check "$text" "$promtool" test rules "$work/test.yml"
}

# metrics CAPTURE [TIMES]: its series, in a file whose name is printed.
metrics() {
	local file
	file=$work/$(basename "$1" .luoscope).series
	"$tool" metrics "$1" | series "${2:-60}" >"$file"
	echo "$file"
}

alert() { printf 'alertname="Luoscope%s"%s' "$1" "${2:+,$2}"; }

# How long an update takes in the lab is no matter here.
sed 's/vector(5)/vector(1)/' "$rules" >"$work/tight.yml"
sed 's/vector(5)/vector(3600)/' "$rules" >"$work/wide.yml"
check "the budget is the one number to change" sh -c '[ "$(diff "$1" "$2" | grep -c "^>")" = 1 ]' - "$rules" "$work/tight.yml"

good=$(metrics "$captures/7.2-to-7.3.luoscope")
fires "an update that went well, in 3.5 s: nothing" "$rules" "$good" 30m
for capture in "$captures"/{devices,vm}.luoscope "$build"/e2e/demo/tree/build/demo/update.luoscope \
	"$build"/e2e/{devices/kinds,series/*}/share/update.luoscope; do
	# One that its test is about to make anew may go away at any time.
	cp "$capture" "$work/update.luoscope" 2>/dev/null || continue
	fires "nor does anything for ${capture#"$top_dir"/}" "$work/wide.yml" "$(metrics "$work/update.luoscope")" 30m
done

fires "a blackout over the budget" "$work/tight.yml" "$good" 2m "$(alert BlackoutOverBudget)"
good=$(metrics "$captures/7.2-to-7.3.luoscope" 1600)
fires "it stands for most of a day" "$work/tight.yml" "$good" 23h "$(alert BlackoutOverBudget)"
fires "and fades after it" "$work/tight.yml" "$good" 25h

trouble=$(metrics "$captures/trouble.luoscope" 1600)
past=("$(alert ResetFailed 'outcome="failed"')" "$(alert ResetFailed 'outcome="busy"')" "$(alert UpdateFailed 'kernel="old"')")
present=("$(alert FilesMissing)" "$(alert DevicesMissing)")
fires "trouble: resets and a failed attempt at once, what is missing not yet" "$work/wide.yml" "$trouble" 3m "${past[@]}"
fires "what is missing after some minutes" "$work/wide.yml" "$trouble" 10m "${past[@]}" "${present[@]}"
fires "a day later what is missing still is" "$work/wide.yml" "$trouble" 25h "${present[@]}"

lost_vm=$(metrics "$lost" 1600)
reset=$(alert ResetFailed 'outcome="busy"')
fires "a virtual machine that is not back: not in the first minutes" "$work/wide.yml" "$lost_vm" 4m "$reset"
fires "then it is reported" "$work/wide.yml" "$lost_vm" 10m "$reset" "$(alert VmsMissing)"
fires "for as long as it is not back" "$work/wide.yml" "$lost_vm" 25h "$(alert VmsMissing)"

vm=$(metrics "$captures/vm.luoscope" 1600)
fires "a virtual machine that was down for longer than the budget" "$work/tight.yml" "$vm" 2m \
	"$(alert BlackoutOverBudget)" "$(alert VmDowntimeOverBudget)"
# Its own budget: the blackout of 4.9 s is within 5 s, the downtime of 5.1 s is not.
fires "also if the blackout itself is within the budget" "$rules" "$vm" 2m "$(alert VmDowntimeOverBudget)"
fires "not a day later" "$rules" "$vm" 25h

# A host whose new kernel did not come up was booted anew; capture 7 of its store is of that update.
{
	"$tool" metrics "$(made no-update)"
	echo 'luoscope_update_lost{capture="7"} 1'
} | series 60 >"$work/dead.series"
fires "an update whose new kernel did not come up" "$work/wide.yml" "$work/dead.series" 2m "$(alert UpdateLost)"

# After an update whose virtual machines were watched comes one whose new kernel has no such probe.
awk '/luoscope_outcome.*topic="vms"/ { print; getline; sub(/1\+0x.*/, "1+0x60 stale'\''"); print
	print "      - series: '\''luoscope_outcome{instance=\"host\",job=\"node\",topic=\"vms\",answer=\"unknown\"}'\''"
	print "        values: '\''_x61 1+0x1500'\''"; next } { print }' "$vm" >"$work/blind.series"
fires "what was known and is not any more: not at once" "$work/wide.yml" "$work/blind.series" 65m
fires "then a probe is lost" "$work/wide.yml" "$work/blind.series" 80m "$(alert ProbeLost 'topic="vms"')"
fires "where it was never known, none is lost" "$work/wide.yml" "$(metrics "$captures/devices.luoscope")" 50m

# back TEXT CAPTURE VALUE: what luoscope:everything_is_back is for it; "": no sample.
back() {
	{
		printf 'rule_files: ["%s"]\nevaluation_interval: 1m\ntests:\n  - interval: 1m\n    input_series:\n' "$rules"
		cat "$(metrics "$2")"
		printf '    promql_expr_test:\n      - eval_time: 10m\n        expr: luoscope:everything_is_back\n        exp_samples:'
		if [ -n "$3" ]; then
			printf '\n          - {labels: "luoscope:everything_is_back{instance=\\"host\\",job=\\"node\\"}", value: %s}\n' "$3"
		else
			printf ' []\n'
		fi
	} >"$work/test.yml"
	check "$1" "$promtool" test rules "$work/test.yml"
}
back "everything is back" "$captures/vm.luoscope" 1
back "files and devices are missing" "$captures/trouble.luoscope" 0
back "a virtual machine is missing" "$lost" 0
back "without virtual machines that were watched it is not known" "$captures/devices.luoscope" ""
back "nor where spans were dropped: that is not 0" "$captures/full.luoscope" ""

fires "an attempt that failed, and no update after it" "$work/wide.yml" "$(metrics "$captures/refused.luoscope")" 2m \
	"$(alert UpdateFailed 'kernel="new"')"
fires "a stats area that was full" "$work/wide.yml" "$(metrics "$captures/full.luoscope")" 30m \
	"$(alert DataLost 'what="spans_dropped"')" "$(alert DataLost 'what="subjects_dropped"')" "$(alert ReturnUnknown)"
unstable=$(metrics "$captures/unstable.luoscope")
fires "a clock that is contradicted: not in the first minutes" "$work/wide.yml" "$unstable" 5m
fires "then it is reported, and that there is no blackout" "$work/wide.yml" "$unstable" 30m \
	"$(alert ClockNotTrusted)" "$(alert BlackoutUnknown)"

# The host goes through another update after the one in the file, and nobody writes the file again.
sed '/node_boot_time/{n; s/'\''.*'\''/'\''_x9 900+0x51'\''/}' "$work/7.2-to-7.3.series" >"$work/stale.series"
fires "a kernel younger than its metrics: not while they may still come" "$work/wide.yml" "$work/stale.series" 20m
fires "then it is reported" "$work/wide.yml" "$work/stale.series" 40m "$(alert MetricsStale)"
# A host that was booted has no update to compare with, but a file.
sed '/node_boot_time/{n; s/'\''.*'\''/'\''_x9 900+0x51'\''/}' "$work/refused.series" >"$work/stale.series"
fires "on a host without an update too, by the file's age" "$work/wide.yml" "$work/stale.series" 40m "$(alert MetricsStale)" \
	"$(alert UpdateFailed 'kernel="new"')"
# The file is removed, and the host is still there.
sed '/series: .luoscope_/{n; s/+0x.*/+0x10 stale'\''/}' "$work/7.2-to-7.3.series" >"$work/gone.series"
fires "metrics that are gone" "$work/wide.yml" "$work/gone.series" 40m "$(alert MetricsMissing)"
sed '/series: /{n; s/+0x.*/+0x10 stale'\''/}' "$work/7.2-to-7.3.series" >"$work/gone.series"
fires "but not of a host that is gone itself" "$work/wide.yml" "$work/gone.series" 40m

# says ALERT SERIES-FILE SUMMARY DESCRIPTION [LABEL VALUE]: what somebody reads who is called.
says() {
	{
		printf 'rule_files: ["%s"]\nevaluation_interval: 1m\ntests:\n  - interval: 1m\n    input_series:\n' "$work/tight.yml"
		cat "$2"
		printf '    alert_rule_test:\n      - eval_time: 10m\n        alertname: Luoscope%s\n        exp_alerts:\n' "$1"
		printf '          - exp_labels: {instance: host, job: node, severity: %s}\n' "$5"
		printf '            exp_annotations:\n              summary: "%s"\n              description: "%s"\n' "$3" "$4"
		printf '              runbook_url: "file:///usr/share/doc/luoscope/alerts.md#luoscope%s"\n' "${1,,}"
	} >"$work/test.yml"
	"$promtool" test rules "$work/test.yml"
}
check "an alert names the devices that are not back" says DevicesMissing "$trouble" \
	"2 preserved devices are not back in service on host" "Not seen since the live update: 0000:02:00.0 0000:03:00.0" critical
check "and the virtual machines" says VmsMissing "$lost_vm" "1 virtual machines are not running again on host" \
	"Some of their vCPUs were not seen to run since the live update: vm 3" critical
check "an alert names the virtual machines that were down for too long" says VmDowntimeOverBudget "$vm" \
	"A virtual machine of host was down for $("$tool" report --json "$captures/vm.luoscope" |
		jq '[.vms[].downtime_ns] | max / 1e6 | round / 1e3')s in the live update" \
	"Over the budget: vm-database vm-web. Run 'luoscope report' on the host to see where the time went." warning
seconds=$("$tool" report --json "$captures/7.2-to-7.3.luoscope" | jq '.update.blackout_ns / 1e6 | round / 1e3')
check "and shows the time as people read it" says BlackoutOverBudget "$good" \
	"The live update of host had a blackout of ${seconds}s" "Run 'luoscope report' on the host to see where the time went." warning
check "one that may have been longer, as a lower bound" says BlackoutOverBudget "$trouble" \
	"The live update of host had a blackout of at least $("$tool" report --json "$captures/trouble.luoscope" |
		jq '.update.blackout_ns / 1e6 | round / 1e3')s" "Run 'luoscope report' on the host to see where the time went." warning
check "so with virtual machines" says VmDowntimeOverBudget "$lost_vm" \
	"A virtual machine of host was down for at least $("$tool" report --json "$lost" |
		jq '[.vms[].downtime_ns] | max / 1e6 | round / 1e3')s in the live update" \
	"Over the budget: vm 3 vm-1 vm-2. Run 'luoscope report' on the host to see where the time went." warning

# Dashboard
check "the dashboard shows what was dropped, and what else was lost" sh -c '
	jq -r ".panels[].targets[].expr" "$1" | grep luoscope_losses | grep -q luoscope_dropped' - "$dashboard"
check "the dashboard is JSON" jq -es 'length == 1' "$dashboard"
check "each panel has a title, a place and a query" jq -e '
	.panels | length > 5 and
	all(.title != "" and .gridPos.w > 0 and (.targets | length) > 0 and all(.targets[]; .expr != ""))' "$dashboard"
check "no two panels overlap, and none has another's id" jq -e '
	([.panels[].id] | length == (unique | length)) and
	([.panels[].gridPos | . as {$x, $y, $w, $h} | range($x; $x + $w) as $i | range($y; $y + $h) as $j | [$i, $j]]
	 | length == (unique | length)) and all(.panels[].gridPos; .x + .w <= 24)' "$dashboard"
check "each asks the data source that was chosen" jq -e '
	[.panels[] | .datasource, .targets[].datasource] | length > 10 and all(.uid == "${datasource}")' "$dashboard"
check "and there is such a choice" jq -e '
	[.templating.list[] | select(.name == "datasource" and .type == "datasource")] | length == 1' "$dashboard"
types=$lab_dir/grafana-types
rc=0
"$types" "$dashboard" >"$work/types" 2>&1 || rc=$?
if [ "$rc" = 3 ]; then
	ok "it is as Grafana's own types have it # SKIP they cannot be had here" 0
else
	check "it is as Grafana's own types have it" sh -c 'cat "$1"; exit "$2"' - "$work/types" "$rc"
	# mistyped FILTER: the dashboard after that change is not.
	mistyped() {
		jq "$1" "$dashboard" >"$work/mistyped.json"
		! "$types" "$work/mistyped.json"
	}
	check "which has no such option of a panel" mistyped '.panels[0].options.colourMode = "none"'
	check "nor such a value" mistyped '(.panels[] | select(.type == "timeseries")).fieldConfig.defaults.custom.lineInterpolation = "stairs"'
	check "nor such a property of a column" mistyped '(.panels[] | select(.title == "Hosts")).fieldConfig.overrides[0].properties[0].id = "title"'
	check "nor such a field of the dashboard" mistyped '.annotation = {}'
fi
check "there is a row for each host: blackout, budget, what is back, the longest downtime" jq -e '
	.panels[] | select(.title == "Hosts") | .type == "table" and
	([.fieldConfig.overrides[].properties[] | select(.id == "displayName").value] |
	 contains(["blackout", "budget", "everything is back", "longest VM downtime"])) and
	.fieldConfig.defaults.noValue == "not known"' "$dashboard"
check "updates are annotations" jq -e '.annotations.list | length == 1 and .[0].useValueForTime == "on"' "$dashboard"
check "the budgets are thresholds" jq -e '
	[.panels[].transformations[]? | select(.id == "configFromData").options.mappings[] |
	 select(.fieldName == "budget" and .handlerKey == "threshold1")] | length == 2' "$dashboard"
jq -r '.panels[].targets[].expr, .annotations.list[].expr' "$dashboard" | sed 's/\$instance/.*/g' >"$work/queries"
jq -Rn '{groups: [{name: "dashboard", rules: [inputs | {record: "luoscope:query", expr: .}]}]}' "$work/queries" >"$work/queries.yml"
# It complains of rules of one name, which these must be, with status 0.
check "no query and no rule takes what is not known for 0" lacks <(cat "$work/queries" "$rules") 'vector\(0\)'
check "promtool parses each query" "$promtool" check rules "$work/queries.yml"
check "and would not parse a wrong one" sh -c '
	sed "0,/sum(/s//summ(/" "$1" >"$1.wrong" && ! cmp -s "$1" "$1.wrong" && ! "$2" check rules "$1.wrong"' - \
	"$work/queries.yml" "$promtool"

# Some hosts on which there is something of everything: each query finds it, and none joins what cannot be joined.
{
	printf 'rule_files: ["%s"]\nevaluation_interval: 1m\ntests:\n  - interval: 1m\n    input_series:\n' "$rules"
	"$tool" metrics "$captures/trouble.luoscope" | series 60 a
	"$tool" metrics "$captures/full.luoscope" | series 60 b
	"$tool" metrics "$lost" | series 60 c
	printf '    promql_expr_test:\n'
	jq -Rr '"      - eval_time: 10m\n        expr: \("(count(" + . + ") > bool 0)" | @json)\n" +
		"        exp_samples: [{labels: \"{}\", value: 1}]"' "$work/queries"
} >"$work/test.yml"
check "and each finds something in the metrics of several hosts" "$promtool" test rules "$work/test.yml"

# The table has one row for each host: no query has two samples for one, which would be two rows.
hosts='.panels[] | select(.title == "Hosts").targets[].expr'
sed '/promql_expr_test/q' "$work/test.yml" >"$work/hosts.yml"
jq -r "$hosts" "$dashboard" | sed 's/\$instance/.*/g' | jq -Rr '"      - eval_time: 10m\n        expr: \("max(count by (instance) (" + . + "))" | @json)\n" +
	"        exp_samples: [{labels: \"{}\", value: 1}]"' >>"$work/hosts.yml"
check "each query of the table of hosts has at most one sample for a host" "$promtool" test rules "$work/hosts.yml"
# That of a blackout of at least 5.2 s within a budget of an hour is not known: host b, whose area was full.
over=$(jq -r "$hosts" "$dashboard" | grep 'bool scalar' | sed 's/\$instance/.*/g' | jq -R 'sub("^"; "count by (instance) (") + ")"')
sed '/promql_expr_test/q' "$work/test.yml" | sed "s#$rules#$work/wide.yml#" >"$work/over.yml"
printf '      - eval_time: 10m\n        expr: %s\n        exp_samples: [%s]\n' "$over" \
	"{labels: '{instance=\"c\"}', value: 1}" >>"$work/over.yml"
check "a blackout that may have been longer is not within the budget" "$promtool" test rules "$work/over.yml"

# The metrics that a query or a rule names, and those that there are: written for some capture, or recorded by the rules.
grep -ohE '\bluoscope[_:][a-z_]+' "$work/queries" "$rules" | sort -u >"$work/named"
{
	for capture in "$captures"/*.luoscope "$lost" "$dead"; do "$tool" metrics "$capture"; done | grep -oE '^luoscope_[a-z_]+'
	sed -nE 's/^ *- record: //p' "$rules"
} | sort -u >"$work/there"
check "every metric that is named is written" sh -c '! comm -23 "$1" "$2" | grep .' - "$work/named" "$work/there"
check "docs/metrics.md lists the alerts" diff <(sed -nE 's/^ *- alert: //p' "$rules" | sort) \
	<(grep -oE '^\| `Luoscope[A-Za-z]+' "$top_dir/docs/metrics.md" | sed 's/.*`//' | sort)
done_testing
