/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network interfaces of this thread's network namespace: what the kernel says of them, by rtnetlink and
 * ethtool. No privilege is needed to read. sysfs is not asked, which may show another namespace.
 *
 * Functions return 0 or a negative errno. Any thread.
 */
#ifndef NMH_NETIF_H
#define NMH_NETIF_H

#include "nmh_driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NMH_NETIF_NAME	16	/* bytes of a name, with the final 0 */

struct nmh_netif {
	char name[NMH_NETIF_NAME];
	int index;
	uint32_t flags;			/* IFF_UP, IFF_RUNNING, ... of netdevice(7) */
	uint32_t mtu;
	uint32_t promiscuity;		/* how many ask for frames for any address */
	uint32_t tx_queues, rx_queues;
	int peer_index;			/* of a veth pair, in @peer_namespace; 0: none */
	int peer_namespace;		/* -1: in ours */
	uint32_t xdp_mode;		/* where a program is attached, XDP_ATTACHED_*; 0: there is none */
	char kind[16];			/* of an interface without hardware: "veth", "tun"; else empty */
	uint32_t tun_flags;		/* of a "tun": IFF_TAP or IFF_TUN, IFF_MULTI_QUEUE, IFF_VNET_HDR */
	char parent[64];		/* device on its bus: "0000:01:00.0"; empty: no hardware */
	/* Counters of the device, as ip -s link shows them. */
	uint64_t rx_packets, tx_packets;
	uint64_t rx_bytes, tx_bytes;
	uint64_t rx_dropped, tx_dropped;
	uint64_t rx_errors, tx_errors;
};

/* -ENODEV: there is none of this name. */
int nmh_netif_find(const char *name, struct nmh_netif *out);

/* The same by its index, which stays when it is renamed. */
int nmh_netif_read(int index, struct nmh_netif *out);

/*
 * The other end of a veth. In another network namespace this needs CAP_NET_ADMIN, and what is found has a name
 * and an index of there.
 */
int nmh_netif_read_peer(const struct nmh_netif *netif, struct nmh_netif *out);

int nmh_netif_set_up(int index);

/**
 * nmh_netif_still_up() - for a queue on which nothing comes: whether anything can
 * @now_ns: any clock
 * @look_ns: when it is time to look again; 0 at first. Until then the answer is 0
 *
 * Looks ten times a second, as neither a tap nor a mapped ring tells. Return: 0, -ENETDOWN or -ENODEV.
 */
int nmh_netif_still_up(int index, unsigned long long now_ns, unsigned long long *look_ns);

/* What its hardware runs at; 0: not known, or it has none, and then nothing limits it. */
uint32_t nmh_netif_speed_mbps(const struct nmh_netif *netif);

/* Whether received frames are joined (GRO). */
bool nmh_netif_has_gro(const struct nmh_netif *netif);

/* Queues that it receives on now, of @netif->rx_queues. */
uint32_t nmh_netif_rx_queues(const struct nmh_netif *netif);

/**
 * nmh_netif_refuse() - why an interface cannot be used
 * @capability: the privilege that its use needs: "CAP_NET_RAW"
 *
 * Writes the sentence. Return: @error
 */
int nmh_netif_refuse(struct nmh_refusal *reason, const char *name, const char *capability, int error);

#ifdef __cplusplus
}
#endif

#endif /* NMH_NETIF_H */
