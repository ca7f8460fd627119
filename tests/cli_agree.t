#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# All commands report the same figures for a capture: for every stored capture, and for some that are made (tests/agree says how they
# are compared).
. "$(dirname "$0")/e2e/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/captures"
tar -C "$work/captures" -xf "$top_dir/tests/captures/diff.tar.xz"
cp "$top_dir"/tests/captures/*.luoscope "$work/captures"

for capture in "$work"/captures/*.luoscope "$(made vms)" "$(made lost-vm)"; do
	check "$(basename "$capture" .luoscope)" "$top_dir/tests/agree" "$tool" "$capture"
done

# notices COMMAND SED-SCRIPT TEXT [CAPTURE]: a command that reports something else is noticed.
notices() {
	cat >"$work/luoscope" <<-END
		#!/bin/bash
		"$tool" "\$@" | if [ "\$1" = $1 ]; then sed '$2'; else cat; fi
		exit \${PIPESTATUS[0]}
	END
	chmod +x "$work/luoscope"
	"$top_dir/tests/agree" "$work/luoscope" "${4:-$top_dir/tests/captures/trouble.luoscope}" >"$work/said"
	[ $? = 1 ] && grep -q "$3" "$work/said"
}
check "another blackout in metrics is found" notices metrics 's/^luoscope_blackout_seconds 6/&5/' "metrics has ('blackout_s"
check "a metric that is not there too" notices metrics '/^luoscope_devices_missing/d' "metrics has ('devices_missing', ()) None"
check "and one too many" notices metrics 's/^\(luoscope_device_downtime_seconds{device="0000:0\)3\(.*\)/&\n\12\2/' \
	"metrics has ('device_downtime_seconds', ('0000:02:00.0',)) 6"
check "another figure in check" notices check 's/"value": 1/"value": 2/' "check has"
vms=$(made vms)
check "another downtime of a virtual machine in metrics" notices metrics 's/^luoscope_vm_downtime_seconds{vm="vm-1"} 1/&5/' \
	"metrics has ('vm_downtime_seconds', ('vm-1',)) 15" "$vms"
check "one that is not reported" notices metrics '/^luoscope_vm_downtime_seconds{vm="vm-2"/d' \
	"metrics has ('vm_downtime_seconds', ('vm-2',)) None" "$vms"
check "another one in check" notices check 's/"value": 1694991525/"value": 1694991599/' "check has vm.downtime.max" "$vms"
check "another number of dropped spans" notices metrics 's/^luoscope_dropped 889/&0/' "metrics has ('dropped', ()) 8890" \
	"$top_dir/tests/captures/full.luoscope"
check "a file that is not back and was down for less than up to the end" notices report 's/6753898169/6753898168/' \
	"report has a downtime of 6753898168 of file vm 2"
check "such a device" notices report 's/6753837518/6721892221/' "report has a downtime of 6721892221 of device 0000:02:00.0"
check "such a virtual machine" notices report 's/1743991280/1743991279/' \
	"report has a downtime of 1743991279 of virtual machine vm 3" "$(made lost-vm)"
check "another phase in the text" notices report 's/ 652\.1 us / 653.1 us /' "the text has phase notifiers"
check "a column that is not in JSON" notices report 's/"handler":/"handled":/' "the text has handler of files, and JSON has not"
check "a device with another driver in the text" notices report 's/"driver": "vfio-pci/&x/' \
	"the text has driver vfio-pci of devices, JSON vfio-pcix"
check "another step of a session" notices report 's/249843/&9/' "the text has retrieve 249.8 us of sessions, JSON 2498439"
check "another row of device_shutdown" notices report 's/"bus": "pci/&x/' "the text has bus pci of shutdowns, JSON pcix"
check "another instance of a mark" notices report 's/"instance": "/&1/' "the text has instance .* of marks" \
	"$top_dir/tests/captures/systemd.luoscope"
check "another process of a virtual machine" notices report 's/"process": "/&x/' "the text has process .* of vms, JSON x" "$vms"
check "a row that is only in JSON" notices report '/^  [^ ]* .* memfd/d' "the text has 3 files, JSON 4"
done_testing
