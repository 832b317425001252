// SPDX-License-Identifier: BSD-2-Clause
/*
 * A client of /dev/netmap in the style of existing programs: inline helpers, mmap, poll, rings.
 *
 *   traffic send PORT FRAMES [SIZE [VLAN]]      numbered frames, until the last has left
 *   traffic receive PORT FRAMES SECONDS [SIZE]  those frames, each byte checked; loss is an error
 *   traffic among PORT FRAMES SECONDS SIZE      the same, among frames of others that look alike
 *   traffic pace FROM TO FRAMES SIZE            numbered frames, never more than PACE ahead of the receiver; each checked, loss is an
 *                                               error
 *   traffic bridge PORT PORT [SECONDS]          all frames between two ports, buffers swapped
 *   traffic count PORT SECONDS [FRAMES]         how many frames of any kind come in, until it is so many
 *   traffic sums PORT SECONDS [FRAMES]          how many TCP segments come in with a right checksum, and with a wrong one
 *   traffic watch PORT SECONDS                  poll until it says POLLERR; exit 0 when it does
 *   traffic hold PORT SECONDS                   keep it open
 *   traffic pass PORT SECONDS                   ARP and ICMP go up to the host stack, all else is lost; says "both" when it
 *                                               has passed some, and has lost some of TCP
 *   traffic epoll PORT SECONDS                  add the file to an epoll, then bind it: a frame wakes
 *   traffic attach SWITCH:IF nic|host           put an interface into a switch; host: its stack too
 *   traffic detach SWITCH:IF -                  take it out
 *   traffic newif IF -                          make a persistent port
 *   traffic delif IF -                          delete it
 *
 * SECONDS are for what only a hang takes so long; SIGTERM ends count, sums and pass before, with what they have to say.
 * Exit code 0: as asked; 1: not; 2: bad use, or the port cannot be opened.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <time.h>

#include "tests/kernel/port.h"

#define ETHERTYPE_TEST	0x88b5	/* IEEE 802: local experiments */
#define ETHERTYPE_VLAN	0x8100
#define ETHERTYPE_ARP	0x0806
#define ETHERTYPE_IP	0x0800
#define HEADER		14
#define MAX_SIZE	9216
#define PATIENCE_S	120	/* until a ring that does not move is taken for stuck */
#define PACE		4096	/* frames; an emulated receive ring keeps twice as many */

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The frame with number @seq, @size bytes without its CRC; each byte depends on the number. */
static void build(uint8_t *frame, uint32_t seq, uint32_t size, int vlan)
{
	uint32_t at = 12, i;

	memset(frame, 0xff, 6);
	memcpy(frame + 6, "\x02\x00\x00\x00\x00\x01", 6);
	if (vlan) {
		frame[at++] = ETHERTYPE_VLAN >> 8;
		frame[at++] = ETHERTYPE_VLAN & 0xff;
		frame[at++] = (uint8_t)(vlan >> 8);
		frame[at++] = (uint8_t)vlan;
	}
	frame[at++] = ETHERTYPE_TEST >> 8;
	frame[at++] = ETHERTYPE_TEST & 0xff;
	for (i = 0; i < 4; i++)
		frame[at++] = (uint8_t)(seq >> (24 - 8 * i));
	for (; at < size; at++)
		frame[at] = (uint8_t)(seq * 7 + at);
}

/* Put a frame into as many slots as it takes. Return: false where there are too few. */
static bool put(struct netmap_ring *ring, const uint8_t *frame, uint32_t size)
{
	uint32_t i = ring->head, left = size;

	if (nm_ring_space(ring) < (size + ring->nr_buf_size - 1) / ring->nr_buf_size)
		return false;
	while (left) {
		struct netmap_slot *slot = &ring->slot[i];
		const uint32_t n = left < ring->nr_buf_size ? left : ring->nr_buf_size;

		memcpy(NETMAP_BUF(ring, slot->buf_idx), frame + size - left, n);
		slot->len = (uint16_t)n;
		left -= n;
		slot->flags = left ? NS_MOREFRAG : 0;
		i = nm_ring_next(ring, i);
	}
	ring->head = i;
	ring->cur = i;
	return true;
}

