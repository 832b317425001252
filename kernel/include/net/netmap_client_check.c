// SPDX-License-Identifier: BSD-2-Clause
/*
 * A client as programs in the field are written: public names only, in the
 * subset that is both C11 and C++20. The test compiles it in both languages,
 * runs it on a region that it made, and drives its requests through the sizes
 * that the ioctl numbers promise.
 */
#include "kernel/include/net/netmap_client_check.h"

#include <net/netmap.h>
#include <net/netmap_user.h>

int netmap_client_reflect(struct netmap_if *nifp)
{
	struct netmap_ring *rx = NETMAP_RXRING(nifp, 0);
	struct netmap_ring *tx = NETMAP_TXRING(nifp, 0);
	int frames = 0;

	while (!nm_ring_empty(rx) && nm_ring_space(tx) > 0) {
		struct netmap_slot *from = &rx->slot[rx->cur];
		struct netmap_slot *to = &tx->slot[tx->cur];
		uint32_t spare = to->buf_idx;

		to->buf_idx = from->buf_idx;
		to->len = from->len;
		to->flags |= NS_BUF_CHANGED;
		from->buf_idx = spare;
		from->flags |= NS_BUF_CHANGED;
		rx->head = rx->cur = nm_ring_next(rx, rx->cur);
		tx->head = tx->cur = nm_ring_next(tx, tx->cur);
		frames++;
	}
	return frames;
}

int netmap_client_send_copy(struct netmap_if *nifp, const void *frame, int len)
{
	unsigned int i;

	for (i = 0; i < nifp->ni_tx_rings + nifp->ni_host_tx_rings; i++) {
		struct netmap_ring *ring = NETMAP_TXRING(nifp, i);
		struct netmap_slot *slot;
		char *buf;

		if (!ring || nm_ring_empty(ring))
			continue;
		slot = &ring->slot[ring->head];
		buf = NETMAP_BUF_OFFSET(ring, slot);
		if (NETMAP_BUF_IDX(ring, buf) != slot->buf_idx)
			return -1;
		nm_pkt_copy(frame, buf, len);
		slot->len = (uint16_t)len;
		slot->flags |= NS_REPORT;
		ring->head = ring->cur = nm_ring_next(ring, ring->head);
		return (int)i;
	}
	return -1;
}

unsigned long netmap_client_requests(const char *name)
{
	struct nmreq_header hdr;
	struct nmreq_register reg;
	struct nmreq_opt_csb csb;
	struct nmreq legacy;
	unsigned long bytes;

	memset(&hdr, 0, sizeof(hdr));
	memset(&reg, 0, sizeof(reg));
	memset(&csb, 0, sizeof(csb));
	memset(&legacy, 0, sizeof(legacy));
	hdr.nr_version = NETMAP_API;
	hdr.nr_reqtype = NETMAP_REQ_REGISTER;
	strncpy(hdr.nr_name, name, sizeof(hdr.nr_name) - 1);
	reg.nr_mode = NR_REG_ONE_NIC;
	reg.nr_ringid = 3;
	reg.nr_flags = NR_RX_RINGS_ONLY | NR_EXCLUSIVE;
	csb.nro_opt.nro_reqtype = NETMAP_REQ_OPT_CSB;
	hdr.nr_body = (uintptr_t)&reg;
	hdr.nr_options = (uintptr_t)&csb;
	strncpy(legacy.nr_name, name, sizeof(legacy.nr_name) - 1);
	legacy.nr_version = NETMAP_API;
	legacy.nr_ringid = NETMAP_HW_RING | 3 | NETMAP_NO_TX_POLL;
	legacy.nr_flags = NR_REG_ONE_NIC;

	/* The size that each number carries: what the kernel will copy. */
	bytes = _IOC_SIZE(NIOCCTRL) == sizeof(hdr) ? sizeof(hdr) : 0;
	bytes += _IOC_SIZE(NIOCREGIF) == sizeof(legacy) ? sizeof(legacy) : 0;
	bytes += _IOC_SIZE(NIOCGINFO) == sizeof(legacy) ? sizeof(legacy) : 0;
	return bytes + (hdr.nr_body && hdr.nr_options ? reg.nr_ringid : 0);
}
