// SPDX-License-Identifier: BSD-2-Clause
/*
 * The transmit engine: fetches descriptors, puts frames on the wire, reports.
 *
 * The device fetches ahead of the wire until its packet buffer is full, and reports a descriptor when it has fetched it. So a frame is
 * taken here as long as what was taken before needs less wire time than the packet buffer holds; when it leaves is known at
 * that moment, and is written on the cable with it.
 *
 * Queues take turns frame by frame. While one queue alone has work, which is the common case, tx_burst() runs along its ring with
 * everything that is the same from frame to frame worked out once.
 */
#include "sim.h"

#include <math.h>

#define TXD_FRAME	(IXGBE_TXD_DTYP_DATA | IXGBE_TXD_DEXT | IXGBE_TXD_IFCS | IXGBE_TXD_EOP)
#define TXD_LENGTHS	(~0ull << IXGBE_TXD_PAYLEN_SHIFT | IXGBE_TXD_LEN_MASK)
#define TX_MAX_LEN	(IXGBE_MAX_FRAME - SIM_CRC)

/* The source of a frame a few descriptors ahead is asked for while this one is copied. */
#define PREFETCH_FRAMES	8u

enum tx_stop {
	TX_GO,			/* end of the run of descriptors, or one that tx_burst() does not handle */
	TX_WIRE,		/* the packet buffer is full */
	TX_CABLE,		/* the cable is, because nobody takes frames out at its other end */
};

/* What a run works with: the engine's state in a local variable, which no store to a descriptor may alias. */
struct tx_run {
	struct ixgbe_hw *hw;
	struct sim_fifo *cable;		/* NULL: a sink */
	u64 wire_free;
	u64 first_start;
	u64 limit;
	u64 frames;
	u64 bytes;
	u64 written;
	u64 cells_written;
	u32 cell_in;
	u32 room;
	enum tx_stop stop;
	struct nmh_dma_window window;
};

/* Where the @len bytes at device address @dma are; NULL and a bug where they are not all in memory that the device may reach. */
static const u8 *tx_memory(struct tx_run *run, u64 dma, u32 len)
{
	const u8 *data = nmh_dma_at(&run->window, dma, len);

	if (nm_likely(data != NULL))
		return data;
	if (nmh_dma_find(run->hw->os, dma, &run->window))
		data = nmh_dma_at(&run->window, dma, len);
	if (!data)
		sim_bug(run->hw, "a transmit descriptor points at %u bytes at device address 0x%llx, which are not in the device's memory",
			len, dma);
	return data;
}

/* The frame of @len bytes has its cells; count it and give it its time. */
static inline void tx_send(struct tx_run *run, u32 len, u32 cells, u64 step)
{
	run->wire_free += step;
	run->frames++;
	run->bytes += len + SIM_CRC;
	if (!run->cable)
		return;
	/* Ticks of the last bit, which is before the gap; the gap is counted in, so the cable is 20 byte times long. */
	sim_fifo_stream_header(&run->cable->headers[run->written & run->cable->header_mask],
			       (run->wire_free & ~SIM_LEN_MASK) | len);
	run->written++;
	run->cells_written += cells;
	run->room -= cells;
	run->cell_in = sim_fifo_next(run->cable, run->cell_in, cells);
}

static void tx_report(struct ixgbe_tx_desc *d, u64 meta)
{
	/* Release: the driver may reuse the buffer as soon as it sees this. */
	nm_store_release(&d->meta, meta | IXGBE_TXD_DD);
}

