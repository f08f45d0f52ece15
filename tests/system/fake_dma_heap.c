/*
 * LD_PRELOAD: DMA heaps and buffers for a kernel that has none. A heap is any file under /dev/dma_heap, a buffer a
 * memfd; in plain memory there is no cache to synchronise.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int allocate(struct dma_heap_allocation_data *wanted)
{
	int fd = memfd_create("dma_heap", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, wanted->len))
		return -1;
	wanted->fd = fd;
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*real)(int, unsigned long, ...);
	va_list rest;
	va_start(rest, request);
	void *argument = va_arg(rest, void *);
	va_end(rest);

	request &= 0xffffffffUL; /* Python hands the number over sign-extended. */
	if (request == DMA_HEAP_IOCTL_ALLOC)
		return allocate(argument);
	if (_IOC_TYPE(request) == DMA_BUF_BASE && _IOC_NR(request) <= _IOC_NR(DMA_BUF_SET_NAME))
		return 0;
	if (!real)
		real = dlsym(RTLD_NEXT, "ioctl");
	return real(fd, request, argument);
}
