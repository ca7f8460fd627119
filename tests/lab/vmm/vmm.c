// SPDX-License-Identifier: GPL-2.0
/*
 * vmm: does with devices what a virtual machine monitor does, on both sides of a live update.
 *
 * It is a list of steps, so that a test can take each alone and see its errno. Each step prints a
 * line, "STEP: ok" or "STEP: ERRNO"; the first that did not go as expected ends it with status 1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/dma-buf.h>
#include <linux/pci_regs.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "../fail_nth.h"
#include "../liveupdate_uapi.h"
#include "../vfio_uapi.h"
#include "vmm.h"

static const char usage_text[] =
	"usage: vmm STEP...\n"
	"  NAME is any name for a device or a memory, for the steps after the one that makes it.\n"
	"  device files\n"
	"    open=NAME,BDF         open the device's node in /dev/vfio/devices\n"
	"    group=NAME,BDF        get the device from its group (VFIO_GROUP_GET_DEVICE_FD)\n"
	"    bind=NAME             VFIO_DEVICE_BIND_IOMMUFD\n"
	"    attach=NAME           to the one IOAS\n"
	"    irq-on=NAME irq-off=NAME   MSI-X, MSI or INTx, the first of them that the device has\n"
	"    bind-nowhere=NAME     the same, with an answer that cannot be written\n"
	"    error-on=NAME         set up the eventfd for errors;  error=NAME  whether it was signalled (else EAGAIN)\n"
	"    request-on=NAME       be told when the host wants the device back: no interrupt of it\n"
	"    use=NAME              make the device do something, and check it: edu computes (and with\n"
	"                          memory mapped does a DMA, with interrupts on raises one); others\n"
	"                          answer from a register\n"
	"    peek=NAME             read the first BAR by read(2)\n"
	"    mmap=NAME             map the first memory BAR\n"
	"    touch=NAME            read through that mapping; a fault shows as EFAULT\n"
	"    info=NAME             VFIO_DEVICE_GET_INFO\n"
	"    reset=NAME            VFIO_DEVICE_RESET\n"
	"    decode=NAME,on|off    memory decoding, in the command register\n"
	"    config=NAME,OFFSET,BYTE    write a byte of the configuration space\n"
	"    keep=NAME             remember the configuration header;  same=NAME  whether it is that\n"
	"    dmabuf=NAME           a DMA-buf of the first memory BAR, kept\n"
	"    dmabuf-map=NAME,IOVA  map it into the IOAS;  dmabuf-unmap=NAME\n"
	"    dmabuf-reach=NAME,EDU whether a DMA of that device gets there what read(2) gets\n"
	"    dmabuf-busy=NAME      give the DMA-buf a fence that is not signalled;  dmabuf-done=NAME\n"
	"    stall=NAME,CALL       a system call that does not end, for it faults and nobody answers: read,\n"
	"                          write (bus mastering on), irqs (MSI-X on);  answer  lets it end\n"
	"    close=NAME\n"
	"  memory\n"
	"    memfd=NAME,KIB        with a pattern;  map=NAME,IOVA  into the IOAS, and for DMA\n"
	"    check=NAME            whether the pattern is still there\n"
	"  virtual machine, with KVM; see vm.c. It can be used by the process that made it, not after a hold\n"
	"    vm=NAME,MEMORY,VCPUS  make it; it counts in that memory\n"
	"    vm-device=NAME,DEVICE it uses that device, an edu with its BAR mapped\n"
	"    vm-run=NAME           a thread for each vCPU\n"
	"    vm-pause=NAME         stop them, and save their state in the memory; vm-run goes on\n"
	"    vm-restore=NAME,MEMORY     make it as it was saved there\n"
	"    vm-without=PART       the next restore leaves out a part of the state: on x86 sregs msrs xsave\n"
	"                          regs events mp_state tsc, on arm64 sysregs vector regs counter\n"
	"    vm-check=NAME         whether it counts, and all that it has and had is right. A line for each\n"
	"                          vCPU, with the longest time that it has not counted\n"
	"  live update\n"
	"    session=NAME          create;  session-retrieve=NAME\n"
	"    preserve=NAME,TOKEN   a device or a memory\n"
	"    retrieve=NAME,TOKEN   a device;  retrieve-memfd=NAME,TOKEN,KIB\n"
	"    finish  session-close\n"
	"  others\n"
	"    fail=ERRNO            the next step must fail with it (by name, such as EBUSY)\n"
	"    nth=N                 the N-th allocation of the next step fails; the step may fail then, and\n"
	"                          the line says whether it had so many\n"
	"    sleep=MS\n"
	"    log=PATH              what follows is written there\n"
	"    wait                  for SIGUSR1\n"
	"    hold                  a background process goes on; its pid is printed. It waits\n"
	"                          for SIGUSR1, then takes the next steps\n"
	"    hammer=NAME           use the device's file with no pause (read, ioctl, load through the\n"
	"                          mapping) until SIGUSR1, and count what worked and what was refused\n";

void die(const char *format, ...)
{
	va_list args;

	fputs("vmm: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static struct thing things[64];
static unsigned int thing_count;
static int iommu_fd = -1, session_fd = -1;
static uint32_t ioas_id;

static struct thing *thing_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < thing_count; i++)
		if (!strcmp(things[i].name, name))
			return &things[i];
	return NULL;
}

struct thing *thing_get(const char *name)
{
	struct thing *thing = thing_find(name);

	if (!thing)
		die("there is no '%s' yet", name);
	return thing;
}

static struct thing *thing_make(const char *name, int fd, bool is_memory)
{
	struct thing *thing = thing_find(name);

	if (!thing) {
		if (thing_count == sizeof(things) / sizeof(things[0]))
			die("too many devices and memories");
		thing = &things[thing_count++];
	}
	*thing = (struct thing){ .name = name,
				 .fd = fd,
				 .is_memory = is_memory,
				 .event_fd = -1,
				 .irq_index = -1,
				 .error_fd = -1,
				 .dmabuf_fd = -1,
				 .timeline_fd = -1 };
	return thing;
}

void split(char *text, char **parts, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		parts[i] = strsep(&text, ",");
		if (!parts[i] || !*parts[i])
			die("something is missing here; vmm without arguments shows the steps");
	}
}

uint64_t number(const char *text)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end)
		die("'%s' is not a number", text);
	return value;
}

static int step_open(char *argument)
{
	char *parts[2], pattern[128], path[64];
	glob_t found;
	int fd;

	split(argument, parts, 2);
	snprintf(pattern, sizeof(pattern), "/sys/bus/pci/devices/%s/vfio-dev/vfio*", parts[1]);
	if (glob(pattern, 0, NULL, &found))
		return -ENODEV;
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	thing_make(parts[0], fd, false);
	return 0;
}

static int step_group(char *argument)
{
	char *parts[2], link[128], target[256], path[64];
	int container, group, fd = -1;
	ssize_t length;

	split(argument, parts, 2);
	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/iommu_group", parts[1]);
	length = readlink(link, target, sizeof(target) - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(target, '/') + 1);
	/* Left open: the device is gone with them. */
	container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	group = open(path, O_RDWR | O_CLOEXEC);
	if (container < 0 || group < 0 || ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) ||
	    ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -errno;
	fd = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, parts[1]);
	if (fd < 0)
		return -errno;
	thing_make(parts[0], fd, false);
	return 0;
}