/* Frames of one descriptor each, @i to @end - 1. Return: the first that was not taken; run->stop says why. */
static inline __attribute__((always_inline)) u32
tx_burst(struct tx_run *out, struct ixgbe_tx_desc *desc, u32 i, u32 end, const bool sink)
{
	struct tx_run run = *out;
	const uintptr_t memory = (uintptr_t)run.window.memory - run.window.dma;
	u64 same = 0;		/* the last descriptor's meta, which is never 0 in a good one */
	u64 step = 0, reach = 0;
	u32 len = 0, wire_len = 0, cells = 0;

	run.stop = TX_GO;
	for (; i < end; i++) {
		const u64 meta = desc[i].meta;
		const u64 offset = desc[i].addr - run.window.dma;

		if (!sim_before(run.wire_free, run.limit)) {
			run.stop = TX_WIRE;
			break;
		}
		if (nm_unlikely((meta & ~IXGBE_TXD_RS) != same)) {
			len = (u32)(meta & IXGBE_TXD_LEN_MASK);
			if ((meta & ~(TXD_LENGTHS | IXGBE_TXD_RS)) != TXD_FRAME ||
			    meta >> IXGBE_TXD_PAYLEN_SHIFT != len || len > TX_MAX_LEN ||
			    len < IXGBE_TX_MIN_LEN)
				break;
			wire_len = len < SIM_MIN_FRAME ? SIM_MIN_FRAME : len;
			cells = sim_cells(wire_len);
			/* Whole cells are copied. */
			if (run.window.size < cells * SIM_CELL)
				break;
			same = meta & ~IXGBE_TXD_RS;
			step = sim_frame_time(&run.hw->tx, wire_len);
			reach = run.window.size - cells * SIM_CELL;
		}
		if (nm_unlikely(offset > reach))
			break;
		if (!sink) {
			u8 *cell = sim_fifo_cell(run.cable, run.cell_in);

			if (nm_unlikely(run.room < cells)) {
				run.stop = TX_CABLE;
				break;
			}
			/* A wild address costs nothing: a prefetch is no access. */
			if (nm_likely(i + PREFETCH_FRAMES < end))
				nm_prefetch((const void *)(memory + desc[i + PREFETCH_FRAMES].addr));
			sim_fifo_stream(cell, run.window.memory + offset, cells);
			if (nm_unlikely(wire_len != len))
				memset(cell + len, 0, wire_len - len);
			tx_send(&run, wire_len, cells, step);
		} else {
			run.wire_free += step;
			run.frames++;
			run.bytes += wire_len + SIM_CRC;
		}
		if (nm_unlikely(meta & IXGBE_TXD_RS))
			tx_report(&desc[i], meta);
	}
	*out = run;
	return i;
}

/* What a descriptor says, against 7.2.3.2.4. Return: whether it is good. */
static bool tx_check(struct tx_run *run, const struct sim_tx_queue *q, u32 i)
{
	const u32 queue = (u32)(q - run->hw->tx.queue);
	const struct ixgbe_tx_desc *d = &q->desc[i];
	const u64 rest = d->meta & ~(TXD_LENGTHS | IXGBE_TXD_RS | IXGBE_TXD_EOP);

	if (run->hw->strict && (q->shadow[i].addr != d->addr || q->shadow[i].meta != d->meta))
		sim_bug(run->hw, "transmit queue %u: descriptor %u was changed while the device owned it", queue, i);
	else if (d->meta & IXGBE_TXD_DD)
		sim_bug(run->hw, "transmit queue %u: the tail passed descriptor %u, which is done (DD) and was not rewritten", queue, i);
	else if (rest != (TXD_FRAME & ~IXGBE_TXD_EOP))
		sim_bug(run->hw, "transmit queue %u: descriptor %u is not an advanced data descriptor with a CRC (meta 0x%llx)", queue, i,
			(u64)d->meta);
	else if (!(d->meta & IXGBE_TXD_LEN_MASK))
		sim_bug(run->hw, "transmit queue %u: descriptor %u has length 0", queue, i);
	else if (d->meta & IXGBE_TXD_RS && !(d->meta & IXGBE_TXD_EOP))
		sim_bug(run->hw, "transmit queue %u: descriptor %u has RS without EOP", queue, i);
	else
		return true;
	return false;
}

/*
 * A frame as the datasheet has it: one or more descriptors, with every check. Return: how many descriptors it took, also where they
 * are wrong and nothing was sent; 0 where it has to wait.
 */
