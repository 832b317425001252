// SPDX-License-Identifier: BSD-2-Clause
/*
 * hostile SECONDS SEED PROCESSES PORT...: processes of two threads each that do anything they can
 * with /dev/netmap, mostly with these ports. One is killed now and then, and another one started.
 * Some are in network namespaces of their own, and guess numbers of others' regions.
 * hostile clean: undo what outlives a client: interfaces in switches, persistent ports.
 *
 * Exit code 0: time is up and enough was done; 1: a process died of itself, or too little was done;
 * 2: bad use.
 */
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/kernel/hostile.h"

#define THREADS		2
#define MAX_PROCESSES	16

/* A second mapping, of any part, with any rights, that comes and goes while the first one is used. */
static void map_again(struct hostile *h, int fd, const struct target *t)
{
	const size_t length = 1 + below(h, now_and_then(h, 3) ? 1u << 30 : 1u << 20);
	const off_t offset = now_and_then(h, 3) ? (off_t)hostile_random(h) & ~4095l :
						  (off_t)below(h, 1000) * 4096;
	const int rights = now_and_then(h, 4) ? PROT_READ : PROT_READ | PROT_WRITE;
	const int how = now_and_then(h, 6) ? MAP_PRIVATE : MAP_SHARED;
	char *memory = mmap(NULL, length, rights, how, fd, offset);
	size_t gone = 0;
	size_t i;

	if (memory == MAP_FAILED)
		return;
	/* What lies in it is mapped already where the first mapping was touched. */
	for (i = 0; i < length && i < 64 * 4096; i += 4096) {
		if ((uint64_t)offset + i < t->length)
			h->random += (unsigned char)memory[i];
	}
	switch (below(h, 5)) {
	case 0:
		madvise(memory, length, MADV_DONTNEED);
		break;
	case 1:
		mprotect(memory, length, PROT_NONE);
		break;
	case 2:
		/* Not twice: by then another thread's memory may be there. */
		gone = length < 4096 ? length : 4096;
		munmap(memory, gone);
		break;
	case 3:
		madvise(memory, length, MADV_REMOVE);
		break;
	default:
		msync(memory, length, MS_SYNC);
	}
	if (gone < length)
		munmap(memory + gone, length - gone);
}

/* Only what a child of a process with threads may do. */
static void fork_child(struct hostile *h, struct target *t)
{
	const bool killed = now_and_then(h, 2);
	uint32_t n = below(h, 50);
	pid_t child = fork();

	if (child < 0)
		return;
	if (child) {
		if (killed)
			kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		return;
	}
	while (n--) {
		hostile_scribble(h, t);
		device->control(t->file, now_and_then(h, 2) ? NIOCTXSYNC : NIOCRXSYNC, NULL);
	}
	_exit(0);
}

static void watch(struct hostile *h, int fd)
{
	struct epoll_event event = { .events = (uint32_t)hostile_random(h) & ~EPOLLEXCLUSIVE };
	const int e = epoll_create1(0);

	if (e < 0)
		return;
	epoll_ctl(e, EPOLL_CTL_ADD, fd, &event);
	epoll_wait(e, &event, 1, (int)below(h, 4));
	epoll_wait(e, &event, 1, 0);
	close(e);
}

/* A request that copies from and to this process while the kernel keeps its network's lock. */
static void ask_driver(void)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq request = { .ifr_data = (void *)&info };
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0)
		return;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "v0");
	ioctl(fd, SIOCETHTOOL, &request);
	close(fd);
}

void hostile_trick(struct hostile *h, struct target *t)
{
	const int fd = device_linux_descriptor(t->file);
	char byte = 0;
	int twin;

	switch (below(h, 8)) {
	case 0:
		fork_child(h, t);
		break;
	case 1:
		/* The file, under another number, outlives a close of the first for a moment. */
		twin = dup(fd);
		ioctl(twin, NIOCTXSYNC);
		close(twin);
		break;
	case 2:
		watch(h, fd);
		break;
	case 3:
		hostile_count(h, (int)read(fd, &byte, 1) < 0 ? -errno : 0);
		hostile_count(h, (int)write(fd, &byte, 1) < 0 ? -errno : 0);
		hostile_count(h, lseek(fd, 5, SEEK_SET) < 0 ? -errno : 0);
		break;
	case 4:
		fcntl(fd, F_SETFL, now_and_then(h, 2) ? O_NONBLOCK | O_ASYNC : 0);
		break;
	case 5:
		ask_driver();
		break;
	default:
		map_again(h, fd, t);
	}
}

