// SPDX-License-Identifier: BSD-2-Clause
/*
 * The receive engine: takes frames off the cable once their last bit is in, chooses a queue, and writes them to its buffers.
 *
 * A frame whose queue has no descriptor is dropped if the queue says so (DROP_EN); else it waits in the packet buffer, and holds up
 * all frames behind it, whatever their queue: the buffer is first in, first out. A frame that finds the buffer full is missed.
 * With flow control, a buffer that is full to the high mark stops the peer's wire, at that frame, and starts it again when it has
 * emptied to the low mark.
 *
 * The engine runs when a thread receives, or when the cable is full. Descriptors are returned only at these times, so it is correct to
 * process the frames since the last time, in order, with the descriptors of that time.
 */
#include "sim.h"

#define PREFETCH_FRAMES	8u

/*
 * As long as no more than this has come in that waits, it may stay in the cable's cells, where it counts as the packet buffer's: a copy
 * less, where a receiver gives its descriptors back a little late. Far below every mark of flow control.
 */
#define HELD_CELLS	1024u

enum rx_result {
	RX_DONE,
	RX_DROPPED,
	RX_WAIT,
};

/* What a run works with. @filled: queues that got a frame, as bits. */
struct rx_run {
	struct ixgbe_hw *hw;
	u64 frames;
	u64 bytes;
	u64 missed;
	u32 filled;
	bool receiving;
	struct nmh_dma_window window;
};

static u8 *rx_memory(struct rx_run *run, u64 dma, u32 len)
{
	u8 *data = nmh_dma_at(&run->window, dma, len);

	if (nm_likely(data != NULL))
		return data;
	if (nmh_dma_find(run->hw->os, dma, &run->window))
		data = nmh_dma_at(&run->window, dma, len);
	if (!data)
		sim_bug(run->hw, "a receive descriptor points at a buffer of %u bytes at device address 0x%llx, which is not completely in the device's memory",
			len, dma);
	return data;
}

static u32 rx_free(const struct sim_rx_queue *q)
{
	return nm_dist(q->head, nm_load_acquire(&q->tail), q->num);
}

static bool rx_check(struct rx_run *run, const struct sim_rx_queue *q, u32 i)
{
	const u32 queue = (u32)(q - run->hw->rx.queue);
	const struct ixgbe_rx_desc *d = &q->desc[i];

	if (run->hw->strict && (q->shadow[i].addr != d->addr || q->shadow[i].meta != d->meta))
		sim_bug(run->hw, "receive queue %u: descriptor %u was changed while the device owned it", queue, i);
	else if (d->meta & IXGBE_RXD_DD)
		sim_bug(run->hw, "receive queue %u: the tail passed descriptor %u, which is done (DD) and was not rewritten", queue, i);
	else
		return true;
	return false;
}

/* One fragment to one descriptor. A descriptor that is wrong is written back all the same; its data goes nowhere. */
static void rx_write(struct rx_run *run, struct sim_rx_queue *q, const u8 *data, u32 len, bool eop,
		     u64 rss)
{
	struct ixgbe_rx_desc *d = &q->desc[q->head];
	u8 *to = NULL;

	if (rx_check(run, q, q->head))
		to = rx_memory(run, d->addr, q->buf_size);
	if (to)
		sim_copy(to, data, len);
	d->addr = rss;
	/* Release: data first, then the rest of the descriptor, then this word, which has DD. */
	nm_store_release(&d->meta, IXGBE_RXD_DD | (eop ? IXGBE_RXD_EOP : 0) |
				   (u64)len << IXGBE_RXD_LEN_SHIFT);
	nm_write_once(q->head, nm_next(q->head, q->num - 1));
}

static enum rx_result rx_deliver(struct rx_run *run, const u8 *data, u32 len)
{
	struct sim_rx *rx = &run->hw->rx;
	const u32 mrqc = sim_reg(run->hw, IXGBE_MRQC);
	struct sim_rx_queue *q = &rx->queue[0];
	u64 rss = 0;
	u32 need, at;

