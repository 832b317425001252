// SPDX-License-Identifier: BSD-2-Clause
/*
 * cable NAME NAME: two tap interfaces with a cable between them: what is sent on one comes in on the
 * other, as long as this program runs. Exit code 1: they cannot be made.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MAX_FRAME	65536

static int tap(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	const int fd = open("/dev/net/tun", O_RDWR);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request)) {
		fprintf(stderr, "cable: no interface %s: %s\n", name, strerror(errno));
		return -1;
	}
	return fd;
}

int main(int argc, char **argv)
{
	static char frame[MAX_FRAME];
	struct pollfd ends[2];
	int i;

	if (argc != 3) {
		fprintf(stderr, "usage: cable NAME NAME\n");
		return 2;
	}
	for (i = 0; i < 2; i++) {
		ends[i] = (struct pollfd){ .fd = tap(argv[i + 1]), .events = POLLIN };
		if (ends[i].fd < 0)
			return 1;
	}
	printf("ready\n");
	fflush(stdout);
	while (poll(ends, 2, -1) > 0) {
		for (i = 0; i < 2; i++) {
			const ssize_t n = ends[i].revents & POLLIN ?
						  read(ends[i].fd, frame, sizeof(frame)) : 0;

			/* An interface that is down takes nothing: as a cable in a machine that is off. */
			if (n > 0 && write(ends[1 - i].fd, frame, (size_t)n) < 0 && errno != EIO)
				return 1;
		}
	}
	return 0;
}
