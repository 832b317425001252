// SPDX-License-Identifier: BSD-2-Clause
/*
 * The Toeplitz hash: for every 1 bit of the input, from the left, exclusive-or the 32 bits of the key that begin at the bit's
 * position. It is linear, so the share of each input byte can be looked up.
 */
#include "rss.h"

#include "ixgbe/ixgbe_regs.h"

#define ETH_HEADER	14u
#define VLAN_TAG	4u
#define ETHERTYPE_IPV4	0x0800u
#define ETHERTYPE_IPV6	0x86ddu
#define ETHERTYPE_VLAN	0x8100u
#define ETHERTYPE_QINQ	0x88a8u
#define PROTO_TCP	6u
#define PROTO_UDP	17u

/* 32 bits of the key from bit @bit on. */
static u32 key_window(const u8 *key, u32 bit)
{
	u64 word = 0;
	u32 i;

	for (i = 0; i < 5; i++)
		word = word << 8 | (bit / 8 + i < SIM_RSS_KEY_SIZE ? key[bit / 8 + i] : 0);
	return (u32)(word >> (8 - bit % 8));
}

void sim_rss_table_init(struct sim_rss_table *table, const u8 key[SIM_RSS_KEY_SIZE])
{
	u32 at, value, bit;

	for (at = 0; at < SIM_RSS_MAX_INPUT; at++) {
		for (value = 0; value < 256; value++) {
			u32 hash = 0;

			for (bit = 0; bit < 8; bit++) {
				if (value & 0x80u >> bit)
					hash ^= key_window(key, 8 * at + bit);
			}
			table->of[at][value] = hash;
		}
	}
}

u32 sim_rss_hash(const struct sim_rss_table *table, const u8 *input, u32 len)
{
	u32 hash = 0, i;

	for (i = 0; i < len; i++)
		hash ^= table->of[i][input[i]];
	return hash;
}

static u32 be16(const u8 *p)
{
	return (u32)p[0] << 8 | p[1];
}

/* Hash @addr_len bytes of addresses, and the ports at @ports unless it is NULL. */
static u32 hash_fields(const struct sim_rss_table *table, const u8 *addrs, u32 addr_len,
		       const u8 *ports)
{
	u8 input[SIM_RSS_MAX_INPUT];
	u32 len = addr_len;

	memcpy(input, addrs, addr_len);
	if (ports) {
		memcpy(input + len, ports, 4);
		len += 4;
	}
	return sim_rss_hash(table, input, len);
}

static u32 frame_ipv4(const struct sim_rss_table *table, u32 mrqc, const u8 *ip, u32 len, u32 *hash)
{
	u32 header_len, proto;
	const u8 *ports;
	bool ports_there;

	if (len < 20 || ip[0] >> 4 != 4)
		return IXGBE_RXD_RSS_NONE;
	header_len = (ip[0] & 0xfu) * 4;
	proto = ip[9];
	ports = ip + header_len;
	/* More fragments, or not the first one. */
	ports_there = header_len >= 20 && header_len + 4 <= len && !(be16(ip + 6) & 0x3fff);
	if (ports_there && proto == PROTO_TCP && mrqc & IXGBE_MRQC_TCP_IPV4) {
		*hash = hash_fields(table, ip + 12, 8, ports);
		return IXGBE_RXD_RSS_TCP_IPV4;
	}
	if (ports_there && proto == PROTO_UDP && mrqc & IXGBE_MRQC_UDP_IPV4) {
		*hash = hash_fields(table, ip + 12, 8, ports);
		return IXGBE_RXD_RSS_UDP_IPV4;
	}
	if (!(mrqc & IXGBE_MRQC_IPV4))
		return IXGBE_RXD_RSS_NONE;
	*hash = hash_fields(table, ip + 12, 8, NULL);
	return IXGBE_RXD_RSS_IPV4;
}

/* With extension headers between, only the addresses count. */
static u32 frame_ipv6(const struct sim_rss_table *table, u32 mrqc, const u8 *ip, u32 len, u32 *hash)
{
	bool ports_there;

	if (len < 40 || ip[0] >> 4 != 6)
		return IXGBE_RXD_RSS_NONE;
	ports_there = len >= 44;
	if (ports_there && ip[6] == PROTO_TCP && mrqc & IXGBE_MRQC_TCP_IPV6) {
		*hash = hash_fields(table, ip + 8, 32, ip + 40);
		return IXGBE_RXD_RSS_TCP_IPV6;
	}
	if (ports_there && ip[6] == PROTO_UDP && mrqc & IXGBE_MRQC_UDP_IPV6) {
		*hash = hash_fields(table, ip + 8, 32, ip + 40);
		return IXGBE_RXD_RSS_UDP_IPV6;
	}
	if (!(mrqc & IXGBE_MRQC_IPV6))
		return IXGBE_RXD_RSS_NONE;
	*hash = hash_fields(table, ip + 8, 32, NULL);
	return IXGBE_RXD_RSS_IPV6;
}

u32 sim_rss_frame(const struct sim_rss_table *table, u32 mrqc, const u8 *frame, u32 len, u32 *hash)
{
	u32 at = ETH_HEADER, type, tags;

	*hash = 0;
	if (!(mrqc & IXGBE_MRQC_RSS) || len < ETH_HEADER)
		return IXGBE_RXD_RSS_NONE;
	type = be16(frame + 12);
	for (tags = 0; tags < 2 && (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ); tags++) {
		if (at + VLAN_TAG > len)
			return IXGBE_RXD_RSS_NONE;
		type = be16(frame + at + 2);
		at += VLAN_TAG;
	}
	if (type == ETHERTYPE_IPV4)
		return frame_ipv4(table, mrqc, frame + at, len - at, hash);
	if (type == ETHERTYPE_IPV6)
		return frame_ipv6(table, mrqc, frame + at, len - at, hash);
	return IXGBE_RXD_RSS_NONE;
}
