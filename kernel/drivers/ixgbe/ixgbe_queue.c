// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Starting and stopping queues of the Intel 82599 over netmap buffers, and receive-side scaling. */
#include "ixgbe_netmap.h"

/* A queue is on or off within 1 ms or so (4.6.7.1, 4.6.8.1); ten times that is a broken device. */
#define SWITCH_STEP_US	100
#define SWITCH_STEPS	100

/*
 * Thresholds of a transmit queue: fetch 32 descriptors when fewer than that are in the device, if the host has 1. Descriptors are not
 * written back in bursts (WTHRESH 0), as only those that we ask for are (7.2.3.4).
 */
#define TXDCTL_THRESHOLDS	(32u << IXGBE_TXDCTL_PTHRESH_SHIFT | 1u << IXGBE_TXDCTL_HTHRESH_SHIFT)

const u8 ixgbe_nm_rss_key[IXGBE_RSS_KEY_SIZE] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

/* Wait until the enable bit of @reg reads as @on. */
static int queue_wait(struct ixgbe_hw *hw, u32 reg, u32 enable, bool on)
{
	u32 step;

	for (step = 0; step < SWITCH_STEPS; step++) {
		if (!(ixgbe_read(hw, reg) & enable) == !on)
			return 0;
		ixgbe_delay_us(hw, SWITCH_STEP_US);
	}
	return -EIO;
}

static size_t ring_bytes(u32 num)
{
	return (size_t)num * IXGBE_DESC_SIZE;
}

const struct nm_port_limits ixgbe_nm_limits = {
	.min_frame = 1,
	.max_frame = IXGBE_MAX_FRAME - 4,	/* the device appends the CRC */
	.max_frags = IXGBE_TX_MAX_CHAIN,
	.rx_buf_unit = 1u << IXGBE_SRRCTL_BSIZE_SHIFT,
	.slots_unit = IXGBE_RING_ALIGN / IXGBE_DESC_SIZE,
};

/* 4.6.8.1 */
int ixgbe_nm_tx_start(struct ixgbe_nm *nm, struct nm_kring *kr)
{
	const u32 i = kr->ring_id;
	struct ixgbe_nm_tx *q = &nm->tx[i];
	int error = nm_os_dma_alloc(nm->device, &q->dma, ring_bytes(kr->num_slots));

	if (error)
		return error;
	q->desc = q->dma.virt;
	q->hw = nm->hw;
	q->num = kr->num_slots;
	q->tail_reg = IXGBE_TDT(i);
	q->num_reports = 0;
	q->first_report = 0;
	ixgbe_write(nm->hw, IXGBE_TDBAL(i), (u32)q->dma.dma);
	ixgbe_write(nm->hw, IXGBE_TDBAH(i), (u32)(q->dma.dma >> 32));
	ixgbe_write(nm->hw, IXGBE_TDLEN(i), (u32)ring_bytes(q->num));
	ixgbe_write(nm->hw, IXGBE_TDH(i), 0);
	ixgbe_write(nm->hw, IXGBE_TDT(i), 0);
	ixgbe_write(nm->hw, IXGBE_TXDCTL(i), TXDCTL_THRESHOLDS | IXGBE_TXDCTL_ENABLE);
	error = queue_wait(nm->hw, IXGBE_TXDCTL(i), IXGBE_TXDCTL_ENABLE, true);
	if (error) {
		ixgbe_write(nm->hw, IXGBE_TXDCTL(i), 0);
		nm_os_dma_free(&q->dma);
		return error;
	}
	kr->driver_data = q;
	return 0;
}

/* What is in the ring and not yet fetched is lost, as in any reset of a queue. */
int ixgbe_nm_tx_stop(struct ixgbe_nm *nm, struct nm_kring *kr)
{
	const u32 i = kr->ring_id;
	int error;

	ixgbe_write(nm->hw, IXGBE_TXDCTL(i), 0);
	error = queue_wait(nm->hw, IXGBE_TXDCTL(i), IXGBE_TXDCTL_ENABLE, false);
	if (!error)
		nm_os_dma_free(&nm->tx[i].dma);
	return error;
}

/*
 * 4.6.7.1. With several queues, a frame that finds no descriptor must not hold up those behind it for other queues, so it is dropped;
 * unless the adapter sends PAUSE, which promises that nothing is lost.
 */
