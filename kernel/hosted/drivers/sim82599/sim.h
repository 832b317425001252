/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the model of the 82599: an adapter with its registers, its transmit engine and its receive engine.
 *
 * The model has no thread. Each engine runs in whatever thread touches it, under its lock, which the hot path only tries: a
 * thread that does not get it leaves the work to the holder (see sim_tx_kick()). An engine that holds its lock may try, never wait for,
 * another lock; calls that need several (connect, link, destroy) take them all in the order of sim_lock_all().
 *
 * Time is in TSC ticks since the clock's epoch, times 2^14 (sim_time). It may wrap: times are compared by the sign
 * of their difference, which is right for frames that are less than two days apart.
 *
 * Times on a cable are of its wire clock, which stands still while the receiver holds its sender by PAUSE. So a pause needs not
 * touch frames that are under way.
 */
#ifndef SIM_H
#define SIM_H

#include "hosted.h"
#include "sim82599.h"
#include "ixgbe/ixgbe_netmap.h"
#include "fifo.h"
#include "rss.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_TIME_BITS	SIM_LEN_BITS

/* BAR 0 of the device as far as it is modelled. */
#define SIM_REG_BYTES	0x10000u

/* Preamble, start delimiter and gap between frames; with the CRC (IEEE 802.3, clause 4.4.2). */
#define SIM_WIRE_OVERHEAD	20u
#define SIM_CRC			4u
#define SIM_MIN_FRAME		60u	/* without CRC */

/* Cells of a cable: a full transmit packet buffer of the frames that waste most of their cells (65 bytes), and what a receiver that is
 * away for a while may leave there.
 */
#define SIM_CABLE_CELLS		16384u
#define SIM_RX_BUFFER_CELLS	(IXGBE_RX_PACKET_BUFFER / SIM_CELL)

#define SIM_BUG_SIZE	160

struct ixgbe_hw;

/* @read: where not NULL, a test's clock instead of wire time. @wire: NULL: the cycle counter is wire time. */
struct sim_clock {
	u64 (*read)(void *arg);
	void *arg;
	u64 epoch;
	u64 hz;
	struct nmh_wire *wire;
};

/**
 * struct sim_tx_queue - a transmit queue
 * @desc: the ring, once enabled; @num descriptors
 * @shadow: in strict mode, the descriptors as they were when the tail passed them
 * @head: next to fetch; the engine's, read by others
 * @rung: tail as the engine last saw it; frames before it may leave, whatever the doorbell says. Under the engine's lock
 * @tail: TDT
 * @doorbell: time of the last write to TDT
 * @model_tsc_ticks: time spent in the model by the thread that syncs the queue; it collects them
 */
struct sim_tx_queue {
	struct ixgbe_tx_desc *desc NM_ALIGNED_CACHE;
	struct ixgbe_tx_desc *shadow;
	u32 num;
	u32 head;
	u32 rung;
	bool enabled;

	u32 tail NM_ALIGNED_CACHE;
	u64 doorbell;
	u64 model_tsc_ticks;
};

/* Frames for a sink that were fetched in one go; they leave from @from to @to. */
struct sim_tx_run {
	u64 from, to;
	u64 frames, bytes;
};

/* Runs that are remembered; a power of two. More than frames in the packet buffer, so that those on the wire are always among them. */
#define SIM_TX_RUNS	4096u

/**
 * struct sim_tx - the transmit engine
 * @lock: held by the thread that runs it
 * @pending: a thread did not get the lock; the holder runs again
 * @wire_free: when the last frame's gap will be over, on the wire clock
 * @ahead: how much wire time fits into the packet buffer
 * @refill: fetching begins when less than this is in it, and then fills it
 * @byte_time: of a byte on the wire, in ticks times 2^32
 * @next: queue whose turn it is
 * @window: memory that was last sent from, of generation @generation
 * @frames: fetched, and so on the wire or soon to be
 * @bytes: of these, with CRC
 * @runs: the last SIM_TX_RUNS ones, @num_runs of them since the start; which frames have left to a sink follows from them
 * @lost: under way when the link went down
 */
struct sim_tx {
	struct nm_spin lock NM_ALIGNED_CACHE;
	u32 pending;
	u64 wire_free;
	u64 ahead;
	u64 refill;
	u64 byte_time;
	u32 next;
	u32 generation;
	struct nmh_dma_window window;
	u64 frames;
	u64 bytes;
	u64 lost;
	u64 num_runs;
	struct sim_tx_queue queue[IXGBE_MAX_QUEUES];
	struct sim_tx_run runs[SIM_TX_RUNS];
};