static int iommu_open(void)
{
	struct iommu_ioas_alloc_request request = { .size = sizeof(request) };

	if (iommu_fd >= 0)
		return 0;
	iommu_fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (iommu_fd < 0 || ioctl(iommu_fd, LAB_IOMMU_IOAS_ALLOC, &request))
		return -errno;
	ioas_id = request.out_ioas_id;
	return 0;
}

static int step_bind(char *argument)
{
	struct vfio_bind_request request = { .argsz = sizeof(request) };
	int err = iommu_open();

	if (err)
		return err;
	request.iommufd = iommu_fd;
	return ioctl(thing_get(argument)->fd, LAB_VFIO_BIND_IOMMUFD, &request) ? -errno : 0;
}

/* The device is opened before the answer is written, and closed again if that is not possible. */
static int step_bind_nowhere(char *argument)
{
	const int err = iommu_open();
	struct vfio_bind_request *request;

	if (err)
		return err;
	request = mmap(NULL, sizeof(*request), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	if (request == MAP_FAILED)
		return -errno;
	*request = (struct vfio_bind_request){ .argsz = sizeof(*request), .iommufd = iommu_fd };
	if (mprotect(request, sizeof(*request), PROT_READ))
		return -errno;
	return ioctl(thing_get(argument)->fd, LAB_VFIO_BIND_IOMMUFD, request) ? -errno : 0;
}

static int step_attach(char *argument)
{
	struct vfio_attach_request request = { .argsz = sizeof(request), .pt_id = ioas_id };

	return ioctl(thing_get(argument)->fd, LAB_VFIO_ATTACH, &request) ? -errno : 0;
}

/* What is not attached can be detached as well: a call that fails leaves nothing to be undone. */
static int step_reattach(char *argument)
{
	struct vfio_detach_request request = { .argsz = sizeof(request) };

	if (ioctl(thing_get(argument)->fd, LAB_VFIO_DETACH, &request))
		return -errno;
	return step_attach(argument);
}

static int irq_set(const struct thing *thing, uint32_t index, uint32_t flags, uint32_t count,
		   int event_fd)
{
	struct {
		struct vfio_irq_set header;
		int32_t event_fd;
	} request = {
		.header = { .argsz = sizeof(request),
			    .flags = flags | VFIO_IRQ_SET_ACTION_TRIGGER,
			    .index = index,
			    .count = count },
		.event_fd = event_fd,
	};

	return ioctl(thing->fd, VFIO_DEVICE_SET_IRQS, &request) ? -errno : 0;
}

static int step_irq_on(char *argument)
{
	static const uint32_t kinds[] = { VFIO_PCI_MSIX_IRQ_INDEX, VFIO_PCI_MSI_IRQ_INDEX,
					  VFIO_PCI_INTX_IRQ_INDEX };
	struct thing *thing = thing_get(argument);
	unsigned int i;
	int err;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct vfio_irq_info info = { .argsz = sizeof(info), .index = kinds[i] };

		if (ioctl(thing->fd, VFIO_DEVICE_GET_IRQ_INFO, &info))
			return -errno;
		if (!info.count)
			continue;
		thing->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		err = irq_set(thing, kinds[i], VFIO_IRQ_SET_DATA_EVENTFD, 1, thing->event_fd);
		if (!err)
			thing->irq_index = kinds[i];
		return err;
	}
	return -ENOENT;
}

