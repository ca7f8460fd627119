#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The kernel's own tests of live update and vfio (tools/testing/selftests, unmodified) on the kernels with the handler. Each
# result of theirs is one here. What they skip must be in the list below: it is hardware that the lab lacks.
. "$(dirname "$0")/lib.sh"

# NAME REGEX of what may be skipped, and why it is: shown with the result.
may_skip=(
	"vfio_pci_driver_test .*" "needs a device that its drivers know, and QEMU has none: Intel DSA, Intel IOAT, NVIDIA Falcon, Intel igb"
	"vfio_pci_device_test.nvme vfio_pci_irq_test.msi.*" "QEMU's nvme has MSI-X alone; edu beside it has MSI"
	"vfio_pci_device_test.edu vfio_pci_irq_test.msix.*" "QEMU's edu has MSI alone; nvme beside it has MSI-X"
	"vfio_pci_device_test.edu vfio_pci_device_test.reset" "QEMU's edu cannot be reset; nvme beside it can"
)

# reason NAME RESULT: why it may be skipped. Fails if it may not.
reason() {
	local i
	for ((i = 0; i < ${#may_skip[@]}; i += 2)); do
		[[ "$1 $2" =~ ^${may_skip[i]}$ ]] && { echo "${may_skip[i + 1]}"; return; }
	done
	return 1
}

# skip TEXT REASON
skip() {
	checks=$((checks + 1))
	echo "ok $checks - $1 # SKIP $2"
}

# result TEXT OK-OR-NOT NAME RESULT [REASON-OF-THE-TEST]
result() {
	local why
	if [ "$2" = skip ] && why=$(reason "$3" "$4"); then
		skip "$1" "$why"
	elif [ "$2" = ok ]; then
		ok "$1" 0
	else
		ok "$1${5:+ ($5)}" 1
	fi
}

# tap_of NAME FOLDER LABEL: a test's results as ours. Its exit status and its plan must agree with them.
tap_of() {
	local name=$1 log=$2/$1.tap label="$3 $1" status line plan='' results=0
	status=$(cat "$2/$1.status" 2>/dev/null)
	if [ -z "$status" ]; then
		ok "$label ran to its end" 1
		return
	fi
	while read -r line; do
		case $line in
		1..*) plan=${line#1..} plan=${plan%% *} ;;
		"ok "*"# SKIP"*) [[ $line =~ ^ok\ [0-9]+\ (-\ )?(.*)\ #\ SKIP\ *(.*)$ ]] &&
			result "$label ${BASH_REMATCH[2]}" skip "$name" "${BASH_REMATCH[2]}" "skipped: ${BASH_REMATCH[3]}" ;;
		"ok "*) [[ $line =~ ^ok\ [0-9]+\ (-\ )?(.*)$ ]] && result "$label ${BASH_REMATCH[2]}" ok ;;
		"not ok "*) [[ $line =~ ^not\ ok\ [0-9]+\ (-\ )?(.*)$ ]] && result "$label ${BASH_REMATCH[2]}" failed ;;
		*) continue ;;
		esac
		case $line in 1..*) ;; *) results=$((results + 1)) ;; esac
	done <"$log"

	# 4 is how they say that they skip all: then there need be no results.
	if [ "$status" = 4 ]; then
		result "$label" skip "$name" '' "$(tail -n 1 "$log")"
	elif [ "$status" = 0 ] && [ -n "$plan" ] && [ "$plan" = "$results" ]; then
		ok "$label: all $plan results are there" 0
	else
		ok "$label: status $status, $results results of ${plan:-a plan that is not there}" 1
		diagnose "$label" <"$log"
	fi
}

# staged NAME FOLDER LABEL: a test that goes through a kexec has two stages, and says at the end that it passed.
staged() {
	local label="$3 $1, through a kexec"
	if [ "$(cat "$2/$1.1.status" 2>/dev/null)" = 0 ] && [ "$(cat "$2/$1.2.status" 2>/dev/null)" = 0 ] &&
		grep -q "TEST PASSED" "$2/$1.2.tap"; then
		ok "$label" 0
	else
		ok "$label" 1
		cat "$2/$1".[12].tap 2>/dev/null | diagnose "$label"
	fi
}

