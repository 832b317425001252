// SPDX-License-Identifier: BSD-2-Clause
/* How a port sends and receives: which way is chosen, and what is said of it. */
#include "xdp.h"

#include <linux/if_link.h>
#include <stdio.h>

/*
 * The other end of a veth takes live frames while its driver polls: with an XDP program in the driver, or with GRO.
 * Else they are lost, and no counter has them. Return: whether it takes them; *@known: whether that can be seen.
 */
static bool peer_takes(const struct nmh_netif *netif, struct nmh_netif *peer, bool *known)
{
	*known = !nmh_netif_read_peer(netif, peer);
	if (!*known)
		return false;
	if (peer->xdp_mode == XDP_ATTACHED_DRV || peer->xdp_mode == XDP_ATTACHED_MULTI)
		return true;
	/* ethtool does not reach into another namespace. */
	*known = netif->peer_namespace < 0;
	return *known && nmh_netif_has_gro(peer);
}

/*
 * Why live frames are not sent; @why is empty where they can be. Return: whether they are surely lost, or else only
 * not known to arrive.
 */
static bool obstacle(const struct xdp_device *device, char *why, size_t size)
{
	const struct nmh_netif *netif = &device->netif;
	struct nmh_netif peer;
	bool known;

	*why = 0;
	if (device->generic) {
		snprintf(why, size, "its driver has no XDP");
		return true;
	}
	if (strcmp(netif->kind, "veth") != 0) {
		snprintf(why, size, "only of a veth it is known that it takes live frames; send \"live\" tries it");
		return false;
	}
	if (peer_takes(netif, &peer, &known))
		return false;
	if (known)
		snprintf(why, size, "its peer %s has no XDP program and no GRO; ethtool -K %s gro on", peer.name, peer.name);
	else
		snprintf(why, size, "its peer in another namespace has no XDP program, and its GRO cannot be seen; send \"live\" if it is on");
	return known;
}

int xdp_choose_send(struct xdp_device *device, char *why, size_t size)
{
	bool lost;

	device->not_live[0] = 0;
	device->send = device->asked;
	if (device->asked == XDP_SEND_SOCKET)
		return 0;
	lost = obstacle(device, device->not_live, sizeof(device->not_live));
	if (device->asked == XDP_SEND_AUTO) {
		device->send = device->not_live[0] ? XDP_SEND_SOCKET : XDP_SEND_LIVE;
		return 0;
	}
	if (!lost)
		return 0;
	snprintf(why, size, "%s: live frames would be lost: %s", device->netif.name, device->not_live);
	return -EOPNOTSUPP;
}

static const char *socket_mode(const struct xdp_device *device)
{
	u32 i;

	for (i = 0; i < device->num_inputs; i++) {
		if (device->inputs[i].socket.fd >= 0 && device->inputs[i].socket.zerocopy)
			return "AF_XDP, zero copy";
	}
	return device->generic ? "AF_XDP, copies in the stack (the driver has no XDP)" :
				 "AF_XDP, copies in the driver (it has no zero copy)";
}

void xdp_describe_mode(struct xdp_device *device, char *text, size_t size)
{
	bool sends = false, receives = false;
	int at = 0;
	u32 i;

	nm_mutex_lock(&device->lock);
	for (i = 0; i < device->rings.queues; i++) {
		sends |= device->queues[i].tx_on;
		receives |= device->queues[i].rx_on;
	}
	text[0] = 0;
	if (sends && device->send == XDP_SEND_LIVE)
		at = snprintf(text, size, "sends XDP live frames");
	else if (sends && device->not_live[0])
		at = snprintf(text, size, "sends by %s, not live frames: %s", socket_mode(device), device->not_live);
	else if (sends)
		at = snprintf(text, size, "sends by %s", socket_mode(device));
	if (receives && at >= 0 && (size_t)at < size)
		snprintf(text + at, size - (size_t)at, "%sreceives by %s", at ? "; " : "", socket_mode(device));
	nm_mutex_unlock(&device->lock);
}