/* One process of four is in a network namespace of its own. */
static int run_process(struct hostile_run run, uint64_t seed)
{
	run.elsewhere = seed % 4 == 0;
	if (run.elsewhere && unshare(CLONE_NEWNET)) {
		perror("hostile: unshare");
		return 1;
	}
	return hostile_threads(&run, seed, THREADS) ? 1 : 0;
}

static pid_t start(const struct hostile_run *run, uint64_t seed)
{
	const pid_t pid = fork();

	if (!pid)
		_exit(run_process(*run, seed));
	if (pid < 0) {
		perror("fork");
		exit(1);
	}
	return pid;
}

/* Return: whether it ended as it should: by our signal, or when time was up. */
static bool reap(pid_t pid)
{
	int status = 0;

	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return true;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	fprintf(stderr, "hostile: a process died of itself (status 0x%x)\n", (unsigned int)status);
	return false;
}

static int run_processes(int seconds, uint64_t seed, int processes, const char *const *names, int num_names)
{
	struct tally *tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct hostile h = { .random = seed };
	struct hostile_run run;
	pid_t pids[MAX_PROCESSES];
	unsigned int kills = 0;
	bool good = true;
	int i;

	if (tally == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	run = hostile_start(tally, seconds, names, num_names);
	for (i = 0; i < processes; i++)
		pids[i] = start(&run, seed + (uint64_t)i);
	while (hostile_goes_on(&run) && good) {
		const struct timespec nap = { .tv_nsec = (long)below(&h, 400) * 1000 * 1000 };

		nanosleep(&nap, NULL);
		i = (int)below(&h, (uint32_t)processes);
		kill(pids[i], SIGKILL);
		good = reap(pids[i]);
		kills++;
		pids[i] = start(&run, seed + 1000 + kills);
	}
	for (i = 0; i < processes; i++) {
		kill(pids[i], SIGKILL);
		good &= reap(pids[i]);
	}
	printf("hostile: %u processes killed\n", kills);
	return hostile_report(tally) && good ? 0 : 1;
}

static int ask(int fd, uint16_t type, char name[NETMAP_REQ_IFNAMSIZ], void *body)
{
	struct nmreq_header head = {
		.nr_version = NETMAP_API,
		.nr_reqtype = type,
		.nr_body = (uintptr_t)body,
	};
	int error;

	memcpy(head.nr_name, name, NETMAP_REQ_IFNAMSIZ);
	error = ioctl(fd, NIOCCTRL, &head) ? errno : 0;
	memcpy(name, head.nr_name, NETMAP_REQ_IFNAMSIZ);
	return error;
}

/* No client has a port of a switch open any more. */
static int clean(void)
{
	const int fd = open(NETMAP_DEVICE_NAME, O_RDWR);
	struct nmreq_vale_list at = { 0 };
	int i;

	if (fd < 0) {
		perror(NETMAP_DEVICE_NAME);
		return 1;
	}
	for (;;) {
		struct nmreq_vale_detach detach = { 0 };
		char name[NETMAP_REQ_IFNAMSIZ] = "";

		if (ask(fd, NETMAP_REQ_VALE_LIST, name, &at))
			break;
		/* A host's half goes with its interface, which may be the next. */
		if (ask(fd, NETMAP_REQ_VALE_DETACH, name, &detach))
			at.nr_port_idx++;
	}
	for (i = 0; i < 4; i++) {
		char name[NETMAP_REQ_IFNAMSIZ];

		memset(name, 0, sizeof(name));
		snprintf(name, sizeof(name), "hp%d", i);
		ask(fd, NETMAP_REQ_VALE_DELIF, name, NULL);
	}
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t seed;
	int processes;

	if (argc == 2 && !strcmp(argv[1], "clean"))
		return clean();
	if (argc < 5) {
		fprintf(stderr, "usage: hostile SECONDS SEED PROCESSES PORT... | hostile clean\n");
		return 2;
	}
	seed = strtoull(argv[2], NULL, 0);
	seed = seed ? seed : 1;
	processes = atoi(argv[3]);
	if (processes < 1 || processes > MAX_PROCESSES) {
		fprintf(stderr, "hostile: 1 to %d processes\n", MAX_PROCESSES);
		return 2;
	}
	printf("hostile: seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	return run_processes(atoi(argv[1]), seed, processes, (const char *const *)argv + 4, argc - 4);
}