static u32 tx_frame(struct tx_run *run, struct sim_tx_queue *q, u32 first, u32 tail)
{
	const u32 queue = (u32)(q - run->hw->tx.queue);
	u32 i = first, slots = 0, len = 0, wire_len, cells, last;
	bool good = true, eop = false;
	u8 *cell;

	run->stop = TX_GO;
	if (!sim_before(run->wire_free, run->limit)) {
		run->stop = TX_WIRE;
		return 0;
	}
	while (!eop && i != tail) {
		const struct ixgbe_tx_desc *d = &q->desc[i];
		const u32 part = (u32)(d->meta & IXGBE_TXD_LEN_MASK);

		good = good && tx_check(run, q, i) && tx_memory(run, d->addr, part);
		eop = d->meta & IXGBE_TXD_EOP;
		len += part;
		last = i;
		slots++;
		i = nm_next(i, q->num - 1);
	}
	if (good) {
		good = false;
		if (!eop)
			sim_bug(run->hw, "transmit queue %u: the tail %u is in the middle of a frame that begins at descriptor %u", queue,
				tail, first);
		else if (slots > IXGBE_TX_MAX_CHAIN)
			sim_bug(run->hw, "transmit queue %u: a frame at descriptor %u takes %u descriptors, at most %u are allowed", queue,
				first, slots, IXGBE_TX_MAX_CHAIN);
		else if (len < IXGBE_TX_MIN_LEN || len > TX_MAX_LEN)
			sim_bug(run->hw, "transmit queue %u: a frame at descriptor %u is %u bytes long, %u to %u are allowed", queue, first,
				len, IXGBE_TX_MIN_LEN, TX_MAX_LEN);
		else if (q->desc[first].meta >> IXGBE_TXD_PAYLEN_SHIFT != len)
			sim_bug(run->hw, "transmit queue %u: PAYLEN of descriptor %u is not the %u bytes of its frame", queue, first, len);
		else
			good = true;
	}
	wire_len = len < SIM_MIN_FRAME ? SIM_MIN_FRAME : len;
	cells = sim_cells(wire_len);
	if (good && run->cable && run->room < cells) {
		run->stop = TX_CABLE;
		return 0;
	}
	if (good && run->cable) {
		u32 j = first, left = slots, at = 0;

		cell = sim_fifo_cell(run->cable, run->cell_in);
		for (; left--; j = nm_next(j, q->num - 1)) {
			const u32 part = (u32)(q->desc[j].meta & IXGBE_TXD_LEN_MASK);
			const u8 *data = tx_memory(run, q->desc[j].addr, part);

			if (data)
				memcpy(cell + at, data, part);
			at += part;
		}
		if (wire_len != len)
			memset(cell + len, 0, wire_len - len);
	}
	if (good)
		tx_send(run, wire_len, cells, sim_frame_time(&run->hw->tx, wire_len));
	if (slots && q->desc[last].meta & IXGBE_TXD_RS)
		tx_report(&q->desc[last], q->desc[last].meta);
	return slots;
}

/*
 * As many frames of one queue as there are, at most @max. Return: whether the queue may go on later in this run.
 *
 * No frame leaves before its tail was written. The engine may be behind the wire, because its last holder lost its core: what was there
 * before still leaves when it would have left, and only what is new waits for the doorbell.
 */
static bool tx_queue(struct tx_run *run, struct sim_tx_queue *q, u32 max)
{
	const u32 tail = nm_load_acquire(&q->tail);
	const u64 doorbell = sim_tx_clock(run->hw, nm_read_once(q->doorbell));
	const bool strict = run->hw->strict;
	u32 i = q->head;

	run->stop = TX_GO;
	if (!run->frames)
		run->first_start = run->wire_free;
	while (i != tail && max) {
		u32 start = i, end;

		if (i == q->rung) {
			if (sim_before(run->wire_free, doorbell)) {
				run->wire_free = doorbell;
				run->first_start = doorbell;
			}
			q->rung = tail;
		}
		end = q->rung > i ? q->rung : q->num;
		if (end - i > max)
			end = i + max;
		if (nm_likely(!strict))
			i = run->cable ? tx_burst(run, q->desc, i, end, false) :
					 tx_burst(run, q->desc, i, end, true);
		max -= i - start;
		if (i != end) {
			u32 taken;

			if (run->stop != TX_GO)
				break;
			taken = tx_frame(run, q, i, q->rung);
			if (!taken)
				break;
			i += taken;
			max--;
		}
		if (i >= q->num)
			i -= q->num;
	}
	nm_write_once(q->head, i);
	return i != tail && run->stop == TX_GO;
}

