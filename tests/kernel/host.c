// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the host stack sends and gets, seen by a client of /dev/netmap; and what only the stack can be asked to do.
 *
 *   host wait PORT SECONDS KIND FRAMES  until so many frames of KIND have come to PORT; says how many of each kind did
 *   host unicast PORT FRAMES            send so many of traffic's frames, at most a ring, to one station
 *   host up IF RINGS                    open RINGS host ring pairs of IF, and send a frame up on each
 *   host sctp ADDRESS -                 begin an SCTP association with ADDRESS; nobody need answer
 *   host lro IF -                       whether IF merges received frames (large receive offload)
 *
 * KIND: test (traffic's frames), tagged (VLAN), arp, icmp, udp, esp, esp-plain (with 32 bytes of 0
 * in a row, which cipher text has not), sctp (with a right CRC), sctp-bad (with a wrong one).
 * Exit code 0: as asked, or it does; 1: not, or SECONDS are over; 2: bad use, or it cannot be had here.
 */
#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>

#include "tests/kernel/port.h"

#define HEADER		14
#define TAG		4
#define ETHERTYPE_ARP	0x0806
#define ETHERTYPE_IP	0x0800
#define ETHERTYPE_VLAN	0x8100
#define ETHERTYPE_TEST	0x88b5	/* IEEE 802: local experiments */

enum kind { TEST, TAGGED, ARP, ICMP, UDP, ESP, ESP_PLAIN, SCTP, SCTP_BAD, KINDS };

static const char *const names[KINDS] = { "test", "tagged",    "arp",  "icmp",   "udp",
					  "esp",  "esp-plain", "sctp", "sctp-bad" };

static uint32_t word16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