static int step_request_on(char *argument)
{
	const int event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (event_fd < 0)
		return -errno;
	return irq_set(thing_get(argument), VFIO_PCI_REQ_IRQ_INDEX, VFIO_IRQ_SET_DATA_EVENTFD, 1,
		       event_fd);
}

static int step_error_on(char *argument)
{
	struct thing *thing = thing_get(argument);

	thing->error_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (thing->error_fd < 0)
		return -errno;
	return irq_set(thing, VFIO_PCI_ERR_IRQ_INDEX, VFIO_IRQ_SET_DATA_EVENTFD, 1,
		       thing->error_fd);
}

static int step_error(char *argument)
{
	eventfd_t count;

	return eventfd_read(thing_get(argument)->error_fd, &count) ? -errno : 0;
}

static int step_irq_off(char *argument)
{
	struct thing *thing = thing_get(argument);
	int err;

	if (thing->irq_index < 0)
		die("the interrupts of %s are not on", argument);
	err = irq_set(thing, thing->irq_index, VFIO_IRQ_SET_DATA_NONE, 0, -1);
	if (!err) {
		close(thing->event_fd);
		thing->event_fd = -1;
		thing->irq_index = -1;
	}
	return err;
}

static int region_info(const struct thing *thing, uint32_t index, struct vfio_region_info *info)
{
	*info = (struct vfio_region_info){ .argsz = sizeof(*info), .index = index };
	return ioctl(thing->fd, VFIO_DEVICE_GET_REGION_INFO, info) ? -errno : 0;
}

static int region_rw(const struct thing *thing, uint32_t index, uint64_t offset, void *data,
		     size_t size, bool write)
{
	struct vfio_region_info info;
	ssize_t done;
	int err;

	err = region_info(thing, index, &info);
	if (err)
		return err;
	done = write ? pwrite(thing->fd, data, size, info.offset + offset) :
		       pread(thing->fd, data, size, info.offset + offset);
	if (done < 0)
		return -errno;
	return (size_t)done == size ? 0 : -EIO;
}

static int get32(const struct thing *thing, uint32_t bar, uint64_t offset, uint32_t *value)
{
	return region_rw(thing, bar, offset, value, sizeof(*value), false);
}

static int put32(const struct thing *thing, uint32_t bar, uint64_t offset, uint32_t value)
{
	return region_rw(thing, bar, offset, &value, sizeof(value), true);
}

static int bus_master_on(const struct thing *thing)
{
	uint16_t command;
	int err;

	err = region_rw(thing, VFIO_PCI_CONFIG_REGION_INDEX, 4, &command, 2, false);
	command |= 6;
	return err ?: region_rw(thing, VFIO_PCI_CONFIG_REGION_INDEX, 4, &command, 2, true);
}

void pause_us(long us)
{
	struct timespec time = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	nanosleep(&time, NULL);
}

/* Wait until the bits are clear, for as long as no machine takes. */
static int edu_wait(const struct thing *thing, uint64_t offset, uint32_t bits)
{
	uint32_t value;
	int err, i;

	for (i = 0; i < 60000; i++) {
		err = get32(thing, 0, offset, &value);
		if (err)
			return err;
		if (!(value & bits))
			return 0;
		pause_us(1000);
	}
	return -ETIME;
}

#define EDU_BUFFER 0x40000

static int edu_dma(const struct thing *thing, uint64_t from, uint64_t to, uint32_t command)
{
	uint64_t size = 256;
	int err;

	err = region_rw(thing, 0, 0x80, &from, 8, true);
	err = err ?: region_rw(thing, 0, 0x88, &to, 8, true);
	err = err ?: region_rw(thing, 0, 0x90, &size, 8, true);
	err = err ?: put32(thing, 0, 0x98, command);
	return err ?: edu_wait(thing, 0x98, 1);
}

/* From memory into the device and back to the end of the first page. */
static int edu_use_dma(const struct thing *thing, const struct thing *memory)
{
	uint8_t *bytes = (uint8_t *)memory->words, old[256];
	int err;

	memcpy(old, bytes + 3840, sizeof(old));
	memset(bytes + 3840, 0, sizeof(old));
	err = edu_dma(thing, memory->iova, EDU_BUFFER, 1);
	err = err ?: edu_dma(thing, EDU_BUFFER, memory->iova + 3840, 3);
	if (!err && memcmp(bytes, bytes + 3840, sizeof(old)))
		err = -EBADMSG;
	memcpy(bytes + 3840, old, sizeof(old));
	return err;
}