/* Queues that have something to send, as bits. */
static u32 tx_ready(const struct ixgbe_hw *hw)
{
	u32 ready = 0, i;

	for (i = 0; i < hw->num_queues; i++) {
		const struct sim_tx_queue *q = &hw->tx.queue[i];

		if (q->enabled && nm_read_once(q->tail) != q->head)
			ready |= 1u << i;
	}
	return ready;
}

static void tx_run_queues(struct tx_run *run, u32 ready)
{
	struct sim_tx *tx = &run->hw->tx;

	if (!(ready & (ready - 1))) {
		tx_queue(run, &tx->queue[__builtin_ctz(ready)], ~0u);
		return;
	}
	while (ready) {
		const u32 i = tx->next;

		tx->next = i + 1 == run->hw->num_queues ? 0 : i + 1;
		if (!(ready & 1u << i))
			continue;
		if (!tx_queue(run, &tx->queue[i], 1)) {
			ready &= ~(1u << i);
			if (run->stop != TX_GO)
				return;
		}
	}
}

/* Return: frames put on the wire. */
static u64 tx_pass(struct ixgbe_hw *hw, u64 time, u32 ready, enum tx_stop *stop)
{
	struct sim_tx *tx = &hw->tx;
	const u64 clock = sim_tx_clock(hw, time);
	struct tx_run run = {
		.hw = hw,
		.cable = hw->peer ? &hw->peer->rx.cable : NULL,
		.wire_free = tx->wire_free,
		.limit = clock + tx->ahead,
		.window = tx->window,
	};

	*stop = TX_WIRE;
	if (!sim_before(tx->wire_free, clock + tx->refill))
		return 0;

	if (run.cable) {
		run.written = run.cable->written;
		run.cells_written = run.cable->cells_written;
		run.cell_in = run.cable->cell_in;
		run.room = sim_fifo_room(run.cable);
	}
	tx_run_queues(&run, ready);
	if (run.cable) {
		run.cable->cells_written = run.cells_written;
		run.cable->cell_in = run.cell_in;
		sim_fifo_stream_end();
		/* Release: headers and cells before the count. */
		nm_store_release(&run.cable->written, run.written);
	}
	if (run.frames && !run.cable) {
		tx->runs[tx->num_runs++ % SIM_TX_RUNS] = (struct sim_tx_run){
			.from = run.first_start,
			.to = run.wire_free,
			.frames = run.frames,
			.bytes = run.bytes,
		};
	}
	tx->wire_free = run.wire_free;
	tx->window = run.window;
	nm_write_once(tx->frames, tx->frames + run.frames);
	nm_write_once(tx->bytes, tx->bytes + run.bytes);
	*stop = run.stop;
	return run.frames;
}

void sim_tx_advance(struct ixgbe_hw *hw, u64 time)
{
	const u32 generation = nmh_dma_generation(hw->os);
	u64 frames = 0;

	if (!hw->link || !(sim_reg(hw, IXGBE_DMATXCTL) & IXGBE_DMATXCTL_TE))
		return;
	if (nm_unlikely(hw->tx.generation != generation)) {
		hw->tx.generation = generation;
		hw->tx.window.size = 0;
	}
	for (;;) {
		const u32 ready = tx_ready(hw);
		enum tx_stop stop;
		u64 sent;

		if (!ready)
			break;
		sent = tx_pass(hw, time, ready, &stop);
		frames += sent;
		/* Nobody takes frames out of the cable: do it for the receiver, whose packet buffer has to fill and overflow. */
		if (stop != TX_CABLE || !nm_spin_trylock(&hw->peer->rx.lock))
			break;
		sim_rx_advance(hw->peer, time, IXGBE_MAX_QUEUES);
		nm_spin_unlock(&hw->peer->rx.lock);
		if (!sent && sim_fifo_room(&hw->peer->rx.cable) < sim_cells(IXGBE_MAX_FRAME))
			break;
	}
	if (frames && hw->peer && hw->peer->interrupt)
		hw->peer->interrupt(hw->peer->interrupt_arg, NM_RX, ~0u);
}