/* A veth pair queues by processor: frames that two of them send may overtake each other. */
static void stay_here(void)
{
	const int cpu = sched_getcpu();
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static int do_send(struct port *port, uint32_t frames, uint32_t size, int vlan)
{
	struct pollfd pfd = { .fd = port->fd, .events = POLLOUT };
	uint8_t frame[MAX_SIZE];
	uint32_t seq = 0, r;
	double start = seconds_now();

	stay_here();
	while (seq < frames) {
		if (poll(&pfd, 1, PATIENCE_S * 1000) <= 0 || pfd.revents & POLLERR) {
			fprintf(stderr, "send: no room after %u frames (poll says 0x%x)\n", seq,
				(unsigned int)pfd.revents);
			return 1;
		}
		for (r = port->first_tx; r < port->last_tx; r++) {
			struct netmap_ring *ring = NETMAP_TXRING(port->nif, r);

			while (seq < frames) {
				build(frame, seq, size, vlan);
				if (!put(ring, frame, size))
					break;
				seq++;
			}
		}
	}
	for (r = port->first_tx; r < port->last_tx; r++) {
		struct netmap_ring *ring = NETMAP_TXRING(port->nif, r);
		double end = seconds_now() + PATIENCE_S;

		while (nm_tx_pending(ring) && seconds_now() < end) {
			ioctl(port->fd, NIOCTXSYNC);
			usleep(1000);
		}
		if (nm_tx_pending(ring)) {
			fprintf(stderr, "send: the last frames do not leave ring %u\n", r);
			return 1;
		}
	}
	printf("sent %u frames of %u bytes, %.0f a second\n", seq, size,
	       seq / (seconds_now() - start));
	return 0;
}

/* Gather what @frame holds of a frame. Return: the frame's size, 0 where it is not complete. */
static uint32_t get(struct netmap_ring *ring, uint8_t frame[MAX_SIZE])
{
	uint32_t i = ring->head, size = 0;

	while (i != ring->tail) {
		const struct netmap_slot *slot = &ring->slot[i];
		const uint32_t room = size < MAX_SIZE ? MAX_SIZE - size : 0;
		const uint32_t n = slot->len < room ? slot->len : room;

		memcpy(frame + MAX_SIZE - room, NETMAP_BUF(ring, slot->buf_idx), n);
		size += slot->len;
		i = nm_ring_next(ring, i);
		if (!(slot->flags & NS_MOREFRAG)) {
			ring->head = i;
			ring->cur = i;
			return size;
		}
	}
	return 0;
}

/* The number of one of our frames, or -1 for a frame of somebody else. */
static int64_t seq_of(const uint8_t *frame, uint32_t size)
{
	uint32_t at = 12;

	if (size > MAX_SIZE)
		return -1;
	if (size >= 18 && frame[12] == ETHERTYPE_VLAN >> 8 && frame[13] == (ETHERTYPE_VLAN & 0xff))
		at = 16;
	if (size < at + 6 || frame[at] != ETHERTYPE_TEST >> 8 ||
	    frame[at + 1] != (ETHERTYPE_TEST & 0xff))
		return -1;
	return (int64_t)((uint32_t)frame[at + 2] << 24 | (uint32_t)frame[at + 3] << 16 |
			 (uint32_t)frame[at + 4] << 8 | frame[at + 5]);
}

static int check(const uint8_t *frame, uint32_t size, uint32_t seq, uint32_t wanted_size)
{
	const bool tagged = frame[12] == ETHERTYPE_VLAN >> 8;
	const int vlan = tagged ? frame[14] << 8 | frame[15] : 0;
	uint8_t wanted[MAX_SIZE];

	/* A short frame may have been filled up to the least that Ethernet has. */
	if (wanted_size && size != wanted_size && !(wanted_size < 60 && size == 60)) {
		fprintf(stderr, "receive: frame %u has %u bytes, not %u\n", seq, size, wanted_size);
		return 1;
	}
	build(wanted, seq, size, vlan);
	if (memcmp(frame, wanted, wanted_size ? wanted_size : size)) {
		fprintf(stderr, "receive: frame %u has other bytes than were sent\n", seq);
		return 1;
	}
	return 0;
}

/* @among: others may send our frames again, with other sizes too; what has @size bytes is whole. */
static int do_receive(struct port *port, uint32_t frames, double seconds, uint32_t size, bool among)
{
	const bool in_order = !among && port->last_rx - port->first_rx == 1;
	struct pollfd pfd = { .fd = port->fd, .events = POLLIN };
	const double end = seconds_now() + seconds;
	uint32_t got = 0, others = 0, vlans = 0, r, n;
	uint8_t frame[MAX_SIZE];
	int64_t last = -1;

	printf("ready\n");
	fflush(stdout);
	while (got < frames && seconds_now() < end) {
		if (poll(&pfd, 1, 100) < 0 || pfd.revents & POLLERR) {
			fprintf(stderr, "receive: poll says 0x%x after %u frames\n",
				(unsigned int)pfd.revents, got);
			return 1;
		}
		for (r = port->first_rx; r < port->last_rx; r++) {
			struct netmap_ring *ring = NETMAP_RXRING(port->nif, r);

			while ((n = get(ring, frame))) {
				const int64_t seq = among && n != size ? -1 : seq_of(frame, n);

				others += seq < 0;
				if (seq < 0)
					continue;
				if (check(frame, n, (uint32_t)seq, size))
					return 1;
				if (in_order && seq <= last) {
					fprintf(stderr, "receive: frame %lld after %lld\n",
						(long long)seq, (long long)last);
					return 1;
				}
				last = seq;
				got++;
				vlans += frame[12] == ETHERTYPE_VLAN >> 8;
			}
		}
	}
	/* The last slots go back: a pipe's sender waits for them. */
	ioctl(port->fd, NIOCRXSYNC);
	printf("received %u frames of %u, %u with a VLAN tag, and %u of somebody else\n", got, frames,
	       vlans, others);
	return among ? got < frames : got != frames;
}

/* What has come to @to, from frame @next on. Return: the number after the last; -1: it is not as it was sent. */
static int64_t take_in_order(struct port *to, uint32_t next, uint32_t size)
{
	uint8_t frame[MAX_SIZE];
	uint32_t r, n;

	for (r = to->first_rx; r < to->last_rx; r++) {
		struct netmap_ring *ring = NETMAP_RXRING(to->nif, r);

		while ((n = get(ring, frame))) {
			const int64_t seq = seq_of(frame, n);

			if (seq < 0)
				continue;
			if (seq != next) {
				fprintf(stderr, "pace: frame %lld instead of %u\n", (long long)seq, next);
				return -1;
			}
			if (check(frame, n, next++, size))
				return -1;
		}
	}
	return next;
}

/* One ring to one ring. */
static int do_pace(struct port *from, struct port *to, uint32_t frames, uint32_t size)
{
	struct netmap_ring *ring = NETMAP_TXRING(from->nif, from->first_tx);
	const double start = seconds_now();
	double moved = start;
	uint8_t frame[MAX_SIZE];
	uint32_t sent = 0, received = 0;

	stay_here();
	while (received < frames) {
		const uint32_t before = received + sent;
		int64_t next;

		while (sent < frames && sent - received < PACE) {
			build(frame, sent, size, 0);
			if (!put(ring, frame, size))
				break;
			sent++;
		}
		if (ioctl(from->fd, NIOCTXSYNC) || ioctl(to->fd, NIOCRXSYNC))
			return 1;
		next = take_in_order(to, received, size);
		if (next < 0)
			return 1;
		received = (uint32_t)next;
		if (received + sent != before)
			moved = seconds_now();
		if (seconds_now() > moved + PATIENCE_S) {
			fprintf(stderr, "pace: %u frames sent, and %u came\n", sent, received);
			return 1;
		}
	}
	printf("%u frames of %u bytes came, %.0f a second\n", received, size,
	       received / (seconds_now() - start));
	return 0;
}

/* Move as many frames as fit, by swapping buffers. Return: whether any moved. */
static bool move(struct netmap_ring *from, struct netmap_ring *to)
{
	uint32_t n = nm_ring_space(from), room = nm_ring_space(to), i = from->head, j = to->head;

	n = n < room ? n : room;
	if (!n)
		return false;
	for (; n; n--) {
		struct netmap_slot *s = &from->slot[i], *d = &to->slot[j];
		const uint32_t spare = d->buf_idx;

		d->buf_idx = s->buf_idx;
		d->len = s->len;
		d->flags = NS_BUF_CHANGED | (s->flags & NS_MOREFRAG);
		s->buf_idx = spare;
		s->flags = NS_BUF_CHANGED;
		i = nm_ring_next(from, i);
		j = nm_ring_next(to, j);
	}
	from->head = i;
	from->cur = i;
	to->head = j;
	to->cur = j;
	return true;
}

static void move_all(struct port *a, struct port *b)
{
	uint32_t from = a->first_rx, to = b->first_tx;

	while (from < a->last_rx && to < b->last_tx) {
		struct netmap_ring *rx = NETMAP_RXRING(a->nif, from);
		struct netmap_ring *tx = NETMAP_TXRING(b->nif, to);

		move(rx, tx);
		if (!nm_ring_space(rx))
			from++;
		else
			to++;
	}
}

static int do_bridge(struct port *a, struct port *b, double seconds)
{
	struct pollfd pfd[2] = { { .fd = a->fd, .events = POLLIN },
				 { .fd = b->fd, .events = POLLIN } };
	const double end = seconds_now() + seconds;

	printf("ready\n");
	fflush(stdout);
	while (seconds_now() < end) {
		if (poll(pfd, 2, 100) < 0 || (pfd[0].revents | pfd[1].revents) & POLLERR) {
			fprintf(stderr, "bridge: poll says 0x%x and 0x%x\n",
				(unsigned int)pfd[0].revents, (unsigned int)pfd[1].revents);
			return 1;
		}
		move_all(a, b);
		move_all(b, a);
		ioctl(a->fd, NIOCTXSYNC);
		ioctl(b->fd, NIOCTXSYNC);
	}
	return 0;
}

/* What is done with a slot that has come, and of which kind it is. */
typedef void visit_fn(struct netmap_slot *slot, const uint8_t *frame, unsigned long long counts[2]);

/* What has come goes back, after @visit has seen it. No @visit: it is counted. */
static void drain(const struct port *port, visit_fn *visit, unsigned long long counts[2])
{
	uint32_t r;

	for (r = port->first_rx; r < port->last_rx; r++) {
		struct netmap_ring *ring = NETMAP_RXRING(port->nif, r);

		for (; !nm_ring_empty(ring); ring->head = nm_ring_next(ring, ring->head)) {
			struct netmap_slot *slot = &ring->slot[ring->head];

			if (visit)
				visit(slot, (const uint8_t *)NETMAP_BUF(ring, slot->buf_idx), counts);
			else
				counts[0]++;
		}
		ring->cur = ring->head;
	}
}

static volatile sig_atomic_t told_to_end;

static void tell(int number)
{
	(void)number;
	told_to_end = 1;
}

/* Until so many @frames are counted (0: no number is enough), or somebody says so, or time is up. */
static int do_drain(struct port *port, double seconds, unsigned long long frames, visit_fn *visit,
		    unsigned long long counts[2])
{
	const struct sigaction action = { .sa_handler = tell };
	struct pollfd pfd = { .fd = port->fd, .events = POLLIN };
	const double end = seconds_now() + seconds;
	bool both = false;

	sigaction(SIGTERM, &action, NULL);
	printf("ready\n");
	fflush(stdout);
	while (seconds_now() < end && !told_to_end && (!frames || counts[0] + counts[1] < frames)) {
		if ((poll(&pfd, 1, 100) < 0 && errno != EINTR) || pfd.revents & POLLERR) {
			fprintf(stderr, "poll says 0x%x\n", (unsigned int)pfd.revents);
			return 1;
		}
		drain(port, visit, counts);
		if (!both && counts[0] && counts[1]) {
			both = true;
			printf("both\n");
			fflush(stdout);
		}
	}
	return 0;
}

static int do_count(struct port *port, double seconds, unsigned long long frames)
{
	unsigned long long counts[2] = { 0, 0 };
	const int code = do_drain(port, seconds, frames, NULL, counts);

	printf("counted %llu frames\n", counts[0]);
	return code;
}

static uint32_t ethertype(const uint8_t *frame, uint32_t size)
{
	return size >= HEADER ? (uint32_t)frame[12] << 8 | frame[13] : 0;
}

/* 1 where the frame is TCP over IPv4 with a right checksum, 0 where it is with a wrong one, else -1. */
static int tcp_sum(const uint8_t *frame, uint32_t size)
{
	const uint8_t *ip = frame + HEADER;
	uint32_t header, total, sum, i;

	if (ethertype(frame, size) != ETHERTYPE_IP || size < HEADER + 20 || ip[9] != IPPROTO_TCP)
		return -1;
	header = 4 * (ip[0] & 15u);
	total = (uint32_t)ip[2] << 8 | ip[3];
	if (header < 20 || total < header + 20 || HEADER + total > size)
		return -1;
	/* The pseudo header: both addresses, the protocol, the length. */
	sum = IPPROTO_TCP + total - header;
	for (i = 12; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	for (i = header; i < total; i++)
		sum += (i - header) % 2 ? ip[i] : (uint32_t)ip[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

static void sum_slot(struct netmap_slot *slot, const uint8_t *frame,
		     unsigned long long counts[2])
{
	const int sum = tcp_sum(frame, slot->len);

	if (sum >= 0)
		counts[!sum]++;
}

static int do_sums(struct port *port, double seconds, unsigned long long frames)
{
	unsigned long long counts[2] = { 0, 0 };
	const int code = do_drain(port, seconds, frames, sum_slot, counts);

	printf("TCP checksums: %llu right, %llu wrong\n", counts[0], counts[1]);
	return code;
}

static int do_watch(struct port *port, double seconds)
{
	struct pollfd pfd = { .fd = port->fd, .events = POLLIN | POLLOUT };
	const double end = seconds_now() + seconds;
	unsigned long long counts[2] = { 0, 0 };

	printf("ready\n");
	fflush(stdout);
	while (seconds_now() < end) {
		/* Nothing is sent, so POLLOUT would be there at once: wait for frames only. */
		pfd.events = POLLIN;
		if (poll(&pfd, 1, (int)(seconds * 1000)) > 0 && pfd.revents & POLLERR) {
			if (ioctl(port->fd, NIOCRXSYNC) == 0 || errno != EIO) {
				fprintf(stderr, "watch: POLLERR, but RXSYNC is not refused with EIO\n");
				return 1;
			}
			printf("POLLERR and EIO\n");
			return 0;
		}
		drain(port, NULL, counts);
	}
	fprintf(stderr, "watch: no POLLERR in %.0f s\n", seconds);
	return 1;
}

static bool is_arp_or_icmp(const uint8_t *frame, uint32_t size)
{
	const uint32_t type = ethertype(frame, size);

	return type == ETHERTYPE_ARP ||
	       (type == ETHERTYPE_IP && size >= HEADER + 20 && frame[HEADER + 9] == IPPROTO_ICMP);
}

static void pass_slot(struct netmap_slot *slot, const uint8_t *frame,
		     unsigned long long counts[2])
{
	if (is_arp_or_icmp(frame, slot->len)) {
		slot->flags |= NS_FORWARD;
		counts[0]++;
	} else if (tcp_sum(frame, slot->len) >= 0) {
		counts[1]++;
	}
}

/* The client that partial opening is made for: receive rings only, NR_FORWARD, poll. */
static int do_pass(struct port *port, double seconds)
{
	unsigned long long counts[2] = { 0, 0 };
	uint32_t r;
	int code;

	for (r = port->first_rx; r < port->last_rx; r++)
		NETMAP_RXRING(port->nif, r)->flags |= NR_FORWARD;
	code = do_drain(port, seconds, 0, pass_slot, counts);
	printf("passed %llu frames, lost %llu of TCP\n", counts[0], counts[1]);
	return code;
}

/*
 * A file that is added to an epoll while it is bound to nothing, and for POLLOUT, which it is then
 * told to forget: what wakes its receive rings has to be found all the same.
 */
static int do_epoll(const char *name, double seconds)
{
	struct epoll_event event = { .events = EPOLLOUT };
	struct port port = { .fd = open(NETMAP_DEVICE_NAME, O_RDWR) };
	unsigned long long counts[2] = { 0, 0 };
	const int epoll = epoll_create1(0);
	int tries = 100;

	if (port.fd < 0 || epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, port.fd, &event)) {
		perror("epoll");
		return 1;
	}
	if (epoll_wait(epoll, &event, 1, 0) != 1 || !(event.events & EPOLLERR)) {
		fprintf(stderr, "epoll: no EPOLLERR on a file that is bound to nothing\n");
		return 1;
	}
	if (port_bind(&port, name))
		return 2;
	event.events = EPOLLIN;
	if (epoll_ctl(epoll, EPOLL_CTL_MOD, port.fd, &event)) {
		perror("epoll");
		return 1;
	}
	/*
	 * From here on epoll takes it for idle, and only a wake-up makes it look again. A system
	 * that has IPv6 says a few things on a new interface first.
	 */
	while (epoll_wait(epoll, &event, 1, 0) != 0) {
		if (event.events != EPOLLIN || !tries--) {
			fprintf(stderr, "epoll: 0x%x before anything came\n", event.events);
			return 1;
		}
		drain(&port, NULL, counts);
	}
	printf("ready\n");
	fflush(stdout);
	if (epoll_wait(epoll, &event, 1, (int)(seconds * 1000)) != 1 || event.events != EPOLLIN) {
		fprintf(stderr, "epoll: not woken, or by something else\n");
		return 1;
	}
	return 0;
}

/* newif and delif. */
static int do_interface(const char *name, bool make)
{
	struct nmreq_header head = { .nr_version = NETMAP_API };
	struct nmreq_vale_newif body = { 0 };
	const int fd = open(NETMAP_DEVICE_NAME, O_RDWR);

	head.nr_reqtype = make ? NETMAP_REQ_VALE_NEWIF : NETMAP_REQ_VALE_DELIF;
	head.nr_body = make ? (uintptr_t)&body : 0;
	snprintf(head.nr_name, sizeof(head.nr_name), "%s", name);
	if (fd < 0 || ioctl(fd, NIOCCTRL, &head)) {
		fprintf(stderr, "cannot %s %s: %s\n", make ? "make" : "delete", name,
			strerror(errno));
		return 1;
	}
	close(fd);
	return 0;
}

/* attach and detach: requests on a file that is bound to nothing. */
static int do_switch(const char *name, bool attach, bool host)
{
	struct nmreq_header head = { .nr_version = NETMAP_API };
	struct nmreq_vale_attach in = { .reg.nr_mode = host ? NR_REG_NIC_SW : NR_REG_ALL_NIC };
	struct nmreq_vale_detach out = { 0 };
	const int fd = open(NETMAP_DEVICE_NAME, O_RDWR);

	head.nr_reqtype = attach ? NETMAP_REQ_VALE_ATTACH : NETMAP_REQ_VALE_DETACH;
	head.nr_body = attach ? (uintptr_t)&in : (uintptr_t)&out;
	snprintf(head.nr_name, sizeof(head.nr_name), "%s", name);
	if (fd < 0 || ioctl(fd, NIOCCTRL, &head)) {
		fprintf(stderr, "cannot %s %s: %s\n", attach ? "attach" : "detach", name,
			strerror(errno));
		return 1;
	}
	close(fd);
	return 0;
}

static int bad_use(void)
{
	fprintf(stderr, "usage: traffic send PORT FRAMES [SIZE [VLAN]] | receive PORT FRAMES SECONDS [SIZE] | among PORT FRAMES SECONDS SIZE | pace FROM TO FRAMES SIZE | bridge PORT PORT [SECONDS] | count PORT SECONDS [FRAMES] | sums PORT SECONDS [FRAMES] | watch PORT SECONDS | hold PORT SECONDS | pass PORT SECONDS | epoll PORT SECONDS | attach SWITCH:IF nic|host | detach SWITCH:IF - | newif IF - | delif IF -\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct port port, other;

	if (argc < 4)
		return bad_use();
	if (!strcmp(argv[1], "attach") || !strcmp(argv[1], "detach"))
		return do_switch(argv[2], argv[1][0] == 'a', !strcmp(argv[3], "host"));
	if (!strcmp(argv[1], "newif") || !strcmp(argv[1], "delif"))
		return do_interface(argv[2], argv[1][0] == 'n');
	if (!strcmp(argv[1], "epoll"))
		return do_epoll(argv[2], atof(argv[3]));
	if (port_open(&port, argv[2]))
		return 2;
	if (!strcmp(argv[1], "pass"))
		return do_pass(&port, atof(argv[3]));
	if (!strcmp(argv[1], "send"))
		return do_send(&port, (uint32_t)atoi(argv[3]),
			       argc > 4 ? (uint32_t)atoi(argv[4]) : 60,
			       argc > 5 ? (int)strtol(argv[5], NULL, 0) : 0);
	if (!strcmp(argv[1], "receive") && argc > 4)
		return do_receive(&port, (uint32_t)atoi(argv[3]), atof(argv[4]),
				  argc > 5 ? (uint32_t)atoi(argv[5]) : 0, false);
	if (!strcmp(argv[1], "among") && argc > 5)
		return do_receive(&port, (uint32_t)atoi(argv[3]), atof(argv[4]),
				  (uint32_t)atoi(argv[5]), true);
	if (!strcmp(argv[1], "pace") && argc > 5) {
		if (port_open(&other, argv[3]))
			return 2;
		return do_pace(&port, &other, (uint32_t)atoi(argv[4]), (uint32_t)atoi(argv[5]));
	}
	if (!strcmp(argv[1], "bridge")) {
		if (port_open(&other, argv[3]))
			return 2;
		return do_bridge(&port, &other, argc > 4 ? atof(argv[4]) : 3600);
	}
	if (!strcmp(argv[1], "count"))
		return do_count(&port, atof(argv[3]), argc > 4 ? strtoull(argv[4], NULL, 10) : 0);
	if (!strcmp(argv[1], "sums"))
		return do_sums(&port, atof(argv[3]), argc > 4 ? strtoull(argv[4], NULL, 10) : 0);
	if (!strcmp(argv[1], "watch"))
		return do_watch(&port, atof(argv[3]));
	if (!strcmp(argv[1], "hold")) {
		printf("ready\n");
		fflush(stdout);
		usleep((useconds_t)(atof(argv[3]) * 1e6));
		port_close(&port);
		return 0;
	}
	return bad_use();
}