int ixgbe_nm_rx_start(struct ixgbe_nm *nm, struct nm_kring *kr)
{
	const u32 i = kr->ring_id;
	const bool drop = nm->num_queues > 1 && !nm->flow_control;
	struct ixgbe_nm_rx *q = &nm->rx[i];
	u32 size_kb = kr->bufs.size >> IXGBE_SRRCTL_BSIZE_SHIFT;
	u32 slot;
	int error = nm_os_dma_alloc(nm->device, &q->dma, ring_bytes(kr->num_slots));

	if (error)
		return error;
	q->desc = q->dma.virt;
	q->hw = nm->hw;
	q->num = kr->num_slots;
	q->tail_reg = IXGBE_RDT(i);
	for (slot = 0; slot < q->num; slot++) {
		struct nm_slot_view view;

		/* The core made the ring a moment ago, but a client of the region may have scribbled on it. */
		if (!nm_slot_get(&kr->ring->slot[slot], &kr->bufs, &view))
			view.buf_idx = 0;
		q->desc[slot].addr = ixgbe_le64(nm_buf_dma(&kr->bufs, view.buf_idx));
		q->desc[slot].meta = 0;
	}
	if (size_kb > IXGBE_SRRCTL_BSIZE_MAX)
		size_kb = IXGBE_SRRCTL_BSIZE_MAX;
	ixgbe_write(nm->hw, IXGBE_RDBAL(i), (u32)q->dma.dma);
	ixgbe_write(nm->hw, IXGBE_RDBAH(i), (u32)(q->dma.dma >> 32));
	ixgbe_write(nm->hw, IXGBE_RDLEN(i), (u32)ring_bytes(q->num));
	ixgbe_write(nm->hw, IXGBE_RDH(i), 0);
	ixgbe_write(nm->hw, IXGBE_RDT(i), 0);
	ixgbe_write(nm->hw, IXGBE_SRRCTL(i),
		    size_kb | IXGBE_SRRCTL_ADV_ONEBUF | (drop ? IXGBE_SRRCTL_DROP_EN : 0));
	ixgbe_write(nm->hw, IXGBE_RXDCTL(i), IXGBE_RXDCTL_ENABLE);
	error = queue_wait(nm->hw, IXGBE_RXDCTL(i), IXGBE_RXDCTL_ENABLE, true);
	if (error) {
		ixgbe_write(nm->hw, IXGBE_RXDCTL(i), 0);
		nm_os_dma_free(&q->dma);
		return error;
	}
	kr->driver_data = q;
	nm_dma_wmb();
	ixgbe_write(nm->hw, IXGBE_RDT(i), q->num - 1);
	return 0;
}

int ixgbe_nm_rx_stop(struct ixgbe_nm *nm, struct nm_kring *kr)
{
	const u32 i = kr->ring_id;
	int error;

	ixgbe_write(nm->hw, IXGBE_RXDCTL(i), 0);
	error = queue_wait(nm->hw, IXGBE_RXDCTL(i), IXGBE_RXDCTL_ENABLE, false);
	if (error)
		return error;
	/* The device may be writing a frame yet (4.6.7.1.1). */
	ixgbe_delay_us(nm->hw, SWITCH_STEP_US);
	nm_os_dma_free(&nm->rx[i].dma);
	return 0;
}

void ixgbe_nm_rss_init(struct ixgbe_nm *nm, u32 num_queues)
{
	const u32 fields = IXGBE_MRQC_IPV4 | IXGBE_MRQC_TCP_IPV4 | IXGBE_MRQC_UDP_IPV4 |
			   IXGBE_MRQC_IPV6 | IXGBE_MRQC_TCP_IPV6 | IXGBE_MRQC_UDP_IPV6;
	u32 i, j;

	for (i = 0; i < IXGBE_RSS_KEY_SIZE / 4; i++) {
		u32 word = 0;

		for (j = 0; j < 4; j++)
			word |= (u32)ixgbe_nm_rss_key[4 * i + j] << 8 * j;
		ixgbe_write(nm->hw, IXGBE_RSSRK(i), word);
	}
	for (i = 0; i < IXGBE_RETA_ENTRIES / 4; i++) {
		u32 word = 0;

		for (j = 0; j < 4; j++)
			word |= (4 * i + j) % num_queues << 8 * j;
		ixgbe_write(nm->hw, IXGBE_RETA(i), word);
	}
	ixgbe_write(nm->hw, IXGBE_MRQC, num_queues > 1 ? IXGBE_MRQC_RSS | fields : 0);
}
