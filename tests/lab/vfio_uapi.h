/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the lab's VMM needs of the interfaces of iommufd, of vfio's device files and of sw_sync. The
 * headers of Debian 12 know the older rest of vfio, but not these.
 */
#ifndef LAB_VFIO_UAPI_H
#define LAB_VFIO_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>
#include <linux/vfio.h>

struct iommu_ioas_alloc_request {
	__u32 size;
	__u32 flags;
	__u32 out_ioas_id;
};

struct iommu_ioas_map_request {
	__u32 size;
	__u32 flags;
	__u32 ioas_id;
	__u32 reserved;
	__aligned_u64 user_va;
	__aligned_u64 length;
	__aligned_u64 iova;
};

struct iommu_ioas_unmap_request {
	__u32 size;
	__u32 ioas_id;
	__aligned_u64 iova;
	__aligned_u64 length;
};

struct iommu_ioas_map_file_request {
	__u32 size;
	__u32 flags;
	__u32 ioas_id;
	__s32 fd;
	__aligned_u64 start;
	__aligned_u64 length;
	__aligned_u64 iova;
};

#define LAB_IOMMU_IOAS_ALLOC	 _IO(0x3b, 0x81)
#define LAB_IOMMU_IOAS_MAP	 _IO(0x3b, 0x85)
#define LAB_IOMMU_IOAS_UNMAP	 _IO(0x3b, 0x86)
#define LAB_IOMMU_IOAS_MAP_FILE	 _IO(0x3b, 0x8f)
#define LAB_IOMMU_MAP_FIXED_IOVA (1u << 0)
#define LAB_IOMMU_MAP_WRITEABLE	 (1u << 1)
#define LAB_IOMMU_MAP_READABLE	 (1u << 2)

struct vfio_bind_request {
	__u32 argsz;
	__u32 flags;
	__s32 iommufd;
	__u32 out_devid;
};

struct vfio_attach_request {
	__u32 argsz;
	__u32 flags;
	__u32 pt_id;
};

struct vfio_detach_request {
	__u32 argsz;
	__u32 flags;
};

#define LAB_VFIO_BIND_IOMMUFD _IO(VFIO_TYPE, VFIO_BASE + 18)
#define LAB_VFIO_ATTACH	      _IO(VFIO_TYPE, VFIO_BASE + 19)
#define LAB_VFIO_DETACH	      _IO(VFIO_TYPE, VFIO_BASE + 20)

/* VFIO_DEVICE_FEATURE: a DMA-buf of a part of a BAR. */
struct vfio_dma_buf_request {
	struct vfio_device_feature header;
	__u32 region_index;
	__u32 open_flags;
	__u32 flags;
	__u32 nr_ranges;
	__u64 offset;
	__u64 length;
};

#define LAB_VFIO_FEATURE_DMA_BUF 11

/* The kernel's timelines whose fences user space signals, in debugfs; no header has them. */
struct sw_sync_fence_request {
	__u32 value;
	char name[32];
	__s32 fence;
};

#define LAB_SW_SYNC_CREATE_FENCE _IOWR('W', 0, struct sw_sync_fence_request)
#define LAB_SW_SYNC_INC		 _IOW('W', 1, __u32)

#endif