static int edu_use_irq(const struct thing *thing)
{
	struct pollfd poll_fd = { .fd = thing->event_fd, .events = POLLIN };
	uint64_t count;
	int err;

	err = put32(thing, 0, 0x60, 1);
	if (err)
		return err;
	if (poll(&poll_fd, 1, 60000) != 1 || read(thing->event_fd, &count, 8) != 8)
		err = -ETIME;
	return err ?: put32(thing, 0, 0x64, 1);
}

static int edu_use(const struct thing *thing)
{
	uint32_t inverted, value;
	unsigned int i;
	int err;

	/* Put back: a virtual machine may be paused between writing there and reading the answer. */
	err = get32(thing, 0, 0x04, &inverted);
	err = err ?: put32(thing, 0, 0x04, 0x12345678);
	err = err ?: get32(thing, 0, 0x04, &value);
	err = err ?: put32(thing, 0, 0x04, ~inverted);
	if (err)
		return err;
	if (value != ~0x12345678u)
		return -EBADMSG;
	err = put32(thing, 0, 0x08, 10);
	err = err ?: edu_wait(thing, 0x20, 1);
	err = err ?: get32(thing, 0, 0x08, &value);
	if (err)
		return err;
	if (value != 3628800)
		return -EBADMSG;
	err = bus_master_on(thing);
	for (i = 0; i < thing_count && !err; i++)
		if (things[i].is_memory && things[i].mapped)
			err = edu_use_dma(thing, &things[i]);
	if (!err && thing->event_fd >= 0)
		err = edu_use_irq(thing);
	return err;
}

static int step_use(char *argument)
{
	const struct thing *thing = thing_get(argument);
	uint32_t id, value;
	uint64_t wide;
	int err;

	err = get32(thing, VFIO_PCI_CONFIG_REGION_INDEX, 0, &id);
	if (err)
		return err;
	switch (id) {
	case 0x11e81234: /* edu */
		return edu_use(thing);
	case 0x00101b36: /* nvme: CAP and VS */
		err = region_rw(thing, 0, 0, &wide, 8, false);
		err = err ?: get32(thing, 0, 8, &value);
		return err ?: wide && wide != ~0ull && value >> 16 == 1 ? 0 : -EBADMSG;
	case 0x10441af4: /* virtio-rng: the high feature bits, where VERSION_1 is set */
	case 0x10051af4:
		err = put32(thing, 4, 0, 1);
		err = err ?: get32(thing, 4, 4, &value);
		return err ?: value != ~0u && (value & 1) ? 0 : -EBADMSG;
	case 0x000d1b36: /* xhci: CAPLENGTH and HCIVERSION */
		err = get32(thing, 0, 0, &value);
		return err ?: value >> 16 == 0x100 ? 0 : -EBADMSG;
	case 0x10d38086: /* e1000e and e1000: a register that keeps what is written */
	case 0x100e8086:
		err = put32(thing, 0, 0x00c4, 0x123);
		err = err ?: get32(thing, 0, 0x00c4, &value);
		return err ?: value == 0x123 ? 0 : -EBADMSG;
	default:
		printf("(device %08x is not known) ", id);
		return -EOPNOTSUPP;
	}
}

/* The first BAR of memory, which all these devices have. */
static int first_bar(const struct thing *thing, struct vfio_region_info *info)
{
	uint32_t bar;
	int err;

	for (bar = 0; bar < 6; bar++) {
		err = region_info(thing, bar, info);
		if (err)
			return err;
		if (info->size && info->flags & VFIO_REGION_INFO_FLAG_MMAP)
			return 0;
	}
	return -ENOENT;
}

static int step_peek(char *argument)
{
	const struct thing *thing = thing_get(argument);
	uint32_t value;

	/* By the fixed layout of vfio-pci's offsets, so that it is one system call. */
	return pread(thing->fd, &value, 4, 0) == 4 ? 0 : -errno;
}

static int step_mmap(char *argument)
{
	struct thing *thing = thing_get(argument);
	struct vfio_region_info info;
	void *mapping;
	int err;

	err = first_bar(thing, &info);
	if (err)
		return err;
	mapping = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, thing->fd, info.offset);
	if (mapping == MAP_FAILED)
		return -errno;
	thing->mapping = mapping;
	return 0;
}

static sigjmp_buf fault_jump;

static void on_fault(int signal)
{
	(void)signal;
	siglongjmp(fault_jump, 1);
}

static int step_touch(char *argument)
{
	struct thing *thing = thing_get(argument);

	if (!thing->mapping)
		die("%s is not mapped", argument);
	signal(SIGBUS, on_fault);
	if (sigsetjmp(fault_jump, 1))
		return -EFAULT;
	return thing->mapping[0] == ~0u ? -EBADMSG : 0;
}

static int step_info(char *argument)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	return ioctl(thing_get(argument)->fd, VFIO_DEVICE_GET_INFO, &info) ? -errno : 0;
}