	if (!run->receiving) {
		run->missed++;
		return RX_DROPPED;
	}
	if (mrqc & IXGBE_MRQC_RSS) {
		u32 hash;
		const u32 type = sim_rss_frame(&rx->rss, mrqc, data, len, &hash);

		rss = type | (u64)hash << IXGBE_RXD_HASH_SHIFT;
		if (type != IXGBE_RXD_RSS_NONE)
			q = &rx->queue[rx->reta[hash % IXGBE_RETA_ENTRIES]];
	}
	if (!q->enabled) {
		run->missed++;
		return RX_DROPPED;
	}
	need = len <= q->buf_size ? 1 : (len + q->buf_size - 1) / q->buf_size;
	if (nm_unlikely(rx_free(q) < need)) {
		if (!q->drop && need < q->num)
			return RX_WAIT;
		nm_write_once(q->dropped, q->dropped + 1);
		return RX_DROPPED;
	}
	for (at = 0; at + q->buf_size < len; at += q->buf_size)
		rx_write(run, q, data + at, q->buf_size, false, rss);
	rx_write(run, q, data + at, len - at, true, rss);
	run->filled |= 1u << (q - rx->queue);
	run->frames++;
	run->bytes += len + SIM_CRC;
	return RX_DONE;
}

/* Where a run along the cable stands. */
struct rx_cursor {
	u64 read;
	u64 cells_read;
	u32 cell;
};

/*
 * The common case: one queue, with descriptors @i to @end - 1, and frames that fit into one buffer. Takes frames from the cable as far
 * as that goes. Return: the first descriptor that was not filled.
 */
static u32 rx_burst(struct rx_run *run, struct sim_rx_queue *q, u32 i, u32 end, u64 written, u64 wire,
		    struct rx_cursor *cursor)
{
	const struct sim_fifo *cable = &run->hw->rx.cable;
	const struct nmh_dma_window window = run->window;
	const uintptr_t memory = (uintptr_t)window.memory - window.dma;
	const u32 buf_size = q->buf_size;
	const u64 reach = window.size - buf_size;
	struct ixgbe_rx_desc *desc = q->desc;
	struct rx_cursor at = *cursor;
	u64 bytes = 0;

	if (window.size < buf_size)
		return i;
	for (; i < end && at.read != written; i++) {
		const u64 header = cable->headers[at.read & cable->header_mask];
		const u32 len = (u32)(header & SIM_LEN_MASK), cells = sim_cells(len);
		const u64 offset = desc[i].addr - window.dma;

		if (!sim_before(header, wire) || len > buf_size || offset > reach ||
		    desc[i].meta & IXGBE_RXD_DD)
			break;
		/* A wild address costs nothing: a prefetch is no access. */
		if (nm_likely(i + PREFETCH_FRAMES < end))
			nm_prefetch_write((void *)(memory + desc[i + PREFETCH_FRAMES].addr));
		/* Another core wrote the cells; not those that it may be writing, which would only take them away from it. */
		if (nm_likely(at.read + PREFETCH_FRAMES < written))
			nm_prefetch(sim_fifo_cell(cable, at.cell + PREFETCH_FRAMES * cells));
		sim_copy(window.memory + offset, sim_fifo_cell(cable, at.cell), len);
		desc[i].addr = 0;
		/* As in rx_write(). */
		nm_store_release(&desc[i].meta, IXGBE_RXD_DD | IXGBE_RXD_EOP |
						(u64)len << IXGBE_RXD_LEN_SHIFT);
		at.cell = sim_fifo_next(cable, at.cell, cells);
		at.cells_read += cells;
		at.read++;
		bytes += len + SIM_CRC;
	}
	if (at.read != cursor->read) {
		run->frames += at.read - cursor->read;
		run->bytes += bytes;
		run->filled |= 1u << (q - run->hw->rx.queue);
		*cursor = at;
	}
	return i;
}

static void rx_burst_ring(struct rx_run *run, struct sim_rx_queue *q, u64 written, u64 wire,
			  struct rx_cursor *cursor)
{
	const u32 tail = nm_load_acquire(&q->tail);
	u32 i = q->head;

