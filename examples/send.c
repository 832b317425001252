/* SPDX-License-Identifier: BSD-2-Clause */
/* Sends a million frames on a simulated line of 10 Gbit/s. cc -O2 send.c $(pkg-config --cflags --libs netmap_hosted) -o send */
#include <stdio.h>
#include <string.h>

#include <net/netmap_user.h>
#include <netmap_hosted.h>
#include <nmh_driver.h>

int main(void)
{
	const struct nmh_driver *driver = nmh_driver_find("sim", 3);
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC };
	struct nmreq_header hdr = { NETMAP_API, NETMAP_REQ_REGISTER, .nr_name = "nic", .nr_body = (uintptr_t)&reg };
	struct nmh_port_stats stats;
	struct nmh_port *nic;
	struct nmh_fd *fd;
	struct nmh *world;
	long sent = 0;

	if (nmh_create(&(struct nmh_config){ 0 }, &world) ||
	    nmh_port_create(world, driver, &(struct nmh_port_request){ .name = "nic" }, &nic, NULL) ||
	    nmh_open(world, &fd) || nmh_ioctl(fd, NIOCCTRL, &hdr))
		return 1;
	struct netmap_ring *ring = NETMAP_TXRING(NETMAP_IF(nmh_mmap(fd, NULL), reg.nr_offset), 0);

	while (sent < 1000000) {
		for (; !nm_ring_empty(ring); ring->head = ring->cur = nm_ring_next(ring, ring->head), sent++) {
			memset(NETMAP_BUF(ring, ring->slot[ring->head].buf_idx), 0xff, 60);
			ring->slot[ring->head].len = 60; /* without the CRC */
		}
		nmh_txsync(fd);
	}
	nmh_port_read_stats(nic, &stats);
	printf("%ld frames queued, %llu of them on the wire by now\n", sent, (unsigned long long)stats.tx_frames);
	nmh_close(fd);
	nmh_port_destroy(nic);
	nmh_destroy(world);
	return 0;
}