static int step_reset(char *argument)
{
	return ioctl(thing_get(argument)->fd, VFIO_DEVICE_RESET) ? -errno : 0;
}

static int step_dmabuf(char *argument)
{
	struct thing *thing = thing_get(argument);
	struct vfio_dma_buf_request request = {
		.header = { .argsz = sizeof(request),
			    .flags = VFIO_DEVICE_FEATURE_GET | LAB_VFIO_FEATURE_DMA_BUF },
		.open_flags = O_RDWR | O_CLOEXEC,
		.nr_ranges = 1,
		.length = 4096,
	};
	struct vfio_region_info info;
	int err;

	err = first_bar(thing, &info);
	if (err)
		return err;
	request.region_index = info.index;
	thing->dmabuf_fd = ioctl(thing->fd, VFIO_DEVICE_FEATURE, &request);
	return thing->dmabuf_fd < 0 ? -errno : 0;
}

static int step_dmabuf_map(char *argument)
{
	struct iommu_ioas_map_file_request request = {
		.size = sizeof(request),
		.flags = LAB_IOMMU_MAP_FIXED_IOVA | LAB_IOMMU_MAP_READABLE |
			 LAB_IOMMU_MAP_WRITEABLE,
		.length = 4096,
	};
	struct thing *thing;
	char *parts[2];

	split(argument, parts, 2);
	thing = thing_get(parts[0]);
	request.ioas_id = ioas_id;
	request.fd = thing->dmabuf_fd;
	request.iova = number(parts[1]);
	if (ioctl(iommu_fd, LAB_IOMMU_IOAS_MAP_FILE, &request))
		return -errno;
	thing->dmabuf_iova = request.iova;
	return 0;
}

static int step_dmabuf_unmap(char *argument)
{
	struct iommu_ioas_unmap_request request = {
		.size = sizeof(request),
		.ioas_id = ioas_id,
		.iova = thing_get(argument)->dmabuf_iova,
		.length = 4096,
	};

	return ioctl(iommu_fd, LAB_IOMMU_IOAS_UNMAP, &request) ? -errno : 0;
}

/*
 * Through the IOMMU, from one device's BAR into the other's buffer and on into memory. What was in
 * that buffer before is a pattern, so that a DMA that was blocked leaves something else.
 */
static int step_dmabuf_reach(char *argument)
{
	uint8_t there[256], kept[256], *bytes;
	const struct thing *thing, *edu;
	struct vfio_region_info info;
	unsigned int i = 0;
	char *parts[2];
	int err;

	split(argument, parts, 2);
	thing = thing_get(parts[0]);
	edu = thing_get(parts[1]);
	while (i < thing_count && !things[i].mapped)
		i++;
	if (i == thing_count)
		die("no memory is mapped");
	bytes = (uint8_t *)things[i].words + 3840;
	memcpy(kept, bytes, sizeof(kept));

	err = first_bar(thing, &info);
	err = err ?: region_rw(thing, info.index, 0, there, 8, false);
	err = err ?: bus_master_on(edu);
	err = err ?: edu_dma(edu, things[i].iova, EDU_BUFFER, 1);
	err = err ?: edu_dma(edu, thing->dmabuf_iova, EDU_BUFFER, 1);
	err = err ?: edu_dma(edu, EDU_BUFFER, things[i].iova + 3840, 3);
	if (!err && memcmp(bytes, there, 8))
		err = -EBADMSG;
	memcpy(bytes, kept, sizeof(kept));
	return err;
}

/* A fence of the kernel's sw_sync timelines, which user space signals. */
static int step_dmabuf_busy(char *argument)
{
	struct sw_sync_fence_request fence = { .value = 1, .name = "lab" };
	struct dma_buf_import_sync_file import = { .flags = DMA_BUF_SYNC_RW };
	struct thing *thing = thing_get(argument);
	int err;

	thing->timeline_fd = open("/sys/kernel/debug/sync/sw_sync", O_RDWR | O_CLOEXEC);
	if (thing->timeline_fd < 0 || ioctl(thing->timeline_fd, LAB_SW_SYNC_CREATE_FENCE, &fence))
		return -errno;
	import.fd = fence.fence;
	err = ioctl(thing->dmabuf_fd, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &import) ? -errno : 0;
	close(fence.fence);
	return err;
}

static int step_dmabuf_done(char *argument)
{
	struct thing *thing = thing_get(argument);
	uint32_t count = 1;

	if (ioctl(thing->timeline_fd, LAB_SW_SYNC_INC, &count))
		return -errno;
	return close(thing->timeline_fd) ? -errno : 0;
}

static int step_decode(char *argument)
{
	const struct thing *thing;
	uint16_t command;
	char *parts[2];
	int err;

	split(argument, parts, 2);
	thing = thing_get(parts[0]);
	err = region_rw(thing, VFIO_PCI_CONFIG_REGION_INDEX, 4, &command, 2, false);
	command = strcmp(parts[1], "on") ? command & ~2 : command | 2;
	return err ?: region_rw(thing, VFIO_PCI_CONFIG_REGION_INDEX, 4, &command, 2, true);
}

