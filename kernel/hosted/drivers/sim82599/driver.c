// SPDX-License-Identifier: BSD-2-Clause
/*
 * The model as a port of a hosted world: what a kernel's ixgbe driver does around its netmap data path (bring the adapter up, say
 * what it has, pass interrupts on), and the time that the model takes, measured apart.
 */
#include "sim.h"

#include <stdio.h>

#include "options.h"

#define MIN_SLOTS	64u
/* What the 20 bits of TDLEN (8.2.3.9.7) and the 16 of TDT hold; the datasheet has tried 8192. */
#define MAX_SLOTS	65528u

/*
 * Marks of the receive packet buffer, bytes: above high the peer is paused. What is left above takes a jumbo frame or two, as the
 * model's pause works at once, between two frames.
 */
#define PAUSE_HIGH	(IXGBE_RX_PACKET_BUFFER - 48u * 1024u)
#define PAUSE_LOW	(IXGBE_RX_PACKET_BUFFER / 2)

/* How long a poller sleeps where only its peer knows more: the peer wakes it, this is for the case that the peer is gone. */
#define RETRY_NS	100000u

/**
 * struct nmh_sim - an adapter and its port
 * @nm: the driver's netmap side, its port's driver data
 * @hw: the model
 * @port: of the core
 */
struct nmh_sim {
	struct ixgbe_nm nm;
	struct ixgbe_hw hw;
	struct nm_port *port;
	u32 tx_slots, rx_slots;
};

static struct nmh_sim *sim_of(const struct nm_kring *kr)
{
	/* @nm is the first member. */
	return nm_port_data(kr->port);
}

/* The time since the last collection goes to the ring's statistics. One thread at a time is in a ring's sync. */
static void collect(struct nm_kring *kr, u64 *ticks)
{
	nm_write_once(kr->stats.model_tsc_ticks, kr->stats.model_tsc_ticks + *ticks);
	*ticks = 0;
}

static int sim_txsync(struct nm_kring *kr, int flags)
{
	struct ixgbe_hw *hw = &sim_of(kr)->hw;
	struct sim_tx_queue *q = &hw->tx.queue[kr->ring_id];
	int error;

	/* With something new, the doorbell runs the engine. */
	if (kr->rhead == kr->hwcur && nm_read_once(q->head) != q->tail)
		q->model_tsc_ticks += sim_tx_kick(hw);
	error = ixgbe_nm_txsync(kr, flags);
	collect(kr, &q->model_tsc_ticks);
	return error;
}

static int sim_rxsync(struct nm_kring *kr, int flags)
{
	struct ixgbe_hw *hw = &sim_of(kr)->hw;
	struct sim_rx_queue *q = &hw->rx.queue[kr->ring_id];
	int error;

	q->model_tsc_ticks += sim_rx_kick(hw, kr->ring_id);
	error = ixgbe_nm_rxsync(kr, flags);
	collect(kr, &q->model_tsc_ticks);
	return error;
}

static void sim_config(struct nm_port *port, struct nm_port_config *config)
{
	const struct nmh_sim *sim = nm_port_data(port);

	config->num_rings[NM_TX] = sim->hw.num_queues;
	config->num_rings[NM_RX] = sim->hw.num_queues;
	config->num_slots[NM_TX] = sim->tx_slots;
	config->num_slots[NM_RX] = sim->rx_slots;
	config->speed_mbps = sim->hw.speed_gbps * 1000;
	config->link_up = nm_read_once(sim->hw.link);
}

static u64 ticks_to_ns(const struct ixgbe_hw *hw, u64 ticks)
{
	return (u64)((double)ticks * 1e9 / (double)hw->clock.hz);
}

static u64 sim_deadline(struct nm_kring *kr)
{
	struct ixgbe_hw *hw = &sim_of(kr)->hw;
	const u64 now_ns = nm_os_now_ns();
	const u64 now = sim_time_at(&hw->clock, sim_ticks(&hw->clock));
	u64 at = now;

	if (kr->dir == NM_TX && !sim_tx_space_at(hw, kr->ring_id, &at))
		return sim_tx_backlog(hw) ? now_ns + RETRY_NS : 0;
	if (kr->dir == NM_RX && !sim_rx_next_at(hw, &at))
		return 0;
	if (!sim_before(now, at))
		return now_ns;
	return now_ns + ticks_to_ns(hw, (at - now) >> SIM_TIME_BITS) + 1;
}