void sim_tx_run(struct ixgbe_hw *hw, u64 ticks)
{
	struct sim_tx *tx = &hw->tx;

	/*
	 * A thread that rings while another one runs the engine leaves a note and goes. The holder looks for notes after it has let go of
	 * the lock: note, fence, try against release, fence, look; so one of the two sees the other.
	 */
	do {
		if (!nm_spin_trylock(&tx->lock)) {
			nm_write_once(tx->pending, 1);
			nm_mb();
			if (!nm_spin_trylock(&tx->lock))
				break;
		}
		/* An exchange, as the tails must not be read before it. */
		if (nm_unlikely(nm_read_once(tx->pending)))
			nm_xchg_acquire(&tx->pending, 0);
		sim_tx_advance(hw, sim_time_at(&hw->clock, hw->clock.read ? sim_ticks(&hw->clock) : ticks));
		nm_spin_unlock(&tx->lock);
		nm_mb();
	} while (nm_unlikely(nm_read_once(tx->pending)));
}

u64 sim_tx_kick(struct ixgbe_hw *hw)
{
	const struct nmh_wire_time start = sim_read(&hw->clock);

	sim_tx_run(hw, start.wire);
	return sim_took(&hw->clock, &start);
}

u32 sim_tx_backlog(const struct ixgbe_hw *hw)
{
	u32 backlog = 0, i;

	for (i = 0; i < hw->num_queues; i++) {
		const struct sim_tx_queue *q = &hw->tx.queue[i];

		if (nm_read_once(q->tail) != nm_read_once(q->head))
			backlog += nm_dist(nm_read_once(q->head), nm_read_once(q->tail), nm_read_once(q->num));
	}
	return backlog;
}

/* The cable knows: frames that have not come in yet are its last ones. */
static void on_cable(const struct sim_fifo *cable, u64 clock, u64 *frames, u64 *bytes)
{
	const u64 read = nm_load_acquire(&cable->read);
	u64 i;

	for (i = cable->written; i != read; i--) {
		const u64 header = nm_read_once(cable->headers[(i - 1) & cable->header_mask]);

		if (sim_before(header, clock))
			break;
		*frames += 1;
		*bytes += (header & SIM_LEN_MASK) + SIM_CRC;
	}
}

/* A sink has only the runs; inside one, frames are taken to leave evenly. */
static void on_runs(const struct sim_tx *tx, u64 clock, u64 *frames, u64 *bytes)
{
	u64 i;

	for (i = 0; i < SIM_TX_RUNS && i < tx->num_runs; i++) {
		const struct sim_tx_run *run = &tx->runs[(tx->num_runs - 1 - i) % SIM_TX_RUNS];
		double share = 1;

		if (!sim_before(clock, run->to))
			break;
		if (sim_before(run->from, clock))
			share = (double)(run->to - clock) / (double)(run->to - run->from);
		/* Rounded up: what has left is never overstated. */
		*frames += (u64)ceil(share * (double)run->frames);
		*bytes += (u64)ceil(share * (double)run->bytes);
	}
}

void sim_tx_on_wire(const struct ixgbe_hw *hw, u64 time, u64 *frames, u64 *bytes)
{
	const u64 clock = sim_tx_clock(hw, time);

	*frames = 0;
	*bytes = 0;
	if (hw->peer)
		on_cable(&hw->peer->rx.cable, clock, frames, bytes);
	else
		on_runs(&hw->tx, clock, frames, bytes);
}