	while (i != tail) {
		const u32 end = tail > i ? tail : q->num;

		i = rx_burst(run, q, i, end, written, wire, cursor);
		if (i != end)
			break;
		if (i == q->num)
			i = 0;
	}
	nm_write_once(q->head, i);
}

/* Bytes of a mark in a flow-control register, as cells. */
static u32 mark_cells(u32 reg)
{
	return (reg & IXGBE_FCRT_MASK) / SIM_CELL;
}

static bool pause_is_on(const struct ixgbe_hw *hw)
{
	return sim_reg(hw, IXGBE_FCCFG) & IXGBE_FCCFG_TFCE_802_3X &&
	       sim_reg(hw, IXGBE_FCRTH(0)) & IXGBE_FCRTH_FCEN && hw->peer &&
	       sim_reg(hw->peer, IXGBE_MFLCN) & IXGBE_MFLCN_RFCE;
}

static u32 buffer_cells(const struct sim_rx *rx)
{
	return (u32)(rx->buffer.cells_written - rx->buffer.cells_read);
}

/* The frame of @header waits. With flow control its end may be where the wire stops. */
static void rx_keep(struct rx_run *run, const u8 *data, u64 header)
{
	struct sim_rx *rx = &run->hw->rx;
	struct sim_fifo *buffer = &rx->buffer;
	const u32 len = (u32)(header & SIM_LEN_MASK), cells = sim_cells(len);

	if (sim_fifo_room(buffer) < cells) {
		run->missed++;
		return;
	}
	memcpy(sim_fifo_cell(buffer, buffer->cell_in), data, len);
	buffer->headers[buffer->written & buffer->header_mask] = header;
	buffer->cell_in = sim_fifo_next(buffer, buffer->cell_in, cells);
	buffer->cells_written += cells;
	buffer->written++;
	if (!rx->frozen_at && pause_is_on(run->hw) &&
	    buffer_cells(rx) > mark_cells(sim_reg(run->hw, IXGBE_FCRTH(0))))
		nm_store_release(&rx->frozen_at, (header | SIM_LEN_MASK) + 1);
}

/* What waits, first. Then maybe the peer may send again. */
static void rx_drain_buffer(struct rx_run *run, u64 time)
{
	struct ixgbe_hw *hw = run->hw;
	struct sim_rx *rx = &hw->rx;
	struct sim_fifo *buffer = &rx->buffer;

	while (buffer->read != buffer->written) {
		const u32 len = (u32)(buffer->headers[buffer->read & buffer->header_mask] &
				      SIM_LEN_MASK);

		if (rx_deliver(run, sim_fifo_cell(buffer, buffer->cell_out), len) == RX_WAIT)
			break;
		buffer->cell_out = sim_fifo_next(buffer, buffer->cell_out, sim_cells(len));
		buffer->cells_read += sim_cells(len);
		buffer->read++;
	}
	if (rx->frozen_at && (!pause_is_on(hw) ||
			      buffer_cells(rx) <= mark_cells(sim_reg(hw, IXGBE_FCRTL(0))))) {
		nm_write_once(rx->stopped, time - rx->frozen_at);
		nm_store_release(&rx->frozen_at, 0);
		if (hw->peer && hw->peer->interrupt)
			hw->peer->interrupt(hw->peer->interrupt_arg, NM_TX, ~0u);
	}
}

/* Has little come in from frame @read on? */
static bool is_little(const struct sim_fifo *cable, u64 read, u64 written, u64 wire)
{
	u32 cells = 0;

	for (; read != written && cells <= HELD_CELLS; read++) {
		const u64 header = cable->headers[read & cable->header_mask];

		if (!sim_before(header, wire))
			break;
		cells += sim_cells((u32)(header & SIM_LEN_MASK));
	}
	return cells <= HELD_CELLS;
}

