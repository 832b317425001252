// SPDX-License-Identifier: BSD-2-Clause
/* Network interfaces: rtnetlink(7), and ethtool by ioctl(). */
#include "nmh_netif.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "options.h"

/* An answer about one interface, with all its attributes. */
#define ANSWER_BYTES	32768

#define LOOK_NS		100000000u

/* 32-bit words of each of the three maps of link modes that ethtool tells. */
#define MODE_WORDS	128

struct link_request {
	struct nlmsghdr header;
	struct ifinfomsg link;
	char attributes[64];
};

static void add_attribute(struct link_request *request, unsigned short type, const void *data, size_t size)
{
	struct rtattr *attribute = (struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(size);
	memcpy(RTA_DATA(attribute), data, size);
	request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
}

static struct link_request make_request(unsigned short type, unsigned short flags, int index)
{
	return (struct link_request){
		.header = {
			.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | flags,
		},
		.link = { .ifi_family = AF_UNSPEC, .ifi_index = index },
	};
}

/* Return: bytes of the answer in @answer, or a negative errno. */
static ssize_t ask(const struct link_request *request, void *answer, size_t size)
{
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t got = -1;
	int error;

	if (fd < 0)
		return -errno;
	if (send(fd, request, request->header.nlmsg_len, 0) >= 0) {
		do {
			got = recv(fd, answer, size, 0);
		} while (got < 0 && errno == EINTR);
	}
	error = got < 0 ? errno : 0;
	close(fd);
	return error ? -error : got;
}

/* The error that an answer tells; 0 where it is none. */
static int error_of(const struct nlmsghdr *header, size_t size)
{
	if (!NLMSG_OK(header, size))
		return -EPROTO;
	if (header->nlmsg_type != NLMSG_ERROR)
		return 0;
	return ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
}

static void copy_text(char *to, size_t size, const struct rtattr *attribute)
{
	const size_t len = strnlen(RTA_DATA(attribute), RTA_PAYLOAD(attribute));
	const size_t kept = len < size - 1 ? len : size - 1;

	memcpy(to, RTA_DATA(attribute), kept);
	to[kept] = 0;
}

static uint32_t word_of(const struct rtattr *attribute)
{
	uint32_t word = 0;

	memcpy(&word, RTA_DATA(attribute), RTA_PAYLOAD(attribute) < sizeof(word) ? RTA_PAYLOAD(attribute) : sizeof(word));
	return word;
}

static void take_stats(const struct rtattr *attribute, struct nmh_netif *out)
{
	struct rtnl_link_stats64 stats = { 0 };

	memcpy(&stats, RTA_DATA(attribute), RTA_PAYLOAD(attribute) < sizeof(stats) ? RTA_PAYLOAD(attribute) : sizeof(stats));
	out->rx_packets = stats.rx_packets;
	out->tx_packets = stats.tx_packets;
	out->rx_bytes = stats.rx_bytes;
	out->tx_bytes = stats.tx_bytes;
	out->rx_dropped = stats.rx_dropped;
	out->tx_dropped = stats.tx_dropped;
	out->rx_errors = stats.rx_errors;
	out->tx_errors = stats.tx_errors;
}

static uint32_t byte_of(const struct rtattr *attribute)
{
	return RTA_PAYLOAD(attribute) ? *(const uint8_t *)RTA_DATA(attribute) : 0;
}

static uint32_t tun_flags(const struct rtattr *data)
{
	const struct rtattr *at = RTA_DATA(data);
	int left = (int)RTA_PAYLOAD(data);
	uint32_t flags = 0;

	for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		switch (at->rta_type) {
		case IFLA_TUN_TYPE:	/* IFF_TUN or IFF_TAP */
			flags |= byte_of(at);
			break;
		case IFLA_TUN_VNET_HDR:
			flags |= byte_of(at) ? IFF_VNET_HDR : 0;
			break;
		case IFLA_TUN_MULTI_QUEUE:
			flags |= byte_of(at) ? IFF_MULTI_QUEUE : 0;
			break;
		}
	}
	return flags;
}

