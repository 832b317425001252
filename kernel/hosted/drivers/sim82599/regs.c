// SPDX-License-Identifier: BSD-2-Clause
/*
 * The register file. Registers that do nothing by being written are plain words; a register that the model does not have, or that must
 * not be written now, is a bug of the driver.
 */
#include "sim.h"

/* A queue's registers repeat every 64 bytes, receive from 0x1000 and transmit from 0x6000. */
#define QUEUE_STRIDE	0x40u

static bool is_rx_queue(const struct ixgbe_hw *hw, u32 reg)
{
	return reg >= IXGBE_RDBAL(0) && reg < IXGBE_RDBAL(hw->num_queues);
}

static bool is_tx_queue(const struct ixgbe_hw *hw, u32 reg)
{
	return reg >= IXGBE_TDBAL(0) && reg < IXGBE_TDBAL(hw->num_queues);
}

static bool in_range(u32 reg, u32 first, u32 last)
{
	return reg >= first && reg <= last;
}

/* Registers that hold what is written to them. */
static bool is_plain(u32 reg)
{
	switch (reg) {
	case IXGBE_CTRL:
	case IXGBE_EICR:
	case IXGBE_EIMS:
	case IXGBE_EIMC:
	case IXGBE_HLREG0:
	case IXGBE_MAXFRS:
	case IXGBE_MFLCN:
	case IXGBE_FCCFG:
	case IXGBE_FCRTL(0):
	case IXGBE_FCRTH(0):
	case IXGBE_FCTRL:
	case IXGBE_RXCTRL:
	case IXGBE_RDRXCTL:
	case IXGBE_RXPBSIZE(0):
	case IXGBE_TXPBSIZE(0):
	case IXGBE_DMATXCTL:
		return true;
	default:
		return false;
	}
}

/* 8.2.3.7.12: how frames are spread is set up while receiving is off. */
static void write_rss(struct ixgbe_hw *hw, u32 reg, u32 value)
{
	u8 key[IXGBE_RSS_KEY_SIZE];
	u32 i;

	if (sim_reg(hw, IXGBE_RXCTRL) & IXGBE_RXCTRL_RXEN) {
		sim_bug(hw, "register 0x%05x (receive-side scaling) is written while receiving is on", reg);
		return;
	}
	nm_spin_lock(&hw->rx.lock);
	nm_write_once(hw->regs[reg / 4], value);
	if (in_range(reg, IXGBE_RETA(0), IXGBE_RETA(IXGBE_RETA_ENTRIES / 4 - 1))) {
		for (i = 0; i < 4; i++)
			hw->rx.reta[reg - IXGBE_RETA(0) + i] = (value >> 8 * i & 0xff) % IXGBE_MAX_QUEUES;
	} else if (reg != IXGBE_MRQC) {
		for (i = 0; i < IXGBE_RSS_KEY_SIZE; i++)
			key[i] = (u8)(sim_reg(hw, IXGBE_RSSRK(i / 4)) >> 8 * (i % 4));
		sim_rss_table_init(&hw->rx.rss, key);
	}
	nm_spin_unlock(&hw->rx.lock);
}

bool sim_tail_check(struct ixgbe_hw *hw, const struct sim_tail *q, u32 tail)
{
	u32 head;

	if (!q->enabled) {
		if (tail)
			sim_bug(hw, "%s queue %u is written with %u while the queue is off", q->name, q->queue, tail);
		return false;
	}
	if (tail >= q->num) {
		sim_bug(hw, "%s queue %u is written with %u, but its ring has %u descriptors", q->name, q->queue, tail, q->num);
		return false;
	}
	head = nm_read_once(*q->head);
	/* An engine that runs on another core has reported descriptors before it says where it stands: ask it when it has. */
	if (nm_unlikely(nm_dist(head, q->tail, q->num) + nm_dist(q->tail, tail, q->num) >= q->num)) {
		nm_spin_lock(q->lock);
		head = *q->head;
		nm_spin_unlock(q->lock);
	}
	if (nm_dist(head, q->tail, q->num) + nm_dist(q->tail, tail, q->num) >= q->num) {
		sim_bug(hw, "%s queue %u goes from %u to %u, over descriptors that the device owns (head %u)", q->name, q->queue,
			q->tail, tail, head);
		return false;
	}
	return true;
}

/* RXDCTL and TXDCTL: the queue is on, or off, when the write returns. */
static void write_enable(struct ixgbe_hw *hw, enum nm_dir dir, u32 i, u32 reg, u32 value)
{
	const u32 enable = IXGBE_TXDCTL_ENABLE; /* the same bit in both */
	const bool is_on = dir == NM_TX ? hw->tx.queue[i].enabled : hw->rx.queue[i].enabled;
	int error = 0;

	if (value & enable && !is_on)
		error = dir == NM_TX ? sim_tx_enable(hw, i) : sim_rx_enable(hw, i);
	if (!(value & enable) && is_on) {
		if (dir == NM_TX)
			sim_tx_disable(hw, i);
		else
			sim_rx_disable(hw, i);
	}
	nm_write_once(hw->regs[reg / 4], error ? value & ~enable : value);
}