staged_tests=(luo_kexec_simple luo_multi_session luo_stress_files luo_stress_sessions)
scenario=$(scenario all <<'END'
# run NAME PROGRAM...: with its results for the host.
run() {
	name=$1 status=0
	shift
	"$@" >"/tmp/$name.tap" 2>&1 </dev/null || status=$?
	echo "$status" >"/tmp/$name.status"
	mount_host
	cp "/tmp/$name.tap" "/tmp/$name.status" /host/
}

nvme=0000:01:00.0
edu=0000:00:11.0
sriov=0000:03:00.0

generation_1() {
	run liveupdate liveupdate
	give_to_vfio $nvme $edu $sriov
	[ -e /bin/vfio_pci_device_test ] || stage_1 luo_kexec_simple
	for name in vfio_dma_mapping_test vfio_dma_mapping_mmio_test vfio_iommufd_setup_test vfio_pci_driver_test; do
		run $name $name $nvme
	done
	run vfio_pci_device_test.nvme vfio_pci_device_test $nvme
	run vfio_pci_device_test.edu vfio_pci_device_test $edu
	run vfio_pci_device_init_perf_test vfio_pci_device_init_perf_test $nvme $edu
	run vfio_pci_sriov_uapi_test vfio_pci_sriov_uapi_test $sriov
	stage_1 luo_kexec_simple
}

stage_1() {
	run "$1.1" "$1" -s 1
	kexec_into $((GENERATION + 1))
}

generation_2() {
	run luo_kexec_simple.2 luo_kexec_simple -s 2
	stage_1 luo_multi_session
}

generation_3() {
	run luo_multi_session.2 luo_multi_session -s 2
	stage_1 luo_stress_files
}

generation_4() {
	run luo_stress_files.2 luo_stress_files -s 2
	stage_1 luo_stress_sessions
}

generation_5() {
	run luo_stress_sessions.2 luo_stress_sessions -s 2
	scenario_done
}
END
)

for series in 7.3 7.2; do
	programs=()
	for tests in liveupdate vfio; do
		rc=0
		answer=$("$lab_dir/selftests-build" "$series" "$tests") || rc=$?
		case $rc in
		0) programs+=("$answer"/*) ;;
		3) skip "$series: the kernel's own tests of $tests" "there is no kernel source of $series here" ;;
		4) while read -r name; do skip "$series: $name" "${answer##*$'\n'}"; done < <(sed '$d' <<<"$answer") ;;
		*) ok "$series: the kernel's own tests of $tests can be built" 1 ;;
		esac
	done
	[ ${#programs[@]} -gt 0 ] || continue
	add=()
	for program in "${programs[@]}"; do
		case ${program##*/} in
		vfio_* | liveupdate) add+=(--add-first "$program:/bin/${program##*/}") ;;
		*) add+=(--add "$program:/bin/${program##*/}") ;;
		esac
	done
	out=$out_dir/$series
	# vfio's tests want a page of 1 GiB, which needs a machine with room for it. What KHO reserves by its own rule is then more
	# than 1 GiB in one piece, for which there is no room if KASLR puts the kernel in the middle. Their pages of 2 MiB are set
	# aside at boot as well: later ones may lie in what KHO reserved, where nothing can be pinned for long. The SR-IOV device is
	# an nvme with a virtual function.
	memory=()
	[[ "${add[*]}" != */bin/vfio_* ]] || memory=(--mem 4096
		--append "hugepagesz=1G hugepages=1 hugepagesz=2M hugepages=8 kho_scratch=64M,512M,64M")
	check "$series: a guest runs them, and no kernel complains" \
		"$lab_dir/run-scenario" --from "$(kernel_words "$series+vfio")" --to "$(kernel_words "$series+vfio")" \
		--scenario "$scenario" --out "$out" --chain 5 --timeout 1200 \
		"${memory[@]}" --append "vfio_pci.enable_sriov=1" \
		--device "edu,addr=11.0" --device "pcie-root-port,id=port3,slot=3,addr=7.0" --device "nvme-subsys,id=subsystem" \
		--device "nvme,bus=port3,serial=sriov,subsys=subsystem,sriov_max_vfs=1,sriov_vq_flexible=2,sriov_vi_flexible=1,max_ioqpairs=6,msix_qsize=6" \
		"${add[@]}"
	for program in "${programs[@]}"; do
		name=${program##*/}
		case $name in
		vfio_pci_device_test)
			tap_of "$name.nvme" "$out/share" "$series:"
			tap_of "$name.edu" "$out/share" "$series:"
			;;
		luo_*)
			[[ " ${staged_tests[*]} " == *" $name "* ]] || ok "$series: $name is known here" 1
			;;
		*) tap_of "$name" "$out/share" "$series:" ;;
		esac
	done
	for name in "${staged_tests[@]}"; do staged "$name" "$out/share" "$series:"; done
done
done_testing
