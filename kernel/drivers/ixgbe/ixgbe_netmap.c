// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The netmap data path of the Intel 82599: transmit and receive sync.
 *
 * Slot i of a ring is descriptor i of its queue: both start at 0, and both only ever move together. So no index is translated,
 * and a slot's descriptor is rewritten whole each time, which makes a buffer that the client swapped no case of its own.
 */
#include "ixgbe_netmap.h"

/* Without the CRC, which the device appends. */
#define TX_MAX_LEN	(IXGBE_MAX_FRAME - 4)

#define TXD_FRAME	(IXGBE_TXD_DTYP_DATA | IXGBE_TXD_DEXT | IXGBE_TXD_IFCS | IXGBE_TXD_EOP)
#define TXD_FRAGMENT	(IXGBE_TXD_DTYP_DATA | IXGBE_TXD_DEXT | IXGBE_TXD_IFCS)

static inline void tx_desc_put(struct ixgbe_tx_desc *d, u64 dma, u64 meta)
{
	d->addr = ixgbe_le64(dma);
	d->meta = ixgbe_le64(meta);
}

/*
 * Advance hwtail over the frames that the device reported. Reports come in order, so the first that is missing ends the search; a
 * report covers every descriptor before its own.
 */
static void tx_reclaim(struct nm_kring *kr, struct ixgbe_nm_tx *q)
{
	while (q->num_reports) {
		const u32 i = q->reports[q->first_report];

		if (!(ixgbe_meta_read(&q->desc[i].meta) & IXGBE_TXD_DD))
			break;
		/* Slot i itself becomes the one that stays empty. */
		kr->hwtail = i;
		q->first_report = (q->first_report + 1) & (IXGBE_NM_REPORTS - 1);
		q->num_reports--;
	}
}

/* Ask for a report on descriptor @i, the last of a frame. */
static void tx_report(struct ixgbe_nm_tx *q, u32 i)
{
	u32 last = (q->first_report + q->num_reports - 1) & (IXGBE_NM_REPORTS - 1);

	if (q->num_reports && q->reports[last] == i)
		return;
	/* Where there is no room the newest is replaced: the later report covers it. */
	if (q->num_reports < IXGBE_NM_REPORTS) {
		q->num_reports++;
		last = (last + 1) & (IXGBE_NM_REPORTS - 1);
	}
	q->reports[last] = i;
	q->desc[i].meta |= ixgbe_le64(IXGBE_TXD_RS);
}

/*
 * The slots that the loop of tx_run() leaves alone: a frame of several slots, or one with a flag, or shorter than the device takes.
 * Only whole frames are given to the device (7.2.1.1), so a frame whose end is not there yet is left for the next sync.
 *
 * Return: the number of slots taken; 0 to stop here.
 */
static u32 tx_slow(struct nm_kring *kr, struct ixgbe_nm_tx *q, u32 first)
{
	const struct nm_bufs bufs = kr->bufs;
	const u32 lim = kr->num_slots - 1;
	struct nm_slot_view view;
	u32 i = first, slots = 0;
	u64 payload = 0;
	bool report = false;

	/* Descriptors first, all of them: the loads are the only look at slots that a client may be writing to. */
	do {
		struct netmap_slot *slot = &kr->ring->slot[i];

		if (i == kr->rhead)
			return 0;
		if (slots == IXGBE_TX_MAX_CHAIN || !nm_slot_get(slot, &bufs, &view)) {
			nm_slot_refuse(kr, i);
			return 0;
		}
		/* A frame that is too short is sent with what follows it in its last buffer. */
		if (!(view.flags & NS_MOREFRAG) && payload + view.len < IXGBE_TX_MIN_LEN)
			view.len = (u16)(IXGBE_TX_MIN_LEN - payload);
		tx_desc_put(&q->desc[i], nm_buf_dma(&bufs, view.buf_idx), TXD_FRAGMENT | view.len);
		payload += view.len;
		report |= view.flags & NS_REPORT;
		if (view.flags & (NS_BUF_CHANGED | NS_REPORT))
			nm_slot_clear_flags(slot, &view, NS_BUF_CHANGED | NS_REPORT);
		if (!view.len || payload > TX_MAX_LEN) {
			nm_slot_refuse(kr, i);
			return 0;
		}
		slots++;
		i = nm_next(i, lim);
	} while (view.flags & NS_MOREFRAG);

	i = nm_prev(i, lim);
	q->desc[first].meta |= ixgbe_le64(payload << IXGBE_TXD_PAYLEN_SHIFT);
	q->desc[i].meta |= ixgbe_le64(IXGBE_TXD_EOP);
	if (report)
		tx_report(q, i);
	return slots;
}

