#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# An unpatched kernel, all of it: memfds of two sessions, the recorder under way, init in the new kernel.
. "$(dirname "$0")/lib.sh"

[ -z "$cross" ] || skip_all "the lab has no unpatched kernel of $arch"
guest memfds 7.3 7.3 "$top_dir/tests/scenarios/memfds"
json=$out_dir/memfds/update.json
check_backbone "an unpatched kernel" "$json"
check_json "releases and generation" "$json" \
	'.update.generation == 1 and (.update.from.release | startswith("7.3")) and (.update.to.release | startswith("7.3"))'
check_json "two sessions with their own blackouts" "$json" \
	'[.sessions[] | {name, ok: (.downtime_ns > 0 and .freeze.duration_ns > 0 and .finish.duration_ns > 0)}] ==
	 [{name: "vm-database", ok: true}, {name: "vm-webserver", ok: true}]'
check_json "five files, each preserved, frozen, retrieved and finished by the memfd handler" "$json" \
	'(.files | length) == 5 and ([.files[] | .handler == "memfd-v2" and .preserve.result == 0 and .freeze.duration_ns > 0
	  and .retrieve.duration_ns > 0 and .finish.duration_ns > 0 and .downtime_ns > 0 and (.not_back | not)] | all)'
check_json "devices on the way down: PCI and platform, NVMe with its driver" "$json" \
	'([.shutdowns[] | select(.bus == "pci")] | length) > 3 and any(.shutdowns[]; .bus == "platform")
	 and any(.shutdowns[]; .driver == "nvme" and .duration_ns > 0)'
check_json "no list holds what was not there" "$json" '.devices == [] and .open == []'
done_testing