static void rx_take_cable(struct rx_run *run, u64 time)
{
	struct ixgbe_hw *hw = run->hw;
	struct sim_rx *rx = &hw->rx;
	struct sim_fifo *cable = &rx->cable;
	const u64 written = nm_load_acquire(&cable->written);
	const bool one_queue = !(sim_reg(hw, IXGBE_MRQC) & IXGBE_MRQC_RSS) && !hw->strict;
	bool held = false;
	struct rx_cursor at = {
		.read = cable->read,
		.cells_read = cable->cells_read,
		.cell = cable->cell_out,
	};

	while (at.read != written) {
		const u64 wire = sim_wire_clock(hw, time);
		const bool nothing_waits = rx->buffer.read == rx->buffer.written;
		const u8 *data;
		u64 header;
		u32 len;

		if (one_queue && nothing_waits && run->receiving && rx->queue[0].enabled)
			rx_burst_ring(run, &rx->queue[0], written, wire, &at);
		if (at.read == written)
			break;
		header = cable->headers[at.read & cable->header_mask];
		if (!sim_before(header, wire))
			break;
		len = (u32)(header & SIM_LEN_MASK);
		data = sim_fifo_cell(cable, at.cell);
		if (!nothing_waits || rx_deliver(run, data, len) == RX_WAIT) {
			held = nothing_waits && is_little(cable, at.read, written, wire);
			if (held)
				break;
			rx_keep(run, data, header);
		}
		at.cell = sim_fifo_next(cable, at.cell, sim_cells(len));
		at.cells_read += sim_cells(len);
		at.read++;
	}
	nm_write_once(rx->held, held || rx->buffer.read != rx->buffer.written);
	cable->cell_out = at.cell;
	nm_write_once(cable->read, at.read);
	/* Release: the cells have been read before the writer may fill them again. */
	nm_store_release(&cable->cells_read, at.cells_read);
}

void sim_rx_advance(struct ixgbe_hw *hw, u64 time, u32 queue)
{
	struct sim_rx *rx = &hw->rx;
	const u32 generation = nmh_dma_generation(hw->os);
	struct rx_run run = {
		.hw = hw,
		.receiving = sim_reg(hw, IXGBE_RXCTRL) & IXGBE_RXCTRL_RXEN,
		.window = rx->window,
	};
	u32 others;

	if (nm_unlikely(rx->generation != generation)) {
		rx->generation = generation;
		run.window.size = 0;
	}
	rx_drain_buffer(&run, time);
	rx_take_cable(&run, time);
	rx->window = run.window;
	nm_write_once(rx->waiting, rx->buffer.written - rx->buffer.read);
	nm_write_once(rx->frames, rx->frames + run.frames);
	nm_write_once(rx->bytes, rx->bytes + run.bytes);
	nm_write_once(rx->missed, rx->missed + run.missed);
	others = queue < IXGBE_MAX_QUEUES ? run.filled & ~(1u << queue) : run.filled;
	if (others && hw->interrupt)
		hw->interrupt(hw->interrupt_arg, NM_RX, others);
}

u64 sim_rx_kick(struct ixgbe_hw *hw, u32 queue)
{
	const struct nmh_wire_time start = sim_read(&hw->clock);
	struct sim_rx *rx = &hw->rx;

	/* Who does not get the lock has nothing to do: the holder delivers to all queues. */
	if (nm_spin_trylock(&rx->lock)) {
		const u64 time = sim_time_at(&hw->clock,
					     hw->clock.read ? sim_ticks(&hw->clock) : start.wire);

		sim_rx_advance(hw, time, queue);
		/* The sender is away, and its wire would be idle though it has frames: fetch them for it. */
		if (hw->peer && !sim_fifo_frames(&rx->cable) && sim_tx_backlog(hw->peer)) {
			sim_tx_run(hw->peer, sim_ticks(&hw->clock));
			sim_rx_advance(hw, time, queue);
		}
		nm_spin_unlock(&rx->lock);
	}
	return sim_took(&hw->clock, &start);
}