/*
 * Fill descriptors @i to @end - 1 from their slots.
 *
 * Length and flags are compared as one word: any flag makes it larger than every length, and a length below the minimum wraps
 * around, so that one comparison passes what the fast path can send.
 *
 * Return: the first slot that was not taken.
 */
static u32 tx_run(const struct nm_kring *kr, struct ixgbe_tx_desc *desc, u32 i, u32 end)
{
	const struct nm_bufs bufs = kr->bufs;
	struct netmap_slot *slots = kr->ring->slot;
	const u32 max_len = bufs.size < TX_MAX_LEN ? bufs.size : TX_MAX_LEN;

	for (; i < end; i++) {
		struct nm_slot_view view;
		u32 len_flags;

		if (nm_unlikely(!nm_slot_get(&slots[i], &bufs, &view)))
			break;
		len_flags = view.len | (u32)(view.flags & ~NS_BUF_CHANGED) << 16;
		if (nm_unlikely(len_flags - IXGBE_TX_MIN_LEN > max_len - IXGBE_TX_MIN_LEN))
			break;
		if (view.flags)
			nm_slot_clear_flags(&slots[i], &view, NS_BUF_CHANGED);
		tx_desc_put(&desc[i], nm_buf_dma(&bufs, view.buf_idx),
			    TXD_FRAME | view.len | (u64)view.len << IXGBE_TXD_PAYLEN_SHIFT);
	}
	return i;
}

int ixgbe_nm_txsync(struct nm_kring *kr, int flags)
{
	struct ixgbe_nm_tx *q = kr->driver_data;
	const u32 n = kr->num_slots;
	const u32 head = kr->rhead;
	u32 i = kr->hwcur;
	u32 unreported = 0;

	while (i != head) {
		const u32 room = IXGBE_NM_TX_PIECE - unreported;
		const u32 start = i;
		u32 end = head > i ? head : n;

		if (end - i > room)
			end = i + room;
		i = tx_run(kr, q->desc, i, end);
		unreported += i - start;
		if (nm_unlikely(i != end)) {
			const u32 taken = tx_slow(kr, q, i);

			if (!taken)
				break;
			i += taken;
			unreported += taken;
		}
		if (i >= n)
			i -= n;
		if (unreported >= IXGBE_NM_TX_PIECE) {
			tx_report(q, nm_prev(i, n - 1));
			unreported = 0;
		}
	}
	if (i != kr->hwcur) {
		if (unreported)
			tx_report(q, nm_prev(i, n - 1));
		kr->hwcur = i;
		/* The descriptors are in memory before the device hears of them. */
		nm_dma_wmb();
		ixgbe_write(q->hw, q->tail_reg, i);
	}
	/* Lazily, when little is left: each look may miss the cache. */
	if (flags & NM_SYNC_RECLAIM || nm_dist(kr->hwcur, kr->hwtail, n) < n / 2)
		tx_reclaim(kr, q);
	return 0;
}

/*
 * Put what came in into slots, from @i on, until a descriptor that is not done. A slot's flags say whether its frame goes on.
 *
 * Return: the first slot that did not get a whole frame. What there is of a frame whose end is missing is looked at again next time.
 */
static u32 rx_import(struct nm_kring *kr, const struct ixgbe_rx_desc *desc, u32 i, u32 last)
{
	struct netmap_slot *slots = kr->ring->slot;
	u32 whole = i;

	while (i != last) {
		const u64 meta = ixgbe_meta_read(&desc[i].meta);

		if (!(meta & IXGBE_RXD_DD))
			break;
		nm_slot_put(&slots[i], (u16)(meta >> IXGBE_RXD_LEN_SHIFT),
			    meta & IXGBE_RXD_EOP ? 0 : NS_MOREFRAG);
		i = i + 1 == kr->num_slots ? 0 : i + 1;
		if (nm_likely(meta & IXGBE_RXD_EOP))
			whole = i;
	}
	return whole;
}