static const struct nm_driver_ops sim_ops = {
	.name = "sim82599",
	.reg = ixgbe_nm_reg,
	.txsync = sim_txsync,
	.rxsync = sim_rxsync,
	.config = sim_config,
	.deadline = sim_deadline,
};

static void sim_interrupt(void *arg, enum nm_dir dir, u32 queues)
{
	const struct nmh_sim *sim = arg;
	u32 i;

	for (i = 0; i < sim->hw.num_queues; i++) {
		if (queues & 1u << i)
			nm_kring_notify(nm_port_ring(sim->port, dir, i));
	}
}

/* 4.6.3, as far as the model has it: what the driver proper does when it comes up. */
static void bring_up(struct nmh_sim *sim)
{
	struct ixgbe_hw *hw = &sim->hw;

	ixgbe_write(hw, IXGBE_RXCTRL, 0);
	ixgbe_write(hw, IXGBE_HLREG0, IXGBE_HLREG0_TXCRCEN | IXGBE_HLREG0_RXCRCSTRP |
					      IXGBE_HLREG0_JUMBOEN | IXGBE_HLREG0_TXPADEN);
	ixgbe_write(hw, IXGBE_MAXFRS, IXGBE_MAX_FRAME << IXGBE_MAXFRS_MFS_SHIFT);
	ixgbe_write(hw, IXGBE_RDRXCTL, IXGBE_RDRXCTL_CRCSTRIP);
	ixgbe_write(hw, IXGBE_FCTRL, IXGBE_FCTRL_MPE | IXGBE_FCTRL_UPE | IXGBE_FCTRL_BAM);
	ixgbe_write(hw, IXGBE_RXPBSIZE(0), IXGBE_RX_PACKET_BUFFER);
	ixgbe_write(hw, IXGBE_TXPBSIZE(0), IXGBE_TX_PACKET_BUFFER);
	if (sim->nm.flow_control) {
		ixgbe_write(hw, IXGBE_MFLCN, IXGBE_MFLCN_RFCE);
		ixgbe_write(hw, IXGBE_FCCFG, IXGBE_FCCFG_TFCE_802_3X);
		ixgbe_write(hw, IXGBE_FCRTL(0), IXGBE_FCRTL_XONE | PAUSE_LOW);
		ixgbe_write(hw, IXGBE_FCRTH(0), IXGBE_FCRTH_FCEN | PAUSE_HIGH);
	}
	ixgbe_nm_rss_init(&sim->nm, sim->nm.num_queues);
	ixgbe_write(hw, IXGBE_DMATXCTL, IXGBE_DMATXCTL_TE);
	ixgbe_write(hw, IXGBE_RXCTRL, IXGBE_RXCTRL_RXEN);
}

static bool slots_are_good(u32 slots)
{
	return slots >= MIN_SLOTS && slots <= MAX_SLOTS && slots % 8 == 0;
}

static int check_config(const struct nmh_sim_config *config, struct nmh_refusal *reason)
{
	const char *name = config->name ? config->name : "";
	const u32 speed = config->speed_gbps;

	if (!name[0])
		return nmh_refuse(reason, -EINVAL, "the simulated adapter has no name; give it one");
	if (speed != 10 && speed != 25 && speed != 40 && speed != 100)
		return nmh_refuse(reason, -EINVAL, "%s: the model has no speed of %u Gbit/s; use 10, 25, 40 or 100",
				  name, speed);
	if (config->queues < 1 || config->queues > IXGBE_MAX_QUEUES)
		return nmh_refuse(reason, -EINVAL, "%s: %u queues are not possible; use 1 to %u", name,
				  config->queues, IXGBE_MAX_QUEUES);
	if (!slots_are_good(config->tx_slots))
		return nmh_refuse(reason, -EINVAL,
				  "%s: %u transmit slots are not possible; use a multiple of 8 from %u to %u", name,
				  config->tx_slots, MIN_SLOTS, MAX_SLOTS);
	if (!slots_are_good(config->rx_slots))
		return nmh_refuse(reason, -EINVAL,
				  "%s: %u receive slots are not possible; use a multiple of 8 from %u to %u", name,
				  config->rx_slots, MIN_SLOTS, MAX_SLOTS);
	return 0;
}

static void describe(const struct nmh_sim_config *config, struct nm_port_config *port)
{
	port->num_rings[NM_TX] = config->queues;
	port->num_rings[NM_RX] = config->queues;
	port->num_slots[NM_TX] = config->tx_slots;
	port->num_slots[NM_RX] = config->rx_slots;
	port->speed_mbps = config->speed_gbps * 1000;
	port->link_up = true;
	port->limits = ixgbe_nm_limits;
}

