// SPDX-License-Identifier: BSD-2-Clause
/* conformance_hosted [TEST]: the tests against the hosted device, with a simulated adapter. */
#include <stdlib.h>

#include "netmap_hosted.h"
#include "sim82599.h"
#include "tests/kernel/conformance.h"

int conformance_main(const char *only);

static struct nmh *world;

static void *hosted_open(void)
{
	struct nmh_fd *fd;

	return nmh_open(world, &fd) ? NULL : fd;
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
	.port = "sim0",
	.open = hosted_open,
	.control = hosted_control,
	.map = hosted_map,
	.poll = hosted_poll,
	.close = hosted_close,
};

const struct device *device = &hosted_device;

int main(int argc, char **argv)
{
	const struct nmh_config config = { 0 };
	const struct nmh_sim_config nic = {
		.name = "sim0", .speed_gbps = 10, .queues = 1, .tx_slots = 512, .rx_slots = 512,
	};
	char reason[256] = "";
	struct nmh_sim *sim;
	int failed;

	if (nmh_create(&config, &world) || nmh_sim_create(world, &nic, &sim, reason, sizeof(reason))) {
		fprintf(stderr, "the hosted device cannot be made: %s\n", reason);
		return 2;
	}
	failed = conformance_main(argc > 1 ? argv[1] : NULL);
	nmh_sim_destroy(sim);
	nmh_destroy(world);
	return failed;
}
