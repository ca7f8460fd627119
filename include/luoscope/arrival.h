/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The programs that watch the functions by which files and devices come back in the new kernel:
 * X(cookie, program, function, number of arguments).
 */
#ifndef LUOSCOPE_ARRIVAL_H
#define LUOSCOPE_ARRIVAL_H

#define LUOSCOPE_ARRIVAL_ENTRIES(X)                             \
	X(1, on_luo_open, luo_open, 2)                          \
	X(2, on_deserialize, luo_file_deserialize, 2)           \
	X(3, on_session_retrieve, luo_session_retrieve, 2)      \
	X(4, on_retrieve, luo_retrieve_file, 3)                 \
	X(5, on_finish, luo_file_finish, 1)                     \
	X(6, on_bind, vfio_df_ioctl_bind_iommufd, 2)            \
	X(7, on_set_irqs, vfio_pci_set_irqs_ioctl, 6)           \
	X(8, on_reset_function, __pci_reset_function_locked, 1) \
	X(10, on_vcpu_run, kvm_arch_vcpu_ioctl_run, 1)          \
	X(11, on_vcpu_run_end, vcpu_put, 1)                     \
	X(12, on_flb_retrieve, luo_flb_retrieve_one, 1)         \
	X(13, on_flb_finish, liveupdate_flb_put_incoming, 1)    \
	X(14, on_reset_bus, pci_reset_bus, 1)

#define LUOSCOPE_ARRIVAL_RETURNS(X)                                    \
	X(3, on_session_retrieve_return, luo_session_retrieve, 2)      \
	X(4, on_retrieve_return, luo_retrieve_file, 3)                 \
	X(5, on_finish_return, luo_file_finish, 1)                     \
	X(6, on_bind_return, vfio_df_ioctl_bind_iommufd, 2)            \
	X(7, on_set_irqs_return, vfio_pci_set_irqs_ioctl, 6)           \
	X(8, on_reset_function_return, __pci_reset_function_locked, 1) \
	X(9, on_file_finished, luo_flb_file_finish, 1)                 \
	X(12, on_flb_retrieve_return, luo_flb_retrieve_one, 1)         \
	X(13, on_flb_finish_return, liveupdate_flb_put_incoming, 1)    \
	X(14, on_reset_bus_return, pci_reset_bus, 1)

#endif /* LUOSCOPE_ARRIVAL_H */
