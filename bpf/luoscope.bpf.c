// SPDX-License-Identifier: GPL-2.0
/*
 * The one BPF object: each file watches one thing. They are compiled together because the static
 * linker of Debian 12's libbpf does not accept objects that share kfuncs.
 */
#include "span.bpf.h"

/* Included first: the files below report sessions and the stop of the CPUs to it. */
#include "kvm.bpf.c"

#include "device.bpf.c"
#include "file.bpf.c"
#include "kexec.bpf.c"
#include "mark.bpf.c"
#include "arrival.bpf.c"
#include "watch.bpf.c"

/* Set by the loader: where the kernel's variable kexec_image is, which points to the image. */
const volatile __u64 kexec_image_address = 0;

/*
 * Run by 'luoscope status', and by a recorder at its end: does the image that kexec would start
 * take what KHO preserves? Only kexec_file_load() makes such an image, and sysfs does not show the
 * difference. It is loaded by itself: see user/probes/kexec_image.c.
 */
SEC("?syscall")
int kexec_image(void *context)
{
	struct kimage *image = NULL;

	bpf_probe_read_kernel(&image, sizeof(image), (const void *)kexec_image_address);
	if (!image || !bpf_core_field_exists(image->kho.fdt))
		return LUOSCOPE_IMAGE_UNKNOWN;
	return BPF_CORE_READ(image, kho.fdt) ? LUOSCOPE_IMAGE_WITH_KHO : LUOSCOPE_IMAGE_WITHOUT_KHO;
}

char LICENSE[] SEC("license") = "GPL";