/**
 * struct sim_rx_queue - a receive queue
 * @desc: the ring, once enabled; @num descriptors
 * @shadow: as for transmit
 * @buf_size: bytes a buffer (SRRCTL)
 * @head: next to be filled; the engine's, read by others
 * @drop: DROP_EN
 * @dropped: QPRDC
 * @tail: RDT
 */
struct sim_rx_queue {
	struct ixgbe_rx_desc *desc NM_ALIGNED_CACHE;
	struct ixgbe_rx_desc *shadow;
	u32 num;
	u32 buf_size;
	u32 head;
	bool enabled;
	bool drop;
	u64 dropped;

	u32 tail NM_ALIGNED_CACHE;
	u64 model_tsc_ticks;
};

/**
 * struct sim_rx - the receive engine
 * @lock: held by the thread that runs it
 * @cable: frames from the peer
 * @buffer: the receive packet buffer: frames that wait for a descriptor, in order
 * @waiting: frames in @buffer; the engine's, read by others
 * @held: frames have come in that wait for a descriptor, in @buffer or still in the cells of @cable; as @waiting
 * @frozen_at: the wire clock while the peer is paused, else 0
 * @stopped: how far the wire clock is behind the clock
 * @frames: delivered to descriptors
 * @bytes: of these, with CRC
 * @missed: RXMPC: the packet buffer was full, or nobody receives
 */
struct sim_rx {
	struct nm_spin lock NM_ALIGNED_CACHE;
	u32 generation;
	struct nmh_dma_window window;
	u64 waiting;
	bool held;
	u64 frozen_at;
	u64 stopped;
	u64 frames;
	u64 bytes;
	u64 missed;
	struct sim_fifo cable;
	struct sim_fifo buffer;
	struct sim_rss_table rss;
	u8 reta[IXGBE_RETA_ENTRIES];
	struct sim_rx_queue queue[IXGBE_MAX_QUEUES];
};

/**
 * struct ixgbe_hw - an adapter
 * @peer: at the other end of the cable; NULL: a sink. Written with all locks held
 * @link: is the cable plugged in; as @peer
 * @strict: compare descriptors with what they were when the tail passed them
 * @interrupt: something happened on queues (bit i: queue i); any thread, engine locks held
 * @bugs: what the driver did against the datasheet, under @bug_lock
 */
struct ixgbe_hw {
	struct nm_os *os;
	struct sim_clock clock;
	struct ixgbe_hw *peer;
	bool link;
	bool strict;
	u32 num_queues;
	u32 speed_gbps;
	void (*interrupt)(void *arg, enum nm_dir dir, u32 queues);
	void *interrupt_arg;
	struct sim_tx tx;
	struct sim_rx rx;
	struct nm_spin bug_lock;
	u64 bugs;
	char last_bug[SIM_BUG_SIZE];
	u32 regs[SIM_REG_BYTES / 4];
};

/* clock.c */

/* Reads both clocks for some milliseconds. */
void sim_clock_init(struct sim_clock *clock);

/* Wire time, and the time of the thread that reads it, which tells what a piece of code takes. */
static inline struct nmh_wire_time sim_read(const struct sim_clock *clock)
{
	struct nmh_wire_time time;

	if (nm_likely(clock->wire != NULL) && nm_likely(!clock->read))
		return nmh_wire_read(clock->wire);
	time.own = nm_os_tsc_ticks();
	time.wire = nm_unlikely(clock->read != NULL) ? clock->read(clock->arg) : time.own;
	return time;
}

/* What the model took of the calling thread since @start. */
static inline u64 sim_took(const struct sim_clock *clock, const struct nmh_wire_time *start)
{
	if (nm_likely(clock->wire != NULL) && nm_likely(!clock->read))
		return nmh_wire_simulated(clock->wire, start);
	return nm_os_tsc_ticks() - start->own;
}

static inline u64 sim_ticks(const struct sim_clock *clock)
{
	return sim_read(clock).wire;
}

static inline u64 sim_time_at(const struct sim_clock *clock, u64 ticks)
{
	return (ticks - clock->epoch) << SIM_TIME_BITS;
}

/* Is @a before @b? */
static inline bool sim_before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

/* driver.c: for tests. */
struct ixgbe_hw *nmh_sim_hw(struct nmh_sim *sim);

