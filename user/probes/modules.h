/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The modules that 'luoscope init' loads. Errors go to the kernel log.
 */
#ifndef LUOSCOPE_MODULES_H
#define LUOSCOPE_MODULES_H

/*
 * Load luo_stats, unless it is there: from luoscope.module= on the command line, or from where DKMS
 * and a manual install put it, or from the root of an initramfs.
 */
void modules_load_luo_stats(void);

/*
 * After an update, which luo_stats knows of, load KVM and vfio-pci if they are modules. Virtual
 * machines and their devices can be watched only if these are there when the probes are attached.
 * They are needed soon anyway, so this delays nothing. modprobe knows their dependencies and the
 * administrator's settings; it is killed after a second. 'luoscope status' shows whether it worked.
 */
void modules_load_watched(void);

#endif /* LUOSCOPE_MODULES_H */
