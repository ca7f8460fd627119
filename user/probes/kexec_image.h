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
	KEXEC_IMAGE_LOADED,	 /* loaded, and the kernel does not say how */
};

/**
 * kexec_image_look - what sysfs says of the image, and if necessary the kernel's memory
 *
 * sysfs only says whether an image is loaded. How it was loaded follows from lockdown since boot,
 * which leaves kexec_file_load as the only way, or else from the image itself. To read that needs
 * root, and a lockdown that permits it.
 */
enum kexec_image kexec_image_look(void);

#endif /* LUOSCOPE_KEXEC_IMAGE_H */
