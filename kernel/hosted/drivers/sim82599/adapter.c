// SPDX-License-Identifier: BSD-2-Clause
/* An adapter of the model as a whole: making it, its cable, its link, and what it says against its driver. */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>

/*
 * Ticks of a byte, times 2^32, rounded up: the model may be slower than the line by some parts in a million, and never faster.
 */
static u64 byte_time(u64 hz, u32 speed_gbps)
{
	/* Both over 16, so that the left side fits: a clock of up to 8 GHz, and every speed is a multiple of 16 bit/s. */
	const u64 bits = hz * 8 << 28;
	const u64 bps_16th = speed_gbps * (1000000000ull / 16);

	return (bits + bps_16th - 1) / bps_16th;
}

/* Set, or set anew: what hangs on the clock and the speed. */
static void set_speed(struct ixgbe_hw *hw, u32 speed_gbps)
{
	hw->speed_gbps = speed_gbps;
	hw->tx.byte_time = byte_time(hw->clock.hz, speed_gbps);
	hw->tx.ahead = IXGBE_TX_PACKET_BUFFER * hw->tx.byte_time >> (32 - SIM_TIME_BITS);
	/* In bursts, as the device does: so that a sender that spins on a full ring does not run the engine for each frame. */
	hw->tx.refill = hw->tx.ahead - hw->tx.ahead / 16;
}

void sim_set_clock(struct ixgbe_hw *hw, const struct sim_clock *clock)
{
	hw->clock = *clock;
	set_speed(hw, hw->speed_gbps);
	hw->tx.wire_free = sim_time_at(clock, sim_ticks(clock));
}

int sim_adapter_init(struct ixgbe_hw *hw, struct nm_os *os, u32 speed_gbps, u32 num_queues)
{
	struct sim_clock clock;
	int error;

	memset(hw, 0, sizeof(*hw));
	hw->os = os;
	hw->num_queues = num_queues;
	hw->link = true;
	hw->speed_gbps = speed_gbps;
	nm_spin_init(&hw->tx.lock);
	nm_spin_init(&hw->rx.lock);
	nm_spin_init(&hw->bug_lock);
	sim_clock_init(&clock);
	clock.wire = os->wire;
	sim_set_clock(hw, &clock);
	error = sim_fifo_init(&hw->rx.cable, SIM_CABLE_CELLS);
	if (!error)
		error = sim_fifo_init(&hw->rx.buffer, SIM_RX_BUFFER_CELLS);
	if (error)
		sim_adapter_destroy(hw);
	return error;
}

void sim_adapter_destroy(struct ixgbe_hw *hw)
{
	u32 i;

	for (i = 0; i < hw->num_queues; i++) {
		nm_os_free(hw->tx.queue[i].shadow);
		nm_os_free(hw->rx.queue[i].shadow);
	}
	sim_fifo_destroy(&hw->rx.cable);
	sim_fifo_destroy(&hw->rx.buffer);
}

void sim_lock_all(struct ixgbe_hw *a, struct ixgbe_hw *b)
{
	struct ixgbe_hw *first = !b || a < b ? a : b;
	struct ixgbe_hw *second = first == a ? b : a;

	nm_spin_lock(&first->tx.lock);
	if (second)
		nm_spin_lock(&second->tx.lock);
	nm_spin_lock(&first->rx.lock);
	if (second)
		nm_spin_lock(&second->rx.lock);
}

void sim_unlock_all(struct ixgbe_hw *a, struct ixgbe_hw *b)
{
	nm_spin_unlock(&a->rx.lock);
	nm_spin_unlock(&a->tx.lock);
	if (b) {
		nm_spin_unlock(&b->rx.lock);
		nm_spin_unlock(&b->tx.lock);
	}
}

bool sim_is_idle(const struct ixgbe_hw *hw)
{
	u32 i;

	for (i = 0; i < hw->num_queues; i++) {
		if (hw->tx.queue[i].enabled || hw->rx.queue[i].enabled)
			return false;
	}
	return true;
}