/* When does the next frame come in? Return: false where none is under way. */
bool sim_rx_next_at(struct ixgbe_hw *hw, u64 *time)
{
	struct sim_rx *rx = &hw->rx;
	bool known;

	nm_spin_lock(&rx->lock);
	known = sim_fifo_frames(&rx->cable) && !rx->frozen_at;
	if (known)
		*time = (rx->cable.headers[rx->cable.read & rx->cable.header_mask] | SIM_LEN_MASK) +
			1 + rx->stopped;
	nm_spin_unlock(&rx->lock);
	return known;
}

int sim_rx_enable(struct ixgbe_hw *hw, u32 i)
{
	struct sim_rx_queue *q = &hw->rx.queue[i];
	const u64 dma = sim_reg(hw, IXGBE_RDBAL(i)) | (u64)sim_reg(hw, IXGBE_RDBAH(i)) << 32;
	const u32 bytes = sim_reg(hw, IXGBE_RDLEN(i));
	const u32 srrctl = sim_reg(hw, IXGBE_SRRCTL(i));
	const u32 size_kb = srrctl & IXGBE_SRRCTL_BSIZE_MASK;
	struct ixgbe_rx_desc *desc = nmh_dma_resolve(hw->os, dma, bytes);

	if (!bytes || bytes % IXGBE_RING_ALIGN || dma % IXGBE_RING_ALIGN || !desc) {
		sim_bug(hw, "receive queue %u is enabled with a ring of %u bytes at device address 0x%llx, which is not in the device's memory or not a multiple of 128",
			i, bytes, dma);
		return -EINVAL;
	}
	if (!size_kb || size_kb > IXGBE_SRRCTL_BSIZE_MAX ||
	    (srrctl & IXGBE_SRRCTL_DESC_MASK) != IXGBE_SRRCTL_ADV_ONEBUF) {
		sim_bug(hw, "receive queue %u is enabled with SRRCTL 0x%x, which is not advanced descriptors with a buffer of 1 to 16 KB",
			i, srrctl);
		return -EINVAL;
	}
	q->shadow = nm_os_alloc(bytes);
	if (!q->shadow)
		return -ENOMEM;
	nm_spin_lock(&hw->rx.lock);
	q->desc = desc;
	nm_write_once(q->num, bytes / IXGBE_DESC_SIZE);
	q->buf_size = size_kb << IXGBE_SRRCTL_BSIZE_SHIFT;
	q->drop = srrctl & IXGBE_SRRCTL_DROP_EN;
	nm_write_once(q->head, 0);
	nm_write_once(q->tail, 0);
	q->enabled = true;
	nm_spin_unlock(&hw->rx.lock);
	return 0;
}

/* What came in before is delivered first, with the descriptors that there are; frames that wait for the queue find it off later. */
void sim_rx_disable(struct ixgbe_hw *hw, u32 i)
{
	struct sim_rx_queue *q = &hw->rx.queue[i];

	nm_spin_lock(&hw->rx.lock);
	sim_rx_advance(hw, sim_time_at(&hw->clock, sim_ticks(&hw->clock)), i);
	q->enabled = false;
	nm_write_once(q->head, 0);
	nm_write_once(q->tail, 0);
	q->desc = NULL;
	nm_os_free(q->shadow);
	q->shadow = NULL;
	nm_spin_unlock(&hw->rx.lock);
}

/* The driver writes RDT: descriptors before it are the device's. */
void sim_rx_tail(struct ixgbe_hw *hw, u32 i, u32 tail)
{
	struct sim_rx_queue *q = &hw->rx.queue[i];
	const struct sim_tail at = { "RDT of receive", i, q->enabled, q->num, &q->head, q->tail, &hw->rx.lock };
	u32 k;

	if (!sim_tail_check(hw, &at, tail))
		return;
	if (hw->strict) {
		for (k = q->tail; k != tail; k = nm_next(k, q->num - 1))
			q->shadow[k] = q->desc[k];
	}
	/* Release: the descriptors before the tail. */
	nm_store_release(&q->tail, tail);
	if (nm_read_once(hw->rx.held))
		q->model_tsc_ticks += sim_rx_kick(hw, i);
}