int nmh_sim_create(struct nmh *world, const struct nmh_sim_config *config, struct nmh_sim **out,
		   struct nmh_refusal *reason)
{
	struct nm_port_config port = { 0 };
	struct nmh_sim *sim;
	int error = check_config(config, reason);

	if (error)
		return error;
	sim = nm_os_alloc(sizeof(*sim));
	if (!sim)
		return nmh_refuse(reason, -ENOMEM, "%s: no memory for a simulated adapter; close a port",
				  config->name);
	error = sim_adapter_init(&sim->hw, nmh_os(world), config->speed_gbps, config->queues);
	if (error) {
		nm_os_free(sim);
		return nmh_refuse(reason, error, "%s: no memory for the cable of a simulated adapter; close a port",
				  config->name);
	}
	sim->tx_slots = config->tx_slots;
	sim->rx_slots = config->rx_slots;
	sim->nm.hw = &sim->hw;
	sim->nm.device = &nmh_os(world)->device;
	sim->nm.num_queues = config->queues;
	sim->nm.flow_control = config->flow_control;
	bring_up(sim);

	describe(config, &port);
	port.device = sim->nm.device;
	error = nm_port_attach(nmh_core(world), config->name, &sim_ops, &port, sim, &sim->port);
	if (error) {
		sim_adapter_destroy(&sim->hw);
		nm_os_free(sim);
		if (error == -EEXIST)
			return nmh_refuse(reason, error, "there is already a port %s; choose another name",
					  config->name);
		return nmh_refuse(reason, error, "%s cannot be attached to the core (error %d); choose a shorter name",
				  config->name, -error);
	}
	sim_lock_all(&sim->hw, NULL);
	sim->hw.interrupt = sim_interrupt;
	sim->hw.interrupt_arg = sim;
	sim_unlock_all(&sim->hw, NULL);
	*out = sim;
	return 0;
}

void nmh_sim_destroy(struct nmh_sim *sim)
{
	if (!sim)
		return;
	/* After this no other thread comes here by the cable, and after the next step none by the port. */
	sim_disconnect(&sim->hw);
	nm_port_detach(sim->port);
	sim_adapter_destroy(&sim->hw);
	nm_os_free(sim);
}

int nmh_sim_connect(struct nmh_sim *a, struct nmh_sim *b, struct nmh_refusal *reason)
{
	if (a == b)
		return nmh_refuse(reason, -EINVAL, "the cable leads back to its own device; name the other device");
	if (a->hw.speed_gbps != b->hw.speed_gbps)
		return nmh_refuse(reason, -EINVAL,
				  "one end of the cable has %u Gbit/s and the other has %u; give both the same speed",
				  a->hw.speed_gbps, b->hw.speed_gbps);
	if (a->hw.os != b->hw.os)
		return nmh_refuse(reason, -EINVAL, "the two devices are in different worlds; make both in one");
	if (a->hw.peer || b->hw.peer || !sim_is_idle(&a->hw) || !sim_is_idle(&b->hw))
		return nmh_refuse(reason, -EBUSY, "one of the devices has a cable or is in use; take another one");
	sim_connect(&a->hw, &b->hw);
	return 0;
}

void nmh_sim_set_link(struct nmh_sim *sim, bool up)
{
	sim_set_link(&sim->hw, up);
}

struct ixgbe_hw *nmh_sim_hw(struct nmh_sim *sim)
{
	return &sim->hw;
}

static uint64_t driver_in_flight(void *device)
{
	struct nmh_sim *sim = device;
	struct ixgbe_hw *hw = &sim->hw;
	u64 frames, bytes, time;

	sim_tx_kick(hw);
	nm_spin_lock(&hw->tx.lock);
	time = sim_time_at(&hw->clock, sim_ticks(&hw->clock));
	sim_tx_on_wire(hw, time, &frames, &bytes);
	if (hw->peer) {
		/* Nobody may be receiving: what has come in is taken, waits, or is missed by now. */
		if (nm_spin_trylock(&hw->peer->rx.lock)) {
			sim_rx_advance(hw->peer, time, IXGBE_MAX_QUEUES);
			nm_spin_unlock(&hw->peer->rx.lock);
		}
		frames = sim_fifo_frames(&hw->peer->rx.cable) + nm_read_once(hw->peer->rx.waiting);
	}
	nm_spin_unlock(&hw->tx.lock);
	return frames + sim_tx_backlog(hw);
}

