/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The netmap data path of the Intel 82599: what an ixgbe driver embeds in its adapter.
 *
 * Bringing the MAC, the link and the packet buffers up is the business of the driver proper; here are the queues.
 *
 * The include path chooses "ixgbe_hw.h", which defines struct ixgbe_hw and
 *	u32 ixgbe_read(struct ixgbe_hw *hw, u32 reg)
 *	void ixgbe_write(struct ixgbe_hw *hw, u32 reg, u32 value)	everything that was written to memory before it is seen
 *									by the device that sees the register
 *	void ixgbe_delay_us(struct ixgbe_hw *hw, u32 us)		may sleep
 *	u64 ixgbe_meta_read(const u64 *meta)	a word of a descriptor that the device writes back, in the processor's order; what
 *						is read afterwards is at least as new
 *	u64 ixgbe_le64(u64 value)		to or from the device's byte order
 */
#ifndef IXGBE_NETMAP_H
#define IXGBE_NETMAP_H

#include "nm_driver.h"
#include "ixgbe_hw.h"
#include "ixgbe_regs.h"

/*
 * Descriptors on which a report is due; a power of two. One for each piece of the longest ring: were there fewer, the last would be put
 * off to the end of the ring, most of which then came back at once and late.
 */
#define IXGBE_NM_REPORTS	512u

/*
 * A ring is filled in pieces of at most this many slots, with a report at the end of each: so that a ring of 512 that is always full
 * comes back in pieces too.
 */
#define IXGBE_NM_TX_PIECE	128u

/* A transmit queue; only the thread in the ring's sync touches it. */
struct ixgbe_nm_tx {
	struct ixgbe_tx_desc *desc;
	struct ixgbe_hw *hw;
	u32 tail_reg;
	u32 num;
	u32 num_reports;	/* in @reports */
	u32 first_report;	/* the oldest; index modulo IXGBE_NM_REPORTS */
	u32 reports[IXGBE_NM_REPORTS];	/* descriptors that carry RS, oldest first */
	struct nm_os_dma dma;
} NM_ALIGNED_CACHE;

/* A receive queue; only the thread in the ring's sync touches it. */
struct ixgbe_nm_rx {
	struct ixgbe_rx_desc *desc;
	struct ixgbe_hw *hw;
	u32 tail_reg;
	u32 num;
	struct nm_os_dma dma;
} NM_ALIGNED_CACHE;

/**
 * struct ixgbe_nm - the netmap side of one adapter
 * @hw: for the register accessors
 * @device: for descriptor memory; the port's (nm_port_config.device) too
 * @num_queues: queue pairs
 * @flow_control: the adapter sends PAUSE; then frames wait for a descriptor instead of being dropped for the sake of other queues
 * @tx: transmit queues
 * @rx: receive queues
 *
 * It is the driver data (nm_port_data()) of its port.
 */
struct ixgbe_nm {
	struct ixgbe_hw *hw;
	struct nm_os_device *device;
	u32 num_queues;
	bool flow_control;
	struct ixgbe_nm_tx tx[IXGBE_MAX_QUEUES];
	struct ixgbe_nm_rx rx[IXGBE_MAX_QUEUES];
};

/* For the port's configuration. A frame shorter than the device takes is sent with what follows it. */
extern const struct nm_port_limits ixgbe_nm_limits;

/* struct nm_driver_ops; config and deadline are the driver proper's. */
int ixgbe_nm_reg(struct nm_port *port);
int ixgbe_nm_txsync(struct nm_kring *kr, int flags);
int ixgbe_nm_rxsync(struct nm_kring *kr, int flags);

/**
 * ixgbe_nm_rss_init() - spread what comes in over the first @num_queues queues, by the standard Toeplitz hash and key
 * @nm: adapter
 * @num_queues: 1 to 16; 1 turns the hash off
 *
 * Call it while receiving is off (8.2.3.7.12: MRQC is static).
 */
void ixgbe_nm_rss_init(struct ixgbe_nm *nm, u32 num_queues);

/* The key of Microsoft's "Verifying the RSS Hash Calculation". */
extern const u8 ixgbe_nm_rss_key[IXGBE_RSS_KEY_SIZE];

/* ixgbe_queue.c, for ixgbe_netmap.c */
int ixgbe_nm_tx_start(struct ixgbe_nm *nm, struct nm_kring *kr);
int ixgbe_nm_rx_start(struct ixgbe_nm *nm, struct nm_kring *kr);
int ixgbe_nm_tx_stop(struct ixgbe_nm *nm, struct nm_kring *kr);
int ixgbe_nm_rx_stop(struct ixgbe_nm *nm, struct nm_kring *kr);

#endif /* IXGBE_NETMAP_H */
