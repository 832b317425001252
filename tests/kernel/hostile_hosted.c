// SPDX-License-Identifier: BSD-2-Clause
/* hostile_hosted SECONDS SEED: the hostile client's threads against the hosted device. */
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "netmap_hosted.h"
#include "sim82599.h"
#include "tests/kernel/hostile.h"

#define THREADS		3
#define WILD_PAGES	4

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

const struct device *device = &hosted_device;

/* Mappings, forks and descriptors are the kernel's. */
void hostile_trick(struct hostile *h, struct target *t)
{
	(void)h;
	(void)t;
}

static time_t end;

static void *run(void *arg)
{
	while (time(NULL) < end)
		hostile_act(arg);
	return NULL;
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "sim0", "sim1", "sim0^", "vale0:a", "vale0:b",
					     "vale1:c", "vale1:sim1", "q{1", "q}1", "hp1" };
	static struct target targets[MAX_TARGETS];
	static struct tally tally;
	const struct nmh_config config = { 0 };
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct hostile threads[THREADS];
	struct nmh_sim_config nic = {
		.name = "sim0", .speed_gbps = 10, .queues = 2, .tx_slots = 512, .rx_slots = 512,
	};
	const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL);
	struct nmh_sim *sims[2];
	pthread_t ids[THREADS];
	char reason[256] = "";
	char *wild;
	int i;

	if (argc < 2) {
		fprintf(stderr, "usage: hostile_hosted SECONDS [SEED]\n");
		return 2;
	}
	printf("hostile: seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	wild = mmap(NULL, (WILD_PAGES + 1) * page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (wild == MAP_FAILED || mprotect(wild + WILD_PAGES * page, page, PROT_NONE) ||
	    nmh_create(&config, &world) ||
	    nmh_sim_create(world, &nic, &sims[0], reason, sizeof(reason))) {
		fprintf(stderr, "the hosted device cannot be made: %s\n", reason);
		return 2;
	}
	nic.name = "sim1";
	if (nmh_sim_create(world, &nic, &sims[1], reason, sizeof(reason))) {
		fprintf(stderr, "the hosted device cannot be made: %s\n", reason);
		return 2;
	}
	end = time(NULL) + atoi(argv[1]);
	for (i = 0; i < MAX_TARGETS; i++)
		pthread_rwlock_init(&targets[i].lock, NULL);
	for (i = 0; i < THREADS; i++) {
		threads[i] = (struct hostile){
			.random = (seed + 1) * 0x9e3779b97f4a7c15ull + (uint64_t)i,
			.tally = &tally,
			.names = names,
			.num_names = (int)(sizeof(names) / sizeof(names[0])),
			.targets = targets,
			.wild = wild,
			.wild_size = WILD_PAGES * page,
		};
		if (pthread_create(&ids[i], NULL, run, &threads[i]))
			return 2;
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(ids[i], NULL);
	for (i = 0; i < MAX_TARGETS; i++)
		hostile_close(&targets[i]);
	return !hostile_report(&tally);
}
