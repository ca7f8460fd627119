/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The image that the next kexec starts: is it one for a live update?
 */
#ifndef LUOSCOPE_KEXEC_IMAGE_H
#define LUOSCOPE_KEXEC_IMAGE_H

enum kexec_image {
	KEXEC_IMAGE_NO_KEXEC,	 /* this kernel cannot kexec */
	KEXEC_IMAGE_NONE,	 /* nothing is loaded */
	KEXEC_IMAGE_WITH_KHO,	 /* loaded with kexec_file_load: it takes what KHO preserves */
	KEXEC_IMAGE_WITHOUT_KHO, /* loaded with kexec_load: nothing survives */
	KEXEC_IMAGE_LOADED,	 /* loaded, but it is not known how */
};

/**
 * kexec_image_open - get what looks at the image in the kernel's memory
 *
 * sysfs only says whether an image is loaded; how it was loaded only the image itself shows. To
 * load the program that looks there takes root, and a lockdown that permits it; to run it takes
 * nothing. So whoever gives up rights opens it before that, and whoever never had them finds the
 * program that kexec_image_pin() has pinned. Returns a descriptor for kexec_image_look(), which the
 * caller closes, or a negative errno.
 */
int kexec_image_open(void);

/**
 * kexec_image_look - what sysfs says of the image, and if necessary the image itself
 * @reader: from kexec_image_open(); negative: there is none
 *
 * If lockdown is in force since boot, kexec_file_load is the only way, and no reader is needed.
 */
enum kexec_image kexec_image_look(int reader);

/**
 * kexec_image_load - load the program that looks at the image
 * @types_fd: a file with the kernel's types that the probes' programs read; libbpf would take
 *            several megabytes to find them
 *
 * Returns a descriptor or a negative errno, for example because the kernel does not say where the
 * image is: both are for kexec_image_pin().
 */
int kexec_image_load(int types_fd);

/*
 * Pin the program beside the probes, for the caller of pins_lock(), and close @reader. Without it,
 * or if @reader is negative, a recorder with fewer rights cannot look at the image.
 */
void kexec_image_pin(int reader);

#endif /* LUOSCOPE_KEXEC_IMAGE_H */