static int step_config(char *argument)
{
	char *parts[3];
	uint8_t byte;

	split(argument, parts, 3);
	byte = number(parts[2]);
	return region_rw(thing_get(parts[0]), VFIO_PCI_CONFIG_REGION_INDEX, number(parts[1]), &byte,
			 1, true);
}

/* Without the status register, whose bits come and go. */
static int header_read(const struct thing *thing, uint8_t *header)
{
	int err = region_rw(thing, VFIO_PCI_CONFIG_REGION_INDEX, 0, header, 64, false);

	header[6] = 0;
	header[7] = 0;
	return err;
}

static int step_keep(char *argument)
{
	struct thing *thing = thing_get(argument);

	return header_read(thing, thing->header);
}

static int step_same(char *argument)
{
	const struct thing *thing = thing_get(argument);
	uint8_t header[64];
	int err = header_read(thing, header);

	return err ?: memcmp(header, thing->header, 64) ? -EBADMSG : 0;
}

/* A system call that faults where nobody answers, in its second page. */
static struct stall {
	struct thing *thing;
	char *call;
	uint8_t *page;
	uint32_t content; /* of the second page, when it is answered */
	int fault_fd;
	pthread_t thread;
	int result;
} stall;

static void *stalled_call(void *unused)
{
	const off_t config = (off_t)VFIO_PCI_CONFIG_REGION_INDEX << 40;
	uint8_t *missing = stall.page + 4096;
	struct vfio_irq_set *set = (void *)(missing - sizeof(*set));
	const int fd = stall.thing->fd;
	ssize_t done;

	if (!strcmp(stall.call, "read")) {
		done = pread(fd, missing, 4, config) - 4;
	} else if (!strcmp(stall.call, "write")) {
		done = pwrite(fd, missing, 2, config + PCI_COMMAND) - 2;
	} else {
		*set = (struct vfio_irq_set){ .argsz = sizeof(*set) + 4,
					      .flags = VFIO_IRQ_SET_DATA_EVENTFD |
						       VFIO_IRQ_SET_ACTION_TRIGGER,
					      .index = VFIO_PCI_MSIX_IRQ_INDEX,
					      .count = 1 };
		done = ioctl(fd, VFIO_DEVICE_SET_IRQS, set);
	}
	stall.result = done ? -errno : 0;
	return unused;
}

static int step_stall(char *argument)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct pollfd poll_fd = { .events = POLLIN };
	uint16_t command;
	char *parts[2];

	split(argument, parts, 2);
	stall.thing = thing_get(parts[0]);
	stall.call = parts[1];
	if (pread(stall.thing->fd, &command, 2,
		  ((off_t)VFIO_PCI_CONFIG_REGION_INDEX << 40) + PCI_COMMAND) != 2)
		return -errno;
	stall.content = command | PCI_COMMAND_MASTER;
	if (!strcmp(stall.call, "irqs")) {
		stall.thing->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		stall.content = stall.thing->event_fd;
	}
	stall.page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	area.range.start = (uintptr_t)stall.page + 4096;
	area.range.len = 4096;
	stall.fault_fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (stall.fault_fd < 0 || ioctl(stall.fault_fd, UFFDIO_API, &api) ||
	    ioctl(stall.fault_fd, UFFDIO_REGISTER, &area))
		return -errno;
	if (pthread_create(&stall.thread, NULL, stalled_call, NULL))
		return -EAGAIN;
	poll_fd.fd = stall.fault_fd;
	return poll(&poll_fd, 1, 600000) == 1 ? 0 : -ETIME;
}

static int step_answer(char *argument)
{
	uint32_t content[1024] = { stall.content };
	struct uffdio_copy copy = { .dst = (uintptr_t)stall.page + 4096,
				    .src = (uintptr_t)content,
				    .len = sizeof(content) };

	(void)argument;
	if (ioctl(stall.fault_fd, UFFDIO_COPY, &copy))
		return -errno;
	if (pthread_join(stall.thread, NULL))
		return -EAGAIN;
	if (!strcmp(stall.call, "irqs"))
		stall.thing->irq_index = VFIO_PCI_MSIX_IRQ_INDEX;
	close(stall.fault_fd);
	munmap(stall.page, 8192);
	return stall.result;
}

static int step_close(char *argument)
{
	struct thing *thing = thing_get(argument);

	return close(thing->fd) ? -errno : 0;
}

static uint64_t pattern(size_t index)
{
	return (index + 1) * 0x9e3779b97f4a7c15ull;
}

static int memory_map(struct thing *thing)
{
	thing->words = mmap(NULL, thing->size, PROT_READ | PROT_WRITE, MAP_SHARED, thing->fd, 0);
	return thing->words == MAP_FAILED ? -errno : 0;
}