/* CRC32c (RFC 9260, appendix A), bit by bit: the four bytes at @hole count as 0. */
static uint32_t crc32c(const uint8_t *data, uint32_t len, uint32_t hole)
{
	uint32_t crc = ~0u, i, bit;

	for (i = 0; i < len; i++) {
		crc ^= i - hole < 4 ? 0 : data[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

/* The checksum is the third word of the common header, its lowest byte first. */
static bool sctp_is_right(const uint8_t *packet, uint32_t len)
{
	const uint32_t crc = len < 12 ? 0 : crc32c(packet, len, 8);

	return len >= 12 && packet[8] == (uint8_t)crc && packet[9] == (uint8_t)(crc >> 8) &&
	       packet[10] == (uint8_t)(crc >> 16) && packet[11] == (uint8_t)(crc >> 24);
}

static bool is_plain(const uint8_t *packet, uint32_t len)
{
	uint32_t zeros = 0, i;

	for (i = 0; i < len && zeros < 32; i++)
		zeros = packet[i] ? 0 : zeros + 1;
	return zeros == 32;
}

static void count_ip(const uint8_t *ip, uint32_t len, uint64_t counts[KINDS])
{
	const uint32_t header = 4 * (ip[0] & 15u), total = word16(ip + 2);

	if (header < 20 || total < header || total > len)
		return;
	switch (ip[9]) {
	case IPPROTO_ICMP:
		counts[ICMP]++;
		break;
	case IPPROTO_UDP:
		counts[UDP]++;
		break;
	case IPPROTO_ESP:
		counts[is_plain(ip + header, total - header) ? ESP_PLAIN : ESP]++;
		break;
	case IPPROTO_SCTP:
		counts[sctp_is_right(ip + header, total - header) ? SCTP : SCTP_BAD]++;
		break;
	}
}

static void count(const uint8_t *frame, uint32_t len, uint64_t counts[KINDS])
{
	uint32_t at = HEADER;

	if (len < HEADER + TAG)
		return;
	if (word16(frame + 12) == ETHERTYPE_VLAN) {
		counts[TAGGED]++;
		at += TAG;
	}
	if (word16(frame + at - 2) == ETHERTYPE_ARP)
		counts[ARP]++;
	else if (word16(frame + at - 2) == ETHERTYPE_TEST)
		counts[TEST]++;
	else if (word16(frame + at - 2) == ETHERTYPE_IP && len >= at + 20)
		count_ip(frame + at, len - at, counts);
}

static volatile sig_atomic_t told_to_end;

static void tell(int number)
{
	(void)number;
	told_to_end = 1;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* SIGTERM: no more will come. */
static int do_wait(const char *name, double seconds, const char *kind_name, uint64_t wanted)
{
	const struct sigaction action = { .sa_handler = tell };
	const double end = seconds_now() + seconds;
	uint64_t counts[KINDS] = { 0 };
	int kind = 0, i;
	struct port port;
	struct pollfd pfd;
	uint32_t r;

	while (kind < KINDS && strcmp(names[kind], kind_name))
		kind++;
	if (kind == KINDS || port_open(&port, name))
		return 2;
	sigaction(SIGTERM, &action, NULL);
	pfd = (struct pollfd){ .fd = port.fd, .events = POLLIN };
	printf("ready\n");
	fflush(stdout);
	while (counts[kind] < wanted && seconds_now() < end && !told_to_end) {
		if ((poll(&pfd, 1, 100) < 0 && errno != EINTR) || pfd.revents & POLLERR) {
			fprintf(stderr, "host: poll says 0x%x\n", (unsigned int)pfd.revents);
			return 1;
		}
		for (r = port.first_rx; r < port.last_rx; r++) {
			struct netmap_ring *ring = NETMAP_RXRING(port.nif, r);

			for (; !nm_ring_empty(ring); ring->head = nm_ring_next(ring, ring->head)) {
				const struct netmap_slot *slot = &ring->slot[ring->head];

				count((const uint8_t *)NETMAP_BUF(ring, slot->buf_idx), slot->len,
				      counts);
			}
			ring->cur = ring->head;
		}
	}
	for (i = 0; i < KINDS; i++)
		printf("%s=%llu ", names[i], (unsigned long long)counts[i]);
	printf("\n");
	return counts[kind] < wanted;
}

/* Puts a frame of 60 bytes into the slot at head, and moves on. */
static void put(struct netmap_ring *ring, const char *destination)
{
	struct netmap_slot *slot = &ring->slot[ring->head];
	uint8_t *frame = (uint8_t *)NETMAP_BUF(ring, slot->buf_idx);

	memset(frame, 0, 60);
	memcpy(frame, destination, 6);
	memcpy(frame + 6, "\x02\x00\x00\x00\x00\x01", 6);
	frame[12] = ETHERTYPE_TEST >> 8;
	frame[13] = ETHERTYPE_TEST & 0xff;
	slot->len = 60;
	ring->head = nm_ring_next(ring, ring->head);
	ring->cur = ring->head;
}

static int do_unicast(const char *name, uint32_t frames)
{
	struct netmap_ring *ring;
	struct port port;
	uint32_t i;

	if (port_open(&port, name))
		return 2;
	ring = NETMAP_TXRING(port.nif, port.first_tx);
	if (nm_ring_space(ring) < frames)
		return 1;
	for (i = 0; i < frames; i++)
		put(ring, "\x02\x00\x00\x00\x00\x09");
	do {
		if (ioctl(port.fd, NIOCTXSYNC))
			return 1;
	} while (nm_tx_pending(ring));
	port_close(&port);
	return 0;
}

static int do_up(const char *name, uint16_t rings)
{
	struct port port = { .fd = open(NETMAP_DEVICE_NAME, O_RDWR) };
	struct nmreq_header head = { .nr_version = NETMAP_API, .nr_reqtype = NETMAP_REQ_REGISTER };
	uint32_t i;

	snprintf(head.nr_name, sizeof(head.nr_name), "%s", name);
	port.reg.nr_mode = NR_REG_SW;
	port.reg.nr_host_tx_rings = rings;
	port.reg.nr_host_rx_rings = rings;
	head.nr_body = (uintptr_t)&port.reg;
	if (port.fd < 0 || ioctl(port.fd, NIOCCTRL, &head) || port_map(&port, name))
		return 2;
	if (port.last_tx - port.first_tx != rings)
		return 1;
	for (i = port.first_tx; i < port.last_tx; i++)
		put(NETMAP_TXRING(port.nif, i), "\xff\xff\xff\xff\xff\xff");
	if (ioctl(port.fd, NIOCTXSYNC))
		return 1;
	for (i = port.first_tx; i < port.last_tx; i++) {
		if (nm_tx_pending(NETMAP_TXRING(port.nif, i)))
			return 1;
	}
	port_close(&port);
	return 0;
}

static int do_sctp(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(5003) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_SCTP);

	if (fd < 0 || !inet_aton(address, &to.sin_addr)) {
		perror("host: sctp");
		return 2;
	}
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) && errno != EINPROGRESS) {
		perror("host: connect");
		return 1;
	}
	/* The first chunk has left; a socket that is closed would be quiet. */
	usleep(100000);
	close(fd);
	return 0;
}

static int do_lro(const char *name)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GFLAGS };
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq request = { .ifr_data = (char *)&value };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &request)) {
		perror("host: ethtool");
		return 2;
	}
	return !(value.data & ETH_FLAG_LRO);
}

int main(int argc, char **argv)
{
	if (argc == 6 && !strcmp(argv[1], "wait"))
		return do_wait(argv[2], atof(argv[3]), argv[4], strtoull(argv[5], NULL, 10));
	if (argc == 4 && !strcmp(argv[1], "unicast"))
		return do_unicast(argv[2], (uint32_t)atoi(argv[3]));
	if (argc == 4 && !strcmp(argv[1], "up"))
		return do_up(argv[2], (uint16_t)atoi(argv[3]));
	if (argc == 4 && !strcmp(argv[1], "sctp"))
		return do_sctp(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "lro"))
		return do_lro(argv[2]);
	fprintf(stderr, "usage: host wait PORT SECONDS KIND FRAMES | unicast PORT FRAMES | up IF RINGS | sctp ADDRESS - | lro IF -\n");
	return 2;
}
