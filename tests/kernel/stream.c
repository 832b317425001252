// SPDX-License-Identifier: BSD-2-Clause
/*
 * A TCP transfer that is checked byte for byte, for a guest that has no such tool.
 *
 *   stream receive PORT MB          waits for a connection, and for so many MB on it
 *   stream send ADDRESS PORT MB     the same bytes, then waits until the other end has taken them
 *
 * The bytes come from a generator that both ends run, so each can be wrong only in its own way.
 * Exit code 0: all of them and no other came, 1: not, 2: bad use.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MB	1000000u
#define BLOCK	40000u	/* bytes, a multiple of 8 that divides a MB */

/* The next block. xorshift64 (Marsaglia 2003); no block is like another. */
static void next_block(uint64_t *state, uint64_t block[BLOCK / 8])
{
	uint32_t i;

	for (i = 0; i < BLOCK / 8; i++) {
		*state ^= *state << 13;
		*state ^= *state >> 7;
		*state ^= *state << 17;
		block[i] = *state;
	}
}

static int fail(const char *what)
{
	fprintf(stderr, "stream: %s: %s\n", what, strerror(errno));
	return 1;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int send_all(int fd, uint32_t mb)
{
	uint64_t left = (uint64_t)mb * MB / BLOCK, state = 1;
	static uint64_t block[BLOCK / 8];
	const double start = seconds_now();
	char end;

	for (; left; left--) {
		const uint8_t *at = (const uint8_t *)block;
		size_t todo = BLOCK;

		next_block(&state, block);
		while (todo) {
			const ssize_t n = write(fd, at, todo);

			if (n <= 0)
				return fail("the other end takes no more");
			at += n;
			todo -= (size_t)n;
		}
	}
	shutdown(fd, SHUT_WR);
	/* It closes when it has them all. */
	if (read(fd, &end, 1) != 0)
		return fail("the other end did not take all");
	printf("sent %u MB in %.1f s\n", mb, seconds_now() - start);
	return 0;
}

static int receive_all(int fd, uint32_t mb)
{
	static uint64_t wanted[BLOCK / 8], block[BLOCK / 8];
	uint64_t left = (uint64_t)mb * MB / BLOCK, done = 0, state = 1;

	for (; left; left--) {
		size_t have = 0;

		while (have < BLOCK) {
			const ssize_t n = read(fd, (uint8_t *)block + have, BLOCK - have);

			if (n < 0)
				return fail("read");
			if (n == 0) {
				fprintf(stderr, "stream: ends after %llu bytes\n",
					(unsigned long long)(done + have));
				return 1;
			}
			have += (size_t)n;
		}
		next_block(&state, wanted);
		if (memcmp(block, wanted, BLOCK)) {
			fprintf(stderr, "stream: other bytes than were sent, after %llu\n",
				(unsigned long long)done);
			return 1;
		}
		done += BLOCK;
	}
	if (read(fd, block, 1) != 0) {
		fprintf(stderr, "stream: more came than was sent\n");
		return 1;
	}
	printf("received %u MB, each byte as it was sent\n", mb);
	return 0;
}

int main(int argc, char **argv)
{
	const bool receives = argc == 4 && !strcmp(argv[1], "receive");
	struct sockaddr_in address = { .sin_family = AF_INET };
	const int one = 1;
	int fd, peer;

	if (!receives && (argc != 5 || strcmp(argv[1], "send") != 0 ||
			  inet_pton(AF_INET, argv[2], &address.sin_addr) != 1)) {
		fprintf(stderr, "usage: stream receive PORT MB | send ADDRESS PORT MB\n");
		return 2;
	}
	address.sin_port = htons((uint16_t)atoi(argv[argc - 2]));
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		return fail("socket");
	if (!receives) {
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
			return fail("connect");
		return send_all(fd, (uint32_t)atoi(argv[4]));
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 1))
		return fail("listen");
	printf("ready\n");
	fflush(stdout);
	peer = accept(fd, NULL, NULL);
	if (peer < 0)
		return fail("accept");
	return receive_all(peer, (uint32_t)atoi(argv[3]));
}