static int step_memfd(char *argument)
{
	struct thing *thing;
	char *parts[2];
	size_t i;
	int err;

	split(argument, parts, 2);
	thing = thing_make(parts[0], memfd_create(parts[0], MFD_CLOEXEC), true);
	thing->size = number(parts[1]) * 1024;
	if (thing->fd < 0 || ftruncate(thing->fd, thing->size))
		return -errno;
	err = memory_map(thing);
	for (i = 0; !err && i < thing->size / 8; i++)
		thing->words[i] = pattern(i);
	return err;
}

int memory_check(const struct thing *memory, size_t from)
{
	size_t i;

	for (i = from / 8; i < memory->size / 8; i++)
		if (memory->words[i] != pattern(i))
			return -EBADMSG;
	return 0;
}

static int step_check(char *argument)
{
	return memory_check(thing_get(argument), 0);
}

static int step_map(char *argument)
{
	struct iommu_ioas_map_request request = {
		.size = sizeof(request),
		.flags = LAB_IOMMU_MAP_FIXED_IOVA | LAB_IOMMU_MAP_READABLE |
			 LAB_IOMMU_MAP_WRITEABLE,
	};
	struct thing *thing;
	char *parts[2];
	int err;

	split(argument, parts, 2);
	thing = thing_get(parts[0]);
	err = iommu_open();
	if (err)
		return err;
	request.ioas_id = ioas_id;
	request.user_va = (uintptr_t)thing->words;
	request.length = thing->size;
	request.iova = number(parts[1]);
	if (ioctl(iommu_fd, LAB_IOMMU_IOAS_MAP, &request))
		return -errno;
	thing->iova = request.iova;
	thing->mapped = true;
	return 0;
}

static int session_step(char *name, unsigned long command)
{
	struct luo_session_request request = { .size = sizeof(request) };
	int luo = open(LUO_DEVICE, O_RDWR | O_CLOEXEC), err;

	if (luo < 0)
		return -errno;
	strncpy(request.name, name, sizeof(request.name) - 1);
	err = ioctl(luo, command, &request) ? -errno : 0;
	close(luo);
	if (!err)
		session_fd = request.fd;
	return err;
}

static int step_session(char *argument)
{
	return session_step(argument, LUO_SESSION_CREATE);
}

static int step_session_retrieve(char *argument)
{
	return session_step(argument, LUO_SESSION_RETRIEVE);
}

static int step_preserve(char *argument)
{
	struct luo_file_request request = { .size = sizeof(request) };
	char *parts[2];

	split(argument, parts, 2);
	request.fd = thing_get(parts[0])->fd;
	request.token = number(parts[1]);
	return ioctl(session_fd, LUO_FILE_PRESERVE, &request) ? -errno : 0;
}

static int step_retrieve(char *argument)
{
	struct luo_file_request request = { .size = sizeof(request) };
	char *parts[2];

	split(argument, parts, 2);
	request.token = number(parts[1]);
	if (ioctl(session_fd, LUO_FILE_RETRIEVE, &request))
		return -errno;
	thing_make(parts[0], request.fd, false);
	return 0;
}

static int step_retrieve_memfd(char *argument)
{
	struct luo_file_request request = { .size = sizeof(request) };
	struct thing *thing;
	char *parts[3];

	split(argument, parts, 3);
	request.token = number(parts[1]);
	if (ioctl(session_fd, LUO_FILE_RETRIEVE, &request))
		return -errno;
	thing = thing_make(parts[0], request.fd, true);
	thing->size = number(parts[2]) * 1024;
	return memory_map(thing);
}

static int step_finish(char *argument)
{
	struct luo_finish_request request = { .size = sizeof(request) };

	(void)argument;
	return ioctl(session_fd, LUO_SESSION_FINISH, &request) ? -errno : 0;
}

static int step_session_close(char *argument)
{
	(void)argument;
	return close(session_fd) ? -errno : 0;
}

static int step_sleep(char *argument)
{
	pause_us(number(argument) * 1000);
	return 0;
}

static int step_log(char *argument)
{
	int fd = open(argument, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	return fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0 ? -errno : 0;
}

/* SIGUSR1 is blocked from the start, so that none is lost and none kills. */
static int step_wait(char *argument)
{
	sigset_t wanted;
	int got;

	(void)argument;
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGUSR1);
	return sigwait(&wanted, &got) ? -EINVAL : 0;
}

static int step_hold(char *argument)
{
	pid_t pid;
	int got;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid) {
		printf("%d\n", (int)pid);
		exit(0);
	}
	/* Nobody is to wait for the end of this one's output. */
	got = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (setsid() < 0 || chdir("/") || dup2(got, 0) < 0 || dup2(got, 1) < 0 || dup2(got, 2) < 0)
		_exit(1);
	return step_wait(argument);
}

/* A SIGUSR1 has come, and is taken. */
static bool is_told_to_go_on(void)
{
	const struct timespec at_once = {};
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGUSR1);
	return sigtimedwait(&wanted, NULL, &at_once) == SIGUSR1;
}

