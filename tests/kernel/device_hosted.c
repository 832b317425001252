// SPDX-License-Identifier: BSD-2-Clause
/* The hosted device, with simulated adapters. */
#include <pthread.h>
#include <stdlib.h>

#include "netmap_hosted.h"
#include "nmh_driver.h"
#include "tests/kernel/device.h"

#define ADAPTERS	2
#define QUEUES		2

static struct nmh *world;
static struct nmh_port *adapters[ADAPTERS];

static void destroy(void)
{
	uint32_t i;

	for (i = 0; i < ADAPTERS; i++)
		nmh_port_destroy(adapters[i]);
	nmh_destroy(world);
}

/* Goes when the process ends, so that what is left behind in it shows as a leak. */
static void create(void)
{
	const struct nmh_config config = { 0 };
	char name[16];
	const struct nmh_option queues = { "queues", .number = QUEUES };
	const struct nmh_port_request adapter = { name, &queues, 1 };
	char reason[256] = "";
	struct nmh_refusal refusal = { reason, sizeof(reason) };
	bool made = !nmh_create(&config, &world);
	uint32_t i;

	for (i = 0; i < ADAPTERS && made; i++) {
		snprintf(name, sizeof(name), "sim%u", i);
		made = !nmh_port_create(world, nmh_driver_find("sim", 3), &adapter, &adapters[i], &refusal);
	}
	if (!made) {
		fprintf(stderr, "the hosted device cannot be made: %s\n", reason);
		exit(2);
	}
	atexit(destroy);
}

static void *hosted_open(void)
{
	static pthread_once_t made = PTHREAD_ONCE_INIT;
	struct nmh_fd *fd;
	int error;

	pthread_once(&made, create);
	error = nmh_open(world, &fd);
	errno = -error;
	return error ? NULL : fd;
}

static int hosted_control(void *file, unsigned long cmd, void *arg)
{
	return nmh_ioctl(file, cmd, arg);
}

static void *hosted_map(void *file, size_t length)
{
	(void)length;
	errno = EINVAL;
	return nmh_mmap(file, NULL);
}

static int hosted_poll(void *file, short events, int timeout_ms)
{
	return nmh_poll(file, events, timeout_ms);
}

static void hosted_close(void *file)
{
	nmh_close(file);
}

static const struct device hosted_device = {
	.name = "the hosted device",
	.open = hosted_open,
	.control = hosted_control,
	.map = hosted_map,
	.poll = hosted_poll,
	.close = hosted_close,
};

const struct device *const device = &hosted_device;