static uint64_t driver_wire_busy_ns(void *device)
{
	struct nmh_sim *sim = device;
	struct ixgbe_hw *hw = &sim->hw;
	u64 clock, busy = 0;

	nm_spin_lock(&hw->tx.lock);
	clock = sim_tx_clock(hw, sim_time_at(&hw->clock, sim_ticks(&hw->clock)));
	if (sim_before(clock, hw->tx.wire_free))
		busy = ticks_to_ns(hw, (hw->tx.wire_free - clock) >> SIM_TIME_BITS);
	nm_spin_unlock(&hw->tx.lock);
	return busy;
}

static void driver_stats(void *device, struct nmh_port_stats *stats)
{
	struct nmh_sim *sim = device;
	struct ixgbe_hw *hw = &sim->hw;
	u64 stopped = 0, frames, bytes, time;
	u32 i;

	memset(stats, 0, sizeof(*stats));
	nm_spin_lock(&hw->tx.lock);
	time = sim_time_at(&hw->clock, sim_ticks(&hw->clock));
	/* The engine may be behind the wire; a count that was behind too would show a rate above the line's in the next interval. */
	sim_tx_advance(hw, time);
	sim_tx_on_wire(hw, time, &frames, &bytes);
	stats->tx_frames = hw->tx.frames - frames;
	stats->tx_bytes = hw->tx.bytes - bytes;
	stats->lost_on_link_down = hw->tx.lost;
	if (hw->peer)
		stopped = time - sim_wire_clock(hw->peer, time);
	nm_spin_unlock(&hw->tx.lock);
	stats->paused_ns = ticks_to_ns(hw, stopped >> SIM_TIME_BITS);

	nm_spin_lock(&hw->rx.lock);
	stats->rx_frames = hw->rx.frames;
	stats->rx_bytes = hw->rx.bytes;
	stats->missed = hw->rx.missed;
	for (i = 0; i < hw->num_queues; i++)
		stats->missed += hw->rx.queue[i].dropped;
	nm_spin_unlock(&hw->rx.lock);

	nm_spin_lock(&hw->bug_lock);
	stats->driver_bugs = hw->bugs;
	snprintf(stats->last_bug, sizeof(stats->last_bug), "%s", hw->last_bug);
	nm_spin_unlock(&hw->bug_lock);
}

/* The driver */

static const struct nmh_sim_config defaults = { .speed_gbps = 10, .queues = 1, .tx_slots = 512, .rx_slots = 512 };

static int read_config(const struct nmh_port_request *request, struct nmh_sim_config *config,
		       struct nmh_refusal *reason)
{
	const struct nmh_option_place places[] = {
		{ "speed_gbps", .number = &config->speed_gbps },
		{ "queues", .number = &config->queues },
		{ "tx_slots", .number = &config->tx_slots },
		{ "rx_slots", .number = &config->rx_slots },
		{ "flow_control", .flag = &config->flow_control },
	};
	int error;

	*config = defaults;
	config->name = request->name;
	error = nmh_options_read(request, places, sizeof(places) / sizeof(places[0]), reason);
	return error ? error : check_config(config, reason);
}

static int driver_describe(const struct nmh_port_request *request, struct nmh_port_info *info,
			   struct nmh_refusal *reason)
{
	struct nmh_sim_config config;
	struct nm_port_config port = { 0 };
	const int error = read_config(request, &config, reason);

	if (error)
		return error;
	describe(&config, &port);
	nmh_port_info_fill(info, &port);
	return 0;
}

static int driver_create(struct nmh *world, const struct nmh_port_request *request, void **device,
			 struct nmh_refusal *reason)
{
	struct nmh_sim_config config;
	struct nmh_sim *sim = NULL;
	int error = read_config(request, &config, reason);

	if (!error)
		error = nmh_sim_create(world, &config, &sim, reason);
	*device = sim;
	return error;
}

static void driver_destroy(void *device)
{
	nmh_sim_destroy(device);
}

static int driver_connect(void *a, void *b, struct nmh_refusal *reason)
{
	return nmh_sim_connect(a, b, reason);
}

const struct nmh_driver nmh_driver_sim82599 = {
	.name = "sim82599",
	.prefix = "sim",
	.simulated = true,
	.counts_wire = true,
	/* The device is told the size of its receive buffers in KiB, rounded down. */
	.buffers = { .grain = 1024 },
	.describe = driver_describe,
	.create = driver_create,
	.destroy = driver_destroy,
	.connect = driver_connect,
	.stats = driver_stats,
	.in_flight = driver_in_flight,
	.wire_busy_ns = driver_wire_busy_ns,
};
