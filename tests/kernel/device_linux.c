// SPDX-License-Identifier: BSD-2-Clause
/* The kernel's device. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "tests/kernel/device.h"

/* Mappings end with their file: the tests open hundreds. */
struct file {
	int fd;
	void *memory;
	size_t length;
};

static void *dev_open(void)
{
	struct file *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->fd = open(NETMAP_DEVICE_NAME, O_RDWR);
	if (f->fd < 0) {
		free(f);
		return NULL;
	}
	return f;
}

int device_linux_descriptor(const void *file)
{
	const struct file *f = file;

	return f->fd;
}

static int dev_control(void *file, unsigned long cmd, void *arg)
{
	const struct file *f = file;

	return ioctl(f->fd, cmd, arg) ? -errno : 0;
}

static void *dev_map(void *file, size_t length)
{
	struct file *f = file;
	void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);

	if (memory == MAP_FAILED)
		return NULL;
	f->memory = memory;
	f->length = length;
	return memory;
}

static int dev_poll(void *file, short events, int timeout_ms)
{
	const struct file *f = file;
	struct pollfd pfd = { .fd = f->fd, .events = events };
	const int n = poll(&pfd, 1, timeout_ms);

	return n < 0 ? -errno : n ? pfd.revents : 0;
}

static void dev_close(void *file)
{
	struct file *f = file;

	if (f->memory)
		munmap(f->memory, f->length);
	close(f->fd);
	free(f);
}

static const struct device linux_device = {
	.name = NETMAP_DEVICE_NAME,
	.can_map_less = true,
	.open = dev_open,
	.control = dev_control,
	.map = dev_map,
	.poll = dev_poll,
	.close = dev_close,
};

const struct device *const device = &linux_device;