/*
 * Give the slots from @i to @end - 1 back: the device has overwritten the address, and DD has to be clear.
 * Return: the first slot that was refused, or @end.
 */
static u32 rx_release(const struct nm_kring *kr, struct ixgbe_rx_desc *desc, u32 i, u32 end)
{
	const struct nm_bufs bufs = kr->bufs;
	struct netmap_slot *slots = kr->ring->slot;

	for (; i < end; i++) {
		struct nm_slot_view view;

		if (nm_unlikely(!nm_slot_get(&slots[i], &bufs, &view)))
			break;
		if (nm_unlikely(view.flags & NS_BUF_CHANGED))
			nm_slot_clear_flags(&slots[i], &view, NS_BUF_CHANGED);
		desc[i].addr = ixgbe_le64(nm_buf_dma(&bufs, view.buf_idx));
		desc[i].meta = 0;
	}
	return i;
}

int ixgbe_nm_rxsync(struct nm_kring *kr, int flags)
{
	struct ixgbe_nm_rx *q = kr->driver_data;
	const u32 n = kr->num_slots;
	const u32 head = kr->rhead;
	u32 i = kr->hwcur;

	(void)flags;
	/* The device never gets the slot before hwcur, so what is done ends before it. */
	kr->hwtail = rx_import(kr, q->desc, kr->hwtail, nm_prev(i, n - 1));
	if (i == head)
		return 0;
	while (i != head) {
		const u32 end = head > i ? head : n;

		i = rx_release(kr, q->desc, i, end);
		if (nm_unlikely(i != end)) {
			nm_slot_refuse(kr, i);
			break;
		}
		if (i == n)
			i = 0;
	}
	kr->hwcur = i;
	/* The tail register names the first descriptor that is not the device's: one before hwcur, so that one slot stays empty. */
	nm_dma_wmb();
	ixgbe_write(q->hw, q->tail_reg, nm_prev(i, n - 1));
	return 0;
}

static int nm_switch(struct ixgbe_nm *nm, struct nm_kring *kr, bool on)
{
	if (kr->dir == NM_TX)
		return on ? ixgbe_nm_tx_start(nm, kr) : ixgbe_nm_tx_stop(nm, kr);
	return on ? ixgbe_nm_rx_start(nm, kr) : ixgbe_nm_rx_stop(nm, kr);
}

/*
 * Queues are started first: only that can fail for want of memory, and what was started before is stopped again. A queue that will
 * not stop is an error of the device, which a reset has to cure. Those that did stop are started again: the core takes all of them for
 * running, as it does wherever reg fails, and will ask again.
 */
int ixgbe_nm_reg(struct nm_port *port)
{
	struct ixgbe_nm *nm = nm_port_data(port);
	int error = 0;
	u32 done, i;

	for (done = 0; done < 2 * nm->num_queues && !error; done++) {
		struct nm_kring *kr = nm_port_ring(port, done & 1 ? NM_TX : NM_RX, done / 2);

		if (nm_kring_pending(kr) && kr->pending_on)
			error = nm_switch(nm, kr, true);
	}
	/* The last one that was tried has failed, and has left nothing behind. */
	for (i = 0; error && i + 1 < done; i++) {
		struct nm_kring *kr = nm_port_ring(port, i & 1 ? NM_TX : NM_RX, i / 2);

		if (nm_kring_pending(kr) && kr->pending_on)
			nm_switch(nm, kr, false);
	}
	if (error)
		return error;
	for (done = 0; done < 2 * nm->num_queues && !error; done++) {
		struct nm_kring *kr = nm_port_ring(port, done & 1 ? NM_TX : NM_RX, done / 2);

		if (nm_kring_pending(kr) && !kr->pending_on)
			error = nm_switch(nm, kr, false);
	}
	for (i = 0; error && i + 1 < done; i++) {
		struct nm_kring *kr = nm_port_ring(port, i & 1 ? NM_TX : NM_RX, i / 2);

		if (nm_kring_pending(kr) && !kr->pending_on)
			nm_switch(nm, kr, true);
	}
	return error;
}