/*
 * When will the next report of a queue come, if nothing else happens? Return: false where there is none to come, or it depends on the
 * receiver.
 */
bool sim_tx_space_at(struct ixgbe_hw *hw, u32 queue, u64 *time)
{
	const struct sim_tx_queue *q = &hw->tx.queue[queue];
	bool known = false;
	u64 at, refill;
	u32 i;

	nm_spin_lock(&hw->tx.lock);
	at = hw->tx.wire_free - hw->tx.ahead;
	refill = hw->tx.wire_free - hw->tx.refill;
	for (i = q->head; q->enabled && hw->link && i != nm_read_once(q->tail) && !known;
	     i = nm_next(i, q->num - 1)) {
		const u64 meta = nm_read_once(q->desc[i].meta);

		known = meta & IXGBE_TXD_RS;
		if (!known)
			at += sim_frame_time(&hw->tx, (u32)(meta & IXGBE_TXD_LEN_MASK));
	}
	if (sim_before(at, refill))
		at = refill;
	if (hw->peer) {
		known = known && !nm_read_once(hw->peer->rx.frozen_at);
		at += nm_read_once(hw->peer->rx.stopped);
	}
	nm_spin_unlock(&hw->tx.lock);
	*time = at;
	return known;
}

int sim_tx_enable(struct ixgbe_hw *hw, u32 i)
{
	struct sim_tx_queue *q = &hw->tx.queue[i];
	const u64 dma = sim_reg(hw, IXGBE_TDBAL(i)) | (u64)sim_reg(hw, IXGBE_TDBAH(i)) << 32;
	const u32 bytes = sim_reg(hw, IXGBE_TDLEN(i));
	struct ixgbe_tx_desc *desc = nmh_dma_resolve(hw->os, dma, bytes);

	if (!bytes || bytes % IXGBE_RING_ALIGN || dma % IXGBE_RING_ALIGN || !desc) {
		sim_bug(hw, "transmit queue %u is enabled with a ring of %u bytes at device address 0x%llx, which is not in the device's memory or not a multiple of 128",
			i, bytes, dma);
		return -EINVAL;
	}
	q->shadow = nm_os_alloc(bytes);
	if (!q->shadow)
		return -ENOMEM;
	nm_spin_lock(&hw->tx.lock);
	q->desc = desc;
	nm_write_once(q->num, bytes / IXGBE_DESC_SIZE);
	q->rung = 0;
	nm_write_once(q->head, 0);
	nm_write_once(q->tail, 0);
	q->enabled = true;
	nm_spin_unlock(&hw->tx.lock);
	return 0;
}

void sim_tx_disable(struct ixgbe_hw *hw, u32 i)
{
	struct sim_tx_queue *q = &hw->tx.queue[i];

	nm_spin_lock(&hw->tx.lock);
	q->enabled = false;
	q->rung = 0;
	nm_write_once(q->head, 0);
	nm_write_once(q->tail, 0);
	q->desc = NULL;
	nm_os_free(q->shadow);
	q->shadow = NULL;
	nm_spin_unlock(&hw->tx.lock);
}

/* The driver writes TDT: the descriptors before it are the device's. */
void sim_tx_tail(struct ixgbe_hw *hw, u32 i, u32 tail)
{
	struct sim_tx_queue *q = &hw->tx.queue[i];
	const struct sim_tail at = { "TDT of transmit", i, q->enabled, q->num, &q->head, q->tail, &hw->tx.lock };
	u32 k;

	if (!sim_tail_check(hw, &at, tail))
		return;
	if (hw->strict) {
		for (k = q->tail; k != tail; k = nm_next(k, q->num - 1))
			q->shadow[k] = q->desc[k];
	}
	nm_write_once(q->doorbell, sim_time_at(&hw->clock, sim_ticks(&hw->clock)));
	/* Release: the descriptors, and the doorbell, before the tail. */
	nm_store_release(&q->tail, tail);
	q->model_tsc_ticks += sim_tx_kick(hw);
}
