/* SPDX-License-Identifier: BSD-2-Clause */
/* The Toeplitz hash of receive-side scaling, by tables: one of 256 words for each byte of input. */
#ifndef SIM_RSS_H
#define SIM_RSS_H

#include "nm_os.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_RSS_KEY_SIZE	40
#define SIM_RSS_MAX_INPUT	36	/* two IPv6 addresses and two ports */

struct sim_rss_table {
	u32 of[SIM_RSS_MAX_INPUT][256];
};

/* @key: the first 40 bytes of it are used */
void sim_rss_table_init(struct sim_rss_table *table, const u8 key[SIM_RSS_KEY_SIZE]);

/* @len: at most SIM_RSS_MAX_INPUT */
u32 sim_rss_hash(const struct sim_rss_table *table, const u8 *input, u32 len);

/**
 * sim_rss_frame() - what the 82599 makes of a frame
 * @table: of the key
 * @mrqc: which fields count (MRQC)
 * @frame: from the destination address on
 * @len: without CRC
 * @hash: out: 0 where the frame is not hashed
 *
 * Ports count in TCP and UDP, not in fragments (7.1.2.8.1); a VLAN tag, or two, are stepped over. Return: the RSS type of the
 * descriptor, IXGBE_RXD_RSS_*.
 */
u32 sim_rss_frame(const struct sim_rss_table *table, u32 mrqc, const u8 *frame, u32 len, u32 *hash);

#ifdef __cplusplus
}
#endif

#endif /* SIM_RSS_H */