/* Empty cable, running wire clock. With all locks. */
static void cable_reset(struct ixgbe_hw *receiver, u64 time)
{
	sim_fifo_clear(&receiver->rx.cable);
	if (receiver->rx.frozen_at) {
		nm_write_once(receiver->rx.stopped, time - receiver->rx.frozen_at);
		nm_store_release(&receiver->rx.frozen_at, 0);
	}
}

/* Nobody else touches either; both have one speed. */
void sim_connect(struct ixgbe_hw *a, struct ixgbe_hw *b)
{
	struct ixgbe_hw *end[2] = { a, b };
	int i;

	sim_lock_all(a, b);
	b->clock = a->clock;
	for (i = 0; i < 2; i++) {
		const u64 time = sim_time_at(&a->clock, sim_ticks(&a->clock));

		set_speed(end[i], end[i]->speed_gbps);
		cable_reset(end[i], time);
		end[i]->rx.stopped = 0;
		end[i]->tx.num_runs = 0;
		end[i]->tx.wire_free = time;
		end[i]->link = true;
		end[i]->peer = end[1 - i];
	}
	sim_unlock_all(a, b);
}

/* The peer, if any, has a sink at its end from now on. What was under way to @hw or from it is lost. */
void sim_disconnect(struct ixgbe_hw *hw)
{
	struct ixgbe_hw *peer = hw->peer;
	const u64 time = sim_time_at(&hw->clock, sim_ticks(&hw->clock));

	if (!peer)
		return;
	sim_lock_all(hw, peer);
	nm_write_once(hw->tx.lost, hw->tx.lost + sim_fifo_frames(&peer->rx.cable));
	nm_write_once(peer->tx.lost, peer->tx.lost + sim_fifo_frames(&hw->rx.cable));
	cable_reset(hw, time);
	cable_reset(peer, time);
	/* From the wire clock to the clock, which is never behind it. */
	hw->tx.wire_free += peer->rx.stopped;
	peer->tx.wire_free += hw->rx.stopped;
	hw->peer = NULL;
	peer->peer = NULL;
	sim_unlock_all(hw, peer);
}

static void interrupt_all(struct ixgbe_hw *hw)
{
	if (!hw->interrupt)
		return;
	hw->interrupt(hw->interrupt_arg, NM_RX, ~0u);
	hw->interrupt(hw->interrupt_arg, NM_TX, ~0u);
}

void sim_set_link(struct ixgbe_hw *hw, bool up)
{
	struct ixgbe_hw *peer = hw->peer;
	struct ixgbe_hw *end[2] = { hw, peer };
	u64 time;
	int i;

	sim_lock_all(hw, peer);
	time = sim_time_at(&hw->clock, sim_ticks(&hw->clock));
	for (i = 0; i < 2 && end[i] && hw->link != up; i++) {
		struct ixgbe_hw *receiver = end[1 - i];

		if (!up && receiver) {
			/* What is in is in; what is under way is lost. */
			sim_rx_advance(receiver, time, IXGBE_MAX_QUEUES);
			nm_write_once(end[i]->tx.lost,
				      end[i]->tx.lost + sim_fifo_frames(&receiver->rx.cable));
			cable_reset(receiver, time);
		}
		end[i]->tx.num_runs = 0;
		/* What waits in rings does not leave in the past. */
		end[i]->tx.wire_free = sim_tx_clock(end[i], time);
	}
	nm_write_once(hw->link, up);
	if (peer)
		nm_write_once(peer->link, up);
	sim_unlock_all(hw, peer);
	if (up) {
		sim_tx_kick(hw);
		if (peer)
			sim_tx_kick(peer);
	}
	interrupt_all(hw);
	if (peer)
		interrupt_all(peer);
}

void sim_bug(struct ixgbe_hw *hw, const char *format, ...)
{
	va_list args;

	nm_spin_lock(&hw->bug_lock);
	hw->bugs++;
	va_start(args, format);
	vsnprintf(hw->last_bug, sizeof(hw->last_bug), format, args);
	va_end(args);
	nm_spin_unlock(&hw->bug_lock);
}
