// SPDX-License-Identifier: BSD-2-Clause
/*
 * killed ROUNDS SEED FROM TO [FROM TO]...: for each pair of ports a process that sends and one that
 * receives, as fast as they can. ROUNDS times one of them all is killed (SIGKILL) at a random
 * moment, be it while it opens its port, and started again; the others go on. In between, and at
 * the end, frames have to flow over each pair.
 *
 * Exit code 0: as asked; 1: a process failed or frames do not flow any more; 2: bad use.
 */
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/kernel/port.h"

#define MAX_ROLES	16
#define MAX_WAIT_US	20000	/* before the next one is killed */
#define CHECK_EVERY	100	/* rounds */
#define STUCK_S		120	/* so long without a frame: nothing but a hang takes that long */

/* An even role sends, the next one receives. @frames is written by the role's process. */
struct role {
	const char *port;
	pid_t pid;
	atomic_ullong *frames;
};

static struct role roles[MAX_ROLES];
static int num_roles;

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void send_all(struct port *port, atomic_ullong *frames)
{
	struct pollfd pfd = { .fd = port->fd, .events = POLLOUT };
	uint32_t r, n;

	poll(&pfd, 1, 10);
	for (r = port->first_tx; r < port->last_tx; r++) {
		struct netmap_ring *ring = NETMAP_TXRING(port->nif, r);

		for (n = nm_ring_space(ring); n; n--) {
			struct netmap_slot *slot = &ring->slot[ring->head];
			char *frame = NETMAP_BUF(ring, slot->buf_idx);

			memset(frame, 0xff, 6);
			memset(frame + 6, 2, 54);
			slot->len = 60;
			slot->flags = 0;
			ring->head = nm_ring_next(ring, ring->head);
			(*frames)++;
		}
		ring->cur = ring->head;
	}
	ioctl(port->fd, NIOCTXSYNC);
}

static void receive_all(struct port *port, atomic_ullong *frames)
{
	struct pollfd pfd = { .fd = port->fd, .events = POLLIN };
	uint32_t r;

	poll(&pfd, 1, 10);
	for (r = port->first_rx; r < port->last_rx; r++) {
		struct netmap_ring *ring = NETMAP_RXRING(port->nif, r);

		*frames += nm_ring_space(ring);
		ring->head = ring->tail;
		ring->cur = ring->tail;
	}
}

static void start(int i)
{
	struct role *role = &roles[i];
	struct port port;

	role->pid = fork();
	if (role->pid < 0) {
		perror("fork");
		exit(1);
	}
	if (role->pid)
		return;
	if (port_open(&port, role->port))
		_exit(3);
	for (;;) {
		if (i % 2)
			receive_all(&port, role->frames);
		else
			send_all(&port, role->frames);
	}
}

/* Return: whether it was there until we killed it. */
static bool kill_one(int i)
{
	int status = 0;

	kill(roles[i].pid, SIGKILL);
	waitpid(roles[i].pid, &status, 0);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return true;
	fprintf(stderr, "killed: the process of %s ended by itself (status 0x%x)\n", roles[i].port,
		(unsigned int)status);
	return false;
}

/* Whether frames come in on every pair. */
static bool flows(int round)
{
	const struct timespec nap = { .tv_nsec = 10 * 1000 * 1000 };
	const time_t end = time(NULL) + STUCK_S;
	int i;

	for (i = 1; i < num_roles; i += 2) {
		const uint64_t before = *roles[i].frames;

		while (*roles[i].frames == before) {
			if (time(NULL) > end) {
				fprintf(stderr, "killed: after %d rounds nothing comes to %s\n",
					round, roles[i].port);
				return false;
			}
			nanosleep(&nap, NULL);
		}
	}
	return true;
}

static int run(int rounds, uint64_t seed)
{
	struct timespec nap = { 0 };
	bool good = true;
	int i, round;

	for (i = 0; i < num_roles; i++)
		start(i);
	good = flows(0);
	for (round = 1; round <= rounds && good; round++) {
		const int victim = (int)(next_random(&seed) % (uint64_t)num_roles);

		nap.tv_nsec = (long)(next_random(&seed) % MAX_WAIT_US) * 1000;
		nanosleep(&nap, NULL);
		good = kill_one(victim);
		start(victim);
		if (good && (round % CHECK_EVERY == 0 || round == rounds))
			good = flows(round);
	}
	for (i = 0; i < num_roles; i++)
		good &= kill_one(i);
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	const size_t size = MAX_ROLES * 64;
	uint64_t seed;
	int rounds, i, result;
	char *shared;

	if (argc < 5 || argc % 2 == 0 || argc > 3 + MAX_ROLES) {
		fprintf(stderr, "usage: killed ROUNDS SEED FROM TO [FROM TO]...\n");
		return 2;
	}
	rounds = atoi(argv[1]);
	seed = strtoull(argv[2], NULL, 0);
	seed = seed ? seed : 1;
	shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	for (i = 3; i < argc; i++) {
		roles[num_roles].port = argv[i];
		/* A cache line each. */
		roles[num_roles].frames = (atomic_ullong *)(void *)(shared + 64L * num_roles);
		num_roles++;
	}
	printf("killed: seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	result = run(rounds, seed);
	for (i = 0; i < num_roles; i++)
		printf("%s: %llu frames %s\n", roles[i].port, (unsigned long long)*roles[i].frames,
		       i % 2 ? "came" : "sent");
	return result;
}
