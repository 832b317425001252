// SPDX-License-Identifier: BSD-2-Clause
/*
 * cable NAME NAME [QUEUES]: two tap interfaces with a cable between them: what is sent on one comes
 * in on the other, as long as this program runs. Each has so many queues, until SIGUSR1 leaves it
 * its first one. Exit code 1: they cannot be made.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MAX_FRAME	65536
#define MAX_QUEUES	4

static volatile sig_atomic_t told;

static void tell(int number)
{
	(void)number;
	told = 1;
}

/* A queue more of a tap, which is made with its first. */
static int tap(const char *name, bool several)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	const int fd = open("/dev/net/tun", O_RDWR);

	if (several)
		request.ifr_flags |= IFF_MULTI_QUEUE;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request)) {
		fprintf(stderr, "cable: no interface %s: %s\n", name, strerror(errno));
		return -1;
	}
	return fd;
}

/* Return: whether it is a queue no more. */
static bool leave(int fd)
{
	struct ifreq request = { .ifr_flags = IFF_DETACH_QUEUE };

	return !ioctl(fd, TUNSETQUEUE, &request);
}

int main(int argc, char **argv)
{
	static char frame[MAX_FRAME];
	struct pollfd ends[2 * MAX_QUEUES];	/* of the one, and of the other, in turns */
	const int queues = argc > 3 ? atoi(argv[3]) : 1;
	struct sigaction action = { .sa_handler = tell };
	int num = 2 * queues, i;

	if (argc < 3 || queues < 1 || queues > MAX_QUEUES) {
		fprintf(stderr, "usage: cable NAME NAME [QUEUES], up to %d\n", MAX_QUEUES);
		return 2;
	}
	sigaction(SIGUSR1, &action, NULL);
	for (i = 0; i < num; i++) {
		ends[i] = (struct pollfd){ .fd = tap(argv[i % 2 + 1], queues > 1),
					   .events = POLLIN };
		if (ends[i].fd < 0)
			return 1;
	}
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		const int ready = poll(ends, (nfds_t)num, -1);

		if (ready < 0 && errno != EINTR)
			return 1;
		while (told && num > 2) {
			if (!leave(ends[--num].fd))
				return 1;
		}
		for (i = 0; i < num && ready > 0; i++) {
			const ssize_t n = ends[i].revents & POLLIN ?
						  read(ends[i].fd, frame, sizeof(frame)) : 0;

			/* An interface that is down takes nothing: as a cable in a machine that is off. */
			if (n > 0 && write(ends[i ^ 1].fd, frame, (size_t)n) < 0 && errno != EIO)
				return 1;
		}
	}
}
