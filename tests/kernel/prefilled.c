// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a client of a pipe costs that fills its buffers once and then sends them again and again, as existing programs do: it writes a
 * frame into a slot's buffer only where NS_BUF_CHANGED says that the slot has got another one. One thread has both ends and takes turns.
 *
 *   prefilled LOOP FRAMES [BATCH]   send so many frames, at most BATCH (256) a TXSYNC; print the time that a frame took
 *   prefilled --list                the loops: pipe_60 and pipe_1500, frames of so many bytes
 *
 * For scripts/count_instructions.py, which counts the instructions of a frame, and for comparisons of times.
 * Exit code 0: all frames came with the bytes that were sent; 1: not; 2: bad use, or the pipe cannot be opened.
 */
#include <stdlib.h>
#include <time.h>

#include "tests/kernel/device.h"

#define MAX_SIZE	1500
#define MASTER		"prefilled{1"
#define SLAVE		"prefilled}1"

static const struct loop {
	const char *name;
	uint16_t size;
} loops[] = { { "pipe_60", 60 }, { "pipe_1500", MAX_SIZE } };

/* One end of the pipe. */
struct end {
	void *file;
	struct netmap_ring *tx, *rx;
};

static char template[MAX_SIZE];

static int open_end(struct end *end, const char *name)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC };
	struct nmreq_header head = { .nr_version = NETMAP_API, .nr_reqtype = NETMAP_REQ_REGISTER };
	struct netmap_if *nif;
	char *memory;

	snprintf(head.nr_name, sizeof(head.nr_name), "%s", name);
	head.nr_body = (uintptr_t)&reg;
	end->file = device->open();
	if (!end->file || device->control(end->file, NIOCCTRL, &head))
		return -1;
	memory = device->map(end->file, reg.nr_memsize);
	if (!memory)
		return -1;
	nif = NETMAP_IF(memory, reg.nr_offset);
	end->tx = NETMAP_TXRING(nif, 0);
	end->rx = NETMAP_RXRING(nif, 0);
	return 0;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Put @count frames into the ring; a buffer that is as it was left has the frame still. */
static void put_frames(struct netmap_ring *ring, uint32_t count, uint16_t size)
{
	uint32_t i = ring->head;

	for (; count; count--) {
		struct netmap_slot *slot = &ring->slot[i];

		if (slot->flags & NS_BUF_CHANGED)
			memcpy(NETMAP_BUF(ring, slot->buf_idx), template, size);
		slot->len = size;
		slot->flags = 0;
		i = nm_ring_next(ring, i);
	}
	ring->head = i;
	ring->cur = i;
}

/* Take all that has come. Return: how many frames, -1 where one has not its size. */
static int64_t take_frames(struct netmap_ring *ring, uint16_t size)
{
	const uint32_t count = nm_ring_space(ring);
	uint32_t i = ring->head, k;

	for (k = 0; k < count; k++) {
		if (ring->slot[i].len != size)
			return -1;
		i = nm_ring_next(ring, i);
	}
	ring->head = i;
	ring->cur = i;
	return count;
}

/* The frames of the last round are in the receiver's slots still, which it has released. */
static bool is_whole(const struct netmap_ring *ring, uint32_t count, uint16_t size)
{
	uint32_t i = ring->head;

	for (; count; count--) {
		i = i ? i - 1 : ring->num_slots - 1;
		if (memcmp(NETMAP_BUF(ring, ring->slot[i].buf_idx), template, size))
			return false;
	}
	return true;
}

static int run(const struct end *master, const struct end *slave, uint64_t frames, uint32_t batch,
	       uint16_t size)
{
	uint64_t sent = 0, received = 0;
	uint32_t count = 0, i;
	int64_t got;

	for (i = 0; i < master->tx->num_slots; i++)
		memcpy(NETMAP_BUF(master->tx, master->tx->slot[i].buf_idx), template, size);
	while (sent < frames) {
		count = smaller(nm_ring_space(master->tx), batch);
		if (count > frames - sent)
			count = (uint32_t)(frames - sent);
		put_frames(master->tx, count, size);
		sent += count;
		if (device->control(master->file, NIOCTXSYNC, NULL) ||
		    device->control(slave->file, NIOCRXSYNC, NULL))
			return 1;
		got = take_frames(slave->rx, size);
		if (got < 0)
			return 1;
		received += (uint64_t)got;
		/* Its slots go back now, not with the next frames. */
		if (device->control(slave->file, NIOCRXSYNC, NULL) ||
		    device->control(master->file, NIOCTXSYNC, NULL))
			return 1;
	}
	return received != frames || !is_whole(slave->rx, count, size);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int main(int argc, char **argv)
{
	const uint64_t frames = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	const uint32_t batch = argc > 3 ? (uint32_t)atoi(argv[3]) : 256;
	struct end master, slave;
	const struct loop *loop = NULL;
	uint64_t start;
	uint32_t i;
	int code;

	for (i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
		if (argc == 2 && !strcmp(argv[1], "--list"))
			puts(loops[i].name);
		if (argc > 2 && !strcmp(argv[1], loops[i].name))
			loop = &loops[i];
	}
	if (argc == 2 && !strcmp(argv[1], "--list"))
		return 0;
	if (!loop || !frames || !batch) {
		fprintf(stderr, "usage: %s LOOP FRAMES [BATCH], or --list\n", argv[0]);
		return 2;
	}
	for (i = 0; i < MAX_SIZE; i++)
		template[i] = (char)(i * 7);
	if (open_end(&master, MASTER) || open_end(&slave, SLAVE)) {
		fprintf(stderr, "the pipe cannot be opened: %s\n", strerror(errno));
		return 2;
	}
	start = now_ns();
	code = run(&master, &slave, frames, batch, loop->size);
	printf("%s: %.2f ns a frame\n", loop->name, (double)(now_ns() - start) / (double)frames);
	if (code)
		fprintf(stderr, "prefilled: a sync failed, or frames did not come as they were sent\n");
	device->close(slave.file);
	device->close(master.file);
	return code;
}
