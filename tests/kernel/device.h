/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device as a thin table of calls, so that one program serves two residences: device_linux.c has one, and
 * device_hosted.c the other, with two simulated adapters, sim0 and sim1.
 */
#ifndef NMGEN_TESTS_KERNEL_DEVICE_H
#define NMGEN_TESTS_KERNEL_DEVICE_H

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/netmap.h"
#include "net/netmap_user.h"

/**
 * struct device - a residence
 * @can_map_less: mmap is given a length, and refuses one that is too large
 * @open: NULL and errno
 * @control: ioctl(); 0 or a negative errno
 * @map: mmap() from offset 0; NULL and errno
 * @poll: the ready events
 */
struct device {
	const char *name;
	bool can_map_less;
	void *(*open)(void);
	int (*control)(void *file, unsigned long cmd, void *arg);
	void *(*map)(void *file, size_t length);
	int (*poll)(void *file, short events, int timeout_ms);
	void (*close)(void *file);
};

extern const struct device *const device;

/* device_linux.c: the file descriptor behind @file. */
int device_linux_descriptor(const void *file);

#endif /* NMGEN_TESTS_KERNEL_DEVICE_H */