/* What an interface without hardware is; its kind comes before its data. */
static void take_kind(const struct rtattr *info, struct nmh_netif *out)
{
	const struct rtattr *at = RTA_DATA(info);
	int left = (int)RTA_PAYLOAD(info);

	for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		if (at->rta_type == IFLA_INFO_KIND)
			copy_text(out->kind, sizeof(out->kind), at);
		else if ((at->rta_type & NLA_TYPE_MASK) == IFLA_INFO_DATA && !strcmp(out->kind, "tun"))
			out->tun_flags = tun_flags(at);
	}
}

static uint32_t xdp_mode(const struct rtattr *xdp)
{
	const struct rtattr *at = RTA_DATA(xdp);
	int left = (int)RTA_PAYLOAD(xdp);

	for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		if (at->rta_type == IFLA_XDP_ATTACHED)
			return byte_of(at);
	}
	return XDP_ATTACHED_NONE;
}

static void take_attribute(const struct rtattr *attribute, struct nmh_netif *out)
{
	switch (attribute->rta_type & NLA_TYPE_MASK) {
	case IFLA_IFNAME:
		copy_text(out->name, sizeof(out->name), attribute);
		break;
	case IFLA_MTU:
		out->mtu = word_of(attribute);
		break;
	case IFLA_PROMISCUITY:
		out->promiscuity = word_of(attribute);
		break;
	case IFLA_NUM_TX_QUEUES:
		out->tx_queues = word_of(attribute);
		break;
	case IFLA_NUM_RX_QUEUES:
		out->rx_queues = word_of(attribute);
		break;
	case IFLA_LINK:
		out->peer_index = (int)word_of(attribute);
		break;
	case IFLA_LINK_NETNSID:
		out->peer_namespace = (int)word_of(attribute);
		break;
	case IFLA_XDP:
		out->xdp_mode = xdp_mode(attribute);
		break;
	case IFLA_STATS64:
		take_stats(attribute, out);
		break;
	case IFLA_LINKINFO:
		take_kind(attribute, out);
		break;
	case IFLA_PARENT_DEV_NAME:
		copy_text(out->parent, sizeof(out->parent), attribute);
		break;
	}
}

static int read_link(const struct link_request *request, struct nmh_netif *out)
{
	struct nlmsghdr *answer = calloc(1, ANSWER_BYTES);
	const struct ifinfomsg *link;
	const struct rtattr *at;
	ssize_t size;
	int error, left;

	if (!answer)
		return -ENOMEM;
	size = ask(request, answer, ANSWER_BYTES);
	error = size < 0 ? (int)size : error_of(answer, (size_t)size);
	if (!error && answer->nlmsg_type != RTM_NEWLINK)
		error = -EPROTO;
	if (error) {
		free(answer);
		return error;
	}
	link = NLMSG_DATA(answer);
	*out = (struct nmh_netif){ .index = link->ifi_index, .flags = link->ifi_flags, .peer_namespace = -1 };
	at = IFLA_RTA(link);
	left = (int)IFLA_PAYLOAD(answer);
	for (; RTA_OK(at, left); at = RTA_NEXT(at, left))
		take_attribute(at, out);
	/* Of others than a veth, the link is what they are on top of. */
	if (strcmp(out->kind, "veth") != 0) {
		out->peer_index = 0;
		out->peer_namespace = -1;
	}
	free(answer);
	return 0;
}

int nmh_netif_find(const char *name, struct nmh_netif *out)
{
	struct link_request request = make_request(RTM_GETLINK, 0, 0);

	/* The kernel has no longer ones. */
	if (!*name || strlen(name) >= NMH_NETIF_NAME)
		return -ENODEV;
	add_attribute(&request, IFLA_IFNAME, name, strlen(name) + 1);
	return read_link(&request, out);
}