static void write_queue(struct ixgbe_hw *hw, enum nm_dir dir, u32 i, u32 reg, u32 value)
{
	const bool on = dir == NM_TX ? hw->tx.queue[i].enabled : hw->rx.queue[i].enabled;

	switch (reg % QUEUE_STRIDE) {
	case IXGBE_RDT(0) % QUEUE_STRIDE:
		if (dir == NM_TX)
			sim_tx_tail(hw, i, value);
		else
			sim_rx_tail(hw, i, value);
		break;
	case IXGBE_RXDCTL(0) % QUEUE_STRIDE:
		write_enable(hw, dir, i, reg, value);
		break;
	case IXGBE_RDH(0) % QUEUE_STRIDE:
		if (on || value)
			sim_bug(hw, "the head of %s queue %u is written with %u; only the device writes it, and it is 0 at the start",
				dir == NM_TX ? "transmit" : "receive", i, value);
		break;
	case IXGBE_RDBAL(0) % QUEUE_STRIDE:
	case IXGBE_RDBAH(0) % QUEUE_STRIDE:
	case IXGBE_RDLEN(0) % QUEUE_STRIDE:
	case IXGBE_SRRCTL(0) % QUEUE_STRIDE:
		if (on) {
			sim_bug(hw, "register 0x%05x of %s queue %u is written while the queue is on", reg,
				dir == NM_TX ? "transmit" : "receive", i);
			break;
		}
		nm_write_once(hw->regs[reg / 4], value);
		break;
	default:
		sim_bug(hw, "the model has no register 0x%05x", reg);
		break;
	}
}

void ixgbe_write(struct ixgbe_hw *hw, u32 reg, u32 value)
{
	if (is_tx_queue(hw, reg))
		write_queue(hw, NM_TX, (reg - IXGBE_TDBAL(0)) / QUEUE_STRIDE, reg, value);
	else if (is_rx_queue(hw, reg))
		write_queue(hw, NM_RX, (reg - IXGBE_RDBAL(0)) / QUEUE_STRIDE, reg, value);
	else if (reg % 4 == 0 && (reg == IXGBE_MRQC ||
				  in_range(reg, IXGBE_RETA(0), IXGBE_RETA(IXGBE_RETA_ENTRIES / 4 - 1)) ||
				  in_range(reg, IXGBE_RSSRK(0), IXGBE_RSSRK(IXGBE_RSS_KEY_SIZE / 4 - 1))))
		write_rss(hw, reg, value);
	else if (is_plain(reg))
		nm_write_once(hw->regs[reg / 4], value);
	else
		sim_bug(hw, "the model has no register 0x%05x, or it is read-only", reg);
}

/* A counter that reading clears: the register's word holds what was read before. */
static u32 read_counter(struct ixgbe_hw *hw, u32 reg, u64 now)
{
	const u32 before = sim_reg(hw, reg);

	nm_write_once(hw->regs[reg / 4], (u32)now);
	return (u32)now - before;
}

static u32 read_queue(struct ixgbe_hw *hw, enum nm_dir dir, u32 i, u32 reg)
{
	switch (reg % QUEUE_STRIDE) {
	case IXGBE_RDH(0) % QUEUE_STRIDE:
		return dir == NM_TX ? nm_read_once(hw->tx.queue[i].head) :
				      nm_read_once(hw->rx.queue[i].head);
	case IXGBE_RDT(0) % QUEUE_STRIDE:
		return dir == NM_TX ? nm_read_once(hw->tx.queue[i].tail) :
				      nm_read_once(hw->rx.queue[i].tail);
	default:
		return sim_reg(hw, reg);
	}
}

u32 ixgbe_read(struct ixgbe_hw *hw, u32 reg)
{
	u32 i;

	if (reg % 4 || reg >= SIM_REG_BYTES) {
		sim_bug(hw, "the model has no register 0x%05x", reg);
		return 0;
	}
	if (is_tx_queue(hw, reg))
		return read_queue(hw, NM_TX, (reg - IXGBE_TDBAL(0)) / QUEUE_STRIDE, reg);
	if (is_rx_queue(hw, reg))
		return read_queue(hw, NM_RX, (reg - IXGBE_RDBAL(0)) / QUEUE_STRIDE, reg);
	for (i = 0; i < hw->num_queues; i++) {
		if (reg == IXGBE_QPRDC(i))
			return read_counter(hw, reg, nm_read_once(hw->rx.queue[i].dropped));
	}
	switch (reg) {
	case IXGBE_LINKS:
		return nm_read_once(hw->link) ? IXGBE_LINKS_UP : 0;
	case IXGBE_RXMPC(0):
		return read_counter(hw, reg, nm_read_once(hw->rx.missed));
	case IXGBE_GPRC:
		return read_counter(hw, reg, nm_read_once(hw->rx.frames));
	case IXGBE_GPTC:
		return read_counter(hw, reg, nm_read_once(hw->tx.frames));
	default:
		return sim_reg(hw, reg);
	}
}