/* adapter.c */
int sim_adapter_init(struct ixgbe_hw *hw, struct nm_os *os, u32 speed_gbps, u32 num_queues);
void sim_adapter_destroy(struct ixgbe_hw *hw);

/* A test's clock; while nothing is under way. */
void sim_set_clock(struct ixgbe_hw *hw, const struct sim_clock *clock);

/* All engine locks of an adapter and its peer, waiting; then nothing moves. */
void sim_lock_all(struct ixgbe_hw *a, struct ixgbe_hw *b);
void sim_unlock_all(struct ixgbe_hw *a, struct ixgbe_hw *b);

/* Every queue off, nothing on the cable or in a packet buffer. */
bool sim_is_idle(const struct ixgbe_hw *hw);
void sim_connect(struct ixgbe_hw *a, struct ixgbe_hw *b);
void sim_disconnect(struct ixgbe_hw *hw);
void sim_set_link(struct ixgbe_hw *hw, bool up);

/* The driver did what it must not do. Any thread. */
void sim_bug(struct ixgbe_hw *hw, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline u32 sim_reg(const struct ixgbe_hw *hw, u32 reg)
{
	return nm_read_once(hw->regs[reg / 4]);
}

/* tx.c */

/* Wire time of a frame of @len bytes without CRC, with preamble and gap; never rounded down. */
static inline u64 sim_frame_time(const struct sim_tx *tx, u32 len)
{
	const u32 down = 32 - SIM_TIME_BITS;

	return (((u64)len + SIM_CRC + SIM_WIRE_OVERHEAD) * tx->byte_time + (1ull << down) - 1) >> down;
}

/* The wire clock of what @receiver receives, at @time. Any thread. */
static inline u64 sim_wire_clock(const struct ixgbe_hw *receiver, u64 time)
{
	const u64 frozen = nm_load_acquire(&receiver->rx.frozen_at);

	return frozen ? frozen : time - nm_read_once(receiver->rx.stopped);
}

/* The same for what @hw sends; a sink never pauses. Under the lock of @hw's transmit engine. */
static inline u64 sim_tx_clock(const struct ixgbe_hw *hw, u64 time)
{
	return hw->peer ? sim_wire_clock(hw->peer, time) : time;
}

/* Run the engine up to @ticks, which is now, or leave it to the thread that runs it. */
void sim_tx_run(struct ixgbe_hw *hw, u64 ticks);

/* Run the engine up to now, or leave it to the thread that runs it. Return: TSC ticks spent here. */
u64 sim_tx_kick(struct ixgbe_hw *hw);

/* Run it up to @time; with the lock. */
void sim_tx_advance(struct ixgbe_hw *hw, u64 time);

/* Descriptors given to the device and not fetched yet. */
u32 sim_tx_backlog(const struct ixgbe_hw *hw);

/* Of the frames that were fetched, those whose last bit, and the gap behind it, has not left at @time; with the lock. */
void sim_tx_on_wire(const struct ixgbe_hw *hw, u64 time, u64 *frames, u64 *bytes);
bool sim_tx_space_at(struct ixgbe_hw *hw, u32 queue, u64 *time);

int sim_tx_enable(struct ixgbe_hw *hw, u32 i);
void sim_tx_disable(struct ixgbe_hw *hw, u32 i);
void sim_tx_tail(struct ixgbe_hw *hw, u32 i, u32 to);

/* A queue whose tail register is written: "TDT of transmit", its number, its positions, and who guards the head. */
struct sim_tail {
	const char *name;
	u32 queue;
	bool enabled;
	u32 num;
	const u32 *head;
	u32 tail;
	struct nm_spin *lock;
};

/* regs.c: whether @to, the new tail, is one that the driver may write; where not, a bug is noted. */
bool sim_tail_check(struct ixgbe_hw *hw, const struct sim_tail *q, u32 to);

/* rx.c: as above. @queue: the caller's, which needs no interrupt; IXGBE_MAX_QUEUES: none. */
u64 sim_rx_kick(struct ixgbe_hw *hw, u32 queue);
void sim_rx_advance(struct ixgbe_hw *hw, u64 time, u32 queue);
bool sim_rx_next_at(struct ixgbe_hw *hw, u64 *time);

int sim_rx_enable(struct ixgbe_hw *hw, u32 i);
void sim_rx_disable(struct ixgbe_hw *hw, u32 i);
void sim_rx_tail(struct ixgbe_hw *hw, u32 i, u32 to);

#ifdef __cplusplus
}
#endif

#endif /* SIM_H */