int nmh_netif_read(int index, struct nmh_netif *out)
{
	const struct link_request request = make_request(RTM_GETLINK, 0, index);

	return read_link(&request, out);
}

int nmh_netif_read_peer(const struct nmh_netif *netif, struct nmh_netif *out)
{
	struct link_request request = make_request(RTM_GETLINK, 0, netif->peer_index);

	if (!netif->peer_index)
		return -ENODEV;
	if (netif->peer_namespace >= 0)
		add_attribute(&request, IFLA_TARGET_NETNSID, &netif->peer_namespace, sizeof(netif->peer_namespace));
	return read_link(&request, out);
}

int nmh_netif_set_up(int index)
{
	struct link_request request = make_request(RTM_NEWLINK, NLM_F_ACK, index);
	union {
		struct nlmsghdr header;
		char bytes[1024];
	} answer = { .bytes = { 0 } };
	ssize_t size;

	request.link.ifi_flags = IFF_UP;
	request.link.ifi_change = IFF_UP;
	size = ask(&request, &answer, sizeof(answer));
	return size < 0 ? (int)size : error_of(&answer.header, (size_t)size);
}

int nmh_netif_still_up(int index, unsigned long long now_ns, unsigned long long *look_ns)
{
	struct nmh_netif netif;
	int error;

	if (now_ns < *look_ns)
		return 0;
	*look_ns = now_ns + LOOK_NS;
	error = nmh_netif_read(index, &netif);
	return error ? error : netif.flags & IFF_UP ? 0 : -ENETDOWN;
}

static int ethtool(int fd, const struct nmh_netif *netif, void *command)
{
	struct ifreq request = { .ifr_data = command };

	memcpy(request.ifr_name, netif->name, sizeof(request.ifr_name));
	return ioctl(fd, SIOCETHTOOL, &request);
}

uint32_t nmh_netif_speed_mbps(const struct nmh_netif *netif)
{
	union {
		struct ethtool_link_settings settings;
		__u32 with_modes[sizeof(struct ethtool_link_settings) / 4 + 3 * MODE_WORDS];
	} query = { .settings = { .cmd = ETHTOOL_GLINKSETTINGS } };
	uint32_t speed = 0;
	int fd;

	/* veth, tun and the like tell a figure that limits nothing. */
	if (!netif->parent[0])
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	/* The first answer says how many words the maps have, as a negative number. */
	if (!ethtool(fd, netif, &query) && query.settings.link_mode_masks_nwords < 0) {
		query.settings.link_mode_masks_nwords = (__s8)-query.settings.link_mode_masks_nwords;
		if (!ethtool(fd, netif, &query) && query.settings.speed != (__u32)SPEED_UNKNOWN)
			speed = query.settings.speed;
	}
	close(fd);
	return speed;
}

bool nmh_netif_has_gro(const struct nmh_netif *netif)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GGRO };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const bool has = fd >= 0 && !ethtool(fd, netif, &value) && value.data;

	if (fd >= 0)
		close(fd);
	return has;
}

uint32_t nmh_netif_rx_queues(const struct nmh_netif *netif)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint32_t num = netif->rx_queues;

	if (fd < 0)
		return num;
	if (!ethtool(fd, netif, &channels) && channels.rx_count + channels.combined_count)
		num = channels.rx_count + channels.combined_count;
	close(fd);
	return num;
}

int nmh_netif_refuse(struct nmh_refusal *reason, const char *name, const char *capability, int error)
{
	switch (-error) {
	case EPERM:
	case EACCES:
		return nmh_refuse(reason, error, "%s: this needs %s; run nmgen as root, or setcap %s+ep its file", name,
				  capability, capability);
	case ENODEV:
	case ENXIO:
		return nmh_refuse(reason, error, "there is no interface %s; see ip link", name);
	case ENETDOWN:
		return nmh_refuse(reason, error, "%s is down; ip link set %s up", name, name);
	default:
		return nmh_refuse(reason, error, "%s: it cannot be set up (error %d); check the interface", name, -error);
	}
}