/* One try each of read(2), of two ioctls and, if there is a mapping, of a load through it. */
static int step_hammer(char *name)
{
	struct {
		int (*run)(char *name);
		const char *name;
		unsigned int ok, refused, other;
	} tries[] = { { .run = step_peek, .name = "read" },
		      { .run = step_info, .name = "ioctl" },
		      { .run = step_reattach, .name = "detach" },
		      { .run = step_touch, .name = "load" } };
	const unsigned int count = sizeof(tries) / sizeof(tries[0]);
	unsigned int rounds = 0, i;
	int result;

	do {
		for (i = 0; i < count; i++) {
			if (tries[i].run == step_touch && !thing_get(name)->mapping)
				continue;
			result = tries[i].run(name);
			if (!result)
				tries[i].ok++;
			else if (result == -EBUSY || result == -EFAULT)
				tries[i].refused++;
			else
				tries[i].other++;
		}
		if (!rounds++)
			puts("hammering");
	} while (!is_told_to_go_on());
	/* The last round may have been turned away between the two. */
	result = step_reattach(name);
	for (i = 0; i < count; i++)
		printf("hammer %s: ok=%u refused=%u other=%u\n", tries[i].name, tries[i].ok,
		       tries[i].refused, tries[i].other);
	return result;
}

static const struct step {
	const char *name;
	int (*run)(char *argument);
	bool has_argument;
} steps[] = {
	{ "open", step_open, true },
	{ "group", step_group, true },
	{ "bind", step_bind, true },
	{ "bind-nowhere", step_bind_nowhere, true },
	{ "attach", step_attach, true },
	{ "irq-on", step_irq_on, true },
	{ "irq-off", step_irq_off, true },
	{ "error-on", step_error_on, true },
	{ "error", step_error, true },
	{ "request-on", step_request_on, true },
	{ "use", step_use, true },
	{ "peek", step_peek, true },
	{ "mmap", step_mmap, true },
	{ "touch", step_touch, true },
	{ "info", step_info, true },
	{ "reset", step_reset, true },
	{ "decode", step_decode, true },
	{ "config", step_config, true },
	{ "keep", step_keep, true },
	{ "same", step_same, true },
	{ "dmabuf", step_dmabuf, true },
	{ "dmabuf-map", step_dmabuf_map, true },
	{ "dmabuf-unmap", step_dmabuf_unmap, true },
	{ "dmabuf-reach", step_dmabuf_reach, true },
	{ "dmabuf-busy", step_dmabuf_busy, true },
	{ "dmabuf-done", step_dmabuf_done, true },
	{ "stall", step_stall, true },
	{ "answer", step_answer, false },
	{ "close", step_close, true },
	{ "memfd", step_memfd, true },
	{ "check", step_check, true },
	{ "map", step_map, true },
	{ "vm", step_vm, true },
	{ "vm-device", step_vm_device, true },
	{ "vm-run", step_vm_run, true },
	{ "vm-pause", step_vm_pause, true },
	{ "vm-without", step_vm_without, true },
	{ "vm-restore", step_vm_restore, true },
	{ "vm-check", step_vm_check, true },
	{ "session", step_session, true },
	{ "session-retrieve", step_session_retrieve, true },
	{ "preserve", step_preserve, true },
	{ "retrieve", step_retrieve, true },
	{ "retrieve-memfd", step_retrieve_memfd, true },
	{ "finish", step_finish, false },
	{ "session-close", step_session_close, false },
	{ "sleep", step_sleep, true },
	{ "log", step_log, true },
	{ "wait", step_wait, false },
	{ "hold", step_hold, false },
	{ "hammer", step_hammer, true },
};

static const struct step *step_find(const char *name, bool has_argument)
{
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!strcmp(steps[i].name, name) && steps[i].has_argument == has_argument)
			return &steps[i];
	die("there is no step '%s%s'; vmm without arguments shows the steps", name,
	    has_argument ? "=..." : "");
}

int main(int argc, char **argv)
{
	const char *expected = NULL, *got;
	unsigned int nth = 0;
	sigset_t blocked;
	int i, result;

	if (argc < 2) {
		fputs(usage_text, stderr);
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	for (i = 1; i < argc; i++) {
		char *whole = strdup(argv[i]), *argument = argv[i], *name;

		name = strsep(&argument, "=");
		if (!strcmp(name, "fail") && argument) {
			expected = argument;
			continue;
		}
		if (!strcmp(name, "nth") && argument) {
			nth = number(argument);
			continue;
		}
		if (nth)
			fail_nth(nth);
		result = step_find(name, argument)->run(argument);
		got = result ? strerrorname_np(-result) : "ok";
		if (nth && fail_nth(0)) {
			printf("%s: %s, allocation %u failed\n", whole, got ?: "an unknown error",
			       nth);
			nth = 0;
			continue;
		}
		printf("%s: %s%s\n", whole, got ?: "an unknown error",
		       nth ? ", no more allocations" : "");
		nth = 0;
		if (strcmp(got ?: "", expected ?: "ok")) {
			printf("vmm: expected %s\n", expected ?: "ok");
			return 1;
		}
		expected = NULL;
		free(whole);
	}
	return 0;
}
