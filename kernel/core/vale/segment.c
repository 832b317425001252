// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Segmentation and checksums in software, for a frame whose sender left them to a device and whose
 * receiver is none. RFC 9293 (TCP), 768 (UDP), 791 and 8200 (IP and its fragments), 1071
 * (checksum).
 */
#include "segment.h"

#define ETH_HEADER	14
#define ETH_VLAN	0x8100
#define ETH_QINQ	0x88a8
#define ETH_IP4		0x0800
#define ETH_IP6		0x86dd
#define MAX_VLANS	2

#define PROTO_HOP_BY_HOP	0
#define PROTO_TCP		6
#define PROTO_UDP		17
#define PROTO_ROUTING		43
#define PROTO_FRAGMENT		44
#define PROTO_DEST_OPTIONS	60

#define IP6_HEADER	40
#define IP6_FRAGMENT	8
#define UDP_HEADER	8
#define TCP_FIN_PSH	0x09
#define TCP_CWR		0x80
#define IP4_MORE	0x2000
#define IP4_OFFSET	0x1fff

static u32 load_be16(const u8 *at)
{
	return (u32)at[0] << 8 | at[1];
}

static u32 load_be32(const u8 *at)
{
	return load_be16(at) << 16 | load_be16(at + 2);
}

static void store_be16(u8 *at, u32 value)
{
	at[0] = (u8)(value >> 8);
	at[1] = (u8)value;
}

static void store_be32(u8 *at, u32 value)
{
	store_be16(at, value >> 16);
	store_be16(at + 2, value);
}

/* Pieces */

/**
 * struct parts - what is left of a walk over bytes of a frame
 * @next: the piece that the next part begins in, or one before it
 * @num: pieces from @next on; with none, @next may be NULL
 * @at: how far behind the begin of @next
 * @left: bytes to come
 */
struct parts {
	const struct nm_piece *next;
	u32 num, at, left;
};

static struct parts parts_of(const struct nm_piece *frame, u32 num, u32 at, u32 len)
{
	return (struct parts){ .next = frame, .num = num, .at = at, .left = len };
}

/* The next part, which lies in one piece. Return: false where there is none. */
static bool next_part(struct parts *p, struct nm_piece *part)
{
	while (p->num && p->at >= p->next->len) {
		p->at -= p->next->len;
		p->next++;
		p->num--;
	}
	if (!p->num || !p->left)
		return false;
	part->data = p->next->data + p->at;
	part->len = p->next->len - p->at < p->left ? p->next->len - p->at : p->left;
	p->at += part->len;
	p->left -= part->len;
	return true;
}

void nm_pieces_read(const struct nm_piece *frame, u32 num, u32 at, void *to, u32 len)
{
	struct parts parts = parts_of(frame, num, at, len);
	struct nm_piece part;
	u8 *out = to;

	for (; next_part(&parts, &part); out += part.len)
		memcpy(out, part.data, part.len);
}

/* Two clients of one region may have named one buffer: what is read and written may overlap. */
static void pieces_write(const struct nm_piece *to, u32 num, u32 at, const u8 *from, u32 len)
{
	struct parts parts = parts_of(to, num, at, len);
	struct nm_piece part;

	for (; next_part(&parts, &part); from += part.len)
		memmove(part.data, from, part.len);
}

/* @len bytes from @from of a frame to @at of another. */
static void pieces_copy(const struct nm_piece *to, u32 num_to, u32 at, const struct nm_piece *frame,
			u32 num, u32 from, u32 len)
{
	struct parts parts = parts_of(frame, num, from, len);
	struct nm_piece part;

	for (; next_part(&parts, &part); at += part.len)
		pieces_write(to, num_to, at, part.data, part.len);
}

/* Checksums */

u16 nm_csum_fold(u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)sum;
}

/* No frame is so long that 64 bits of 32-bit words overflow. */
static u64 csum_linear(const u8 *data, u32 len)
{
	u64 sum = 0;
	u32 word;

	for (; len >= 4; len -= 4, data += 4) {
		memcpy(&word, data, 4);
		sum += word;
	}
	if (len) {
		word = 0;
		memcpy(&word, data, len);
		sum += word;
	}
	return sum;
}

u16 nm_pieces_csum(const struct nm_piece *frame, u32 num, u32 at, u32 len)
{
	struct parts parts = parts_of(frame, num, at, len);
	struct nm_piece part;
	bool odd = false;
	u64 sum = 0;

	while (next_part(&parts, &part)) {
		const u64 add = csum_linear(part.data, part.len);

		if (odd) {
			/* Its bytes take each other's place. */
			const u16 folded = nm_csum_fold(add);

			sum += (u16)(folded << 8 | folded >> 8);
		} else {
			sum += add;
		}
		odd ^= part.len & 1;
	}
	return nm_csum_fold(sum);
}

/* The sum of a pseudo header: addresses, protocol and length. */
static u64 csum_pseudo(const u8 *ip, bool ip6, u32 proto, u32 l4_len)
{
	u8 rest[8];

	store_be32(rest, l4_len);
	store_be32(rest + 4, proto);
	return csum_linear(ip6 ? ip + 8 : ip + 12, ip6 ? 32 : 8) + csum_linear(rest, sizeof(rest));
}

/* A field of 0 says that there is no checksum; the other zero of ones' complement does not. */
static u16 csum_finish(u64 sum)
{
	const u16 folded = (u16)~nm_csum_fold(sum);

	return folded ? folded : 0xffff;
}

/* Plans */

/*
 * Find the headers in plan->header, of which @have bytes are there. Return: the protocol above IP,
 * or -EINVAL.
 */
static int find_headers(struct nm_seg_plan *plan, u32 have)
{
	const u8 *h = plan->header;
	u32 type_at = ETH_HEADER - 2, proto;
	int vlans;

	if (have < ETH_HEADER)
		return -EINVAL;
	for (vlans = 0; load_be16(h + type_at) == ETH_VLAN || load_be16(h + type_at) == ETH_QINQ;
	     vlans++) {
		type_at += 4;
		if (vlans == MAX_VLANS || type_at + 2 > have)
			return -EINVAL;
	}
	plan->l3 = type_at + 2;
	plan->ip6 = load_be16(h + type_at) == ETH_IP6;
	if (!plan->ip6) {
		const u32 ip_len = plan->l3 < have ? (h[plan->l3] & 15) * 4u : 0;

		if (load_be16(h + type_at) != ETH_IP4 || ip_len < 20 || plan->l3 + ip_len > have ||
		    h[plan->l3] >> 4 != 4 ||
		    (load_be16(h + plan->l3 + 6) & (IP4_MORE | IP4_OFFSET)))
			return -EINVAL;
		plan->l4 = plan->l3 + ip_len;
		return h[plan->l3 + 9];
	}
	if (plan->l3 + IP6_HEADER > have || h[plan->l3] >> 4 != 6)
		return -EINVAL;
	plan->next_header = plan->l3 + 6;
	plan->l4 = plan->l3 + IP6_HEADER;
	proto = h[plan->next_header];
	while (proto == PROTO_HOP_BY_HOP || proto == PROTO_ROUTING || proto == PROTO_DEST_OPTIONS) {
		u32 len;

		if (plan->l4 + 8 > have)
			return -EINVAL;
		len = (h[plan->l4 + 1] + 1u) * 8;
		plan->next_header = plan->l4;
		proto = h[plan->l4];
		plan->l4 += len;
		if (plan->l4 > have)
			return -EINVAL;
	}
	return (int)proto;
}

/* One frame, as it is but for its checksum. */
static int plan_whole(struct nm_seg_plan *plan, const struct nm_vnet *vnet)
{
	plan->kind = NM_SEG_WHOLE;
	plan->csum = vnet->flags & NM_VNET_NEEDS_CSUM;
	plan->csum_start = vnet->csum_start;
	plan->csum_at = (u32)vnet->csum_start + vnet->csum_offset;
	plan->header_len = 0;
	plan->mss = plan->payload_len;
	plan->num = 1;
	return plan->csum && plan->csum_at + 2 > plan->payload_len ? -EINVAL : 0;
}

/* Headers up to @header_len are repeated in each frame, with @mss bytes of what follows. */
static int plan_cut(struct nm_seg_plan *plan, u32 header_len, u32 have, u32 mss)
{
	if (header_len > have || !mss || header_len - plan->l3 + mss + IP6_FRAGMENT > 0xffff)
		return -EINVAL;
	plan->header_len = header_len;
	plan->payload += header_len;
	plan->payload_len -= header_len;
	plan->mss = mss;
	plan->num = (plan->payload_len + mss - 1) / mss;
	if (!plan->num)
		plan->num = 1;
	return 0;
}

/*
 * Fragments have the UDP header in the first one's payload; its checksum is over all of them, so it
 * is made now.
 */
static int plan_fragments(struct nm_seg_plan *plan, const struct nm_piece *frame, u32 num, u32 have,
			  u32 mss)
{
	u8 *h = plan->header;
	u32 udp_len;
	u64 sum;

	/* Options that belong to the first fragment only are more than we tell apart. */
	if (plan->l4 + UDP_HEADER > have || (!plan->ip6 && plan->l4 != plan->l3 + 20))
		return -EINVAL;
	udp_len = plan->payload_len - plan->l4;
	if (udp_len > 0xffff)
		return -EINVAL;
	sum = nm_pieces_csum(frame, num, plan->payload + plan->l4, 6);
	sum += nm_pieces_csum(frame, num, plan->payload + plan->l4 + UDP_HEADER,
			      udp_len - UDP_HEADER);
	sum += csum_pseudo(h + plan->l3, plan->ip6, PROTO_UDP, udp_len);
	plan->udp_csum = csum_finish(sum);
	if (plan_cut(plan, plan->l4, have, mss & ~7u))
		return -EINVAL;
	if (plan->ip6) {
		u8 *fragment = h + plan->l4;

		memset(fragment, 0, IP6_FRAGMENT);
		fragment[0] = h[plan->next_header];
		store_be32(fragment + 4, plan->ident);
		h[plan->next_header] = PROTO_FRAGMENT;
		plan->header_len += IP6_FRAGMENT;
	}
	return 0;
}

int nm_seg_prepare(struct nm_seg_plan *plan, const struct nm_vnet *vnet,
		   const struct nm_piece *frame, u32 num, u32 total, u32 skip, u32 ident)
{
	const u8 type = vnet->gso_type & ~NM_VNET_GSO_ECN;
	u32 have;
	int proto;

	if (total < skip)
		return -EINVAL;
	plan->payload = skip;
	plan->payload_len = total - skip;
	plan->ident = ident;
	if (type == NM_VNET_GSO_NONE)
		return plan_whole(plan, vnet);

	plan->csum = false;
	have = plan->payload_len < NM_SEG_MAX_HEADER ? plan->payload_len : NM_SEG_MAX_HEADER;
	nm_pieces_read(frame, num, skip, plan->header, have);
	proto = find_headers(plan, have);
	switch (type) {
	case NM_VNET_GSO_TCPV4:
	case NM_VNET_GSO_TCPV6:
		if (proto != PROTO_TCP || plan->ip6 != (type == NM_VNET_GSO_TCPV6) ||
		    plan->l4 + 20 > have || plan->header[plan->l4 + 12] >> 4 < 5)
			return -EINVAL;
		plan->kind = NM_SEG_TCP;
		return plan_cut(plan, plan->l4 + (plan->header[plan->l4 + 12] >> 4) * 4u, have,
				vnet->gso_size);
	case NM_VNET_GSO_UDP_L4:
		if (proto != PROTO_UDP)
			return -EINVAL;
		plan->kind = NM_SEG_UDP;
		return plan_cut(plan, plan->l4 + UDP_HEADER, have, vnet->gso_size);
	case NM_VNET_GSO_UDP:
		if (proto != PROTO_UDP)
			return -EINVAL;
		plan->kind = NM_SEG_FRAGMENTS;
		return plan_fragments(plan, frame, num, have, vnet->gso_size);
	default:
		return -EINVAL;
	}
}

/* Payload bytes of frame @i. */
static u32 part_of(const struct nm_seg_plan *plan, u32 i)
{
	return i + 1 < plan->num ? plan->mss : plan->payload_len - i * plan->mss;
}

u32 nm_seg_len(const struct nm_seg_plan *plan, u32 i)
{
	return plan->header_len + part_of(plan, i);
}

/* The IP header of frame @i, of which @part bytes of payload are. */
static void write_ip(const struct nm_seg_plan *plan, u8 *h, u32 i, u32 part)
{
	u8 *ip = h + plan->l3;
	u16 sum;

	if (plan->ip6) {
		store_be16(ip + 4, plan->header_len + part - plan->l3 - IP6_HEADER);
		return;
	}
	store_be16(ip + 2, plan->header_len + part - plan->l3);
	/* Segments are datagrams of their own; fragments are one. */
	if (plan->kind != NM_SEG_FRAGMENTS)
		store_be16(ip + 4, load_be16(ip + 4) + i);
	else
		store_be16(ip + 6, i * plan->mss / 8 | (i + 1 < plan->num ? IP4_MORE : 0));
	store_be16(ip + 10, 0);
	sum = (u16)~nm_csum_fold(csum_linear(ip, plan->l4 - plan->l3));
	memcpy(ip + 10, &sum, sizeof(sum));
}

static void write_l4(const struct nm_seg_plan *plan, u8 *h, u32 i, u32 part)
{
	u8 *l4 = h + plan->l4;

	if (plan->kind == NM_SEG_UDP) {
		store_be16(l4 + 4, UDP_HEADER + part);
		store_be16(l4 + 6, 0);
		return;
	}
	store_be32(l4 + 4, load_be32(l4 + 4) + i * plan->mss);
	if (i + 1 < plan->num)
		l4[13] &= ~TCP_FIN_PSH & 0xff;
	if (i)
		l4[13] &= ~TCP_CWR & 0xff;
	store_be16(l4 + 16, 0);
}

/* The header of fragment @i; the checksum is in the payload of the first one. */
static void write_fragment(const struct nm_seg_plan *plan, u8 *h, u32 i)
{
	if (plan->ip6)
		store_be16(h + plan->l4 + 2,
			   i * plan->mss | (i + 1 < plan->num ? 1 : 0));
}

void nm_seg_write(const struct nm_seg_plan *plan, u32 i, const struct nm_piece *frame, u32 num,
		  const struct nm_piece *to, u32 num_to)
{
	const u32 part = part_of(plan, i), len = plan->header_len + part;
	u8 h[NM_SEG_MAX_HEADER + 8];
	u32 csum_at;
	u16 sum;

	memcpy(h, plan->header, plan->header_len);
	if (plan->kind != NM_SEG_WHOLE)
		write_ip(plan, h, i, part);
	if (plan->kind == NM_SEG_FRAGMENTS)
		write_fragment(plan, h, i);
	else if (plan->kind != NM_SEG_WHOLE)
		write_l4(plan, h, i, part);
	pieces_write(to, num_to, 0, h, plan->header_len);
	pieces_copy(to, num_to, plan->header_len, frame, num, plan->payload + i * plan->mss, part);

	switch (plan->kind) {
	case NM_SEG_WHOLE:
		if (!plan->csum)
			return;
		/* The field holds the sum of the pseudo header. */
		csum_at = plan->csum_at;
		sum = csum_finish(nm_pieces_csum(to, num_to, plan->csum_start,
						 len - plan->csum_start));
		break;
	case NM_SEG_FRAGMENTS:
		if (i)
			return;
		csum_at = plan->header_len + 6;
		sum = plan->udp_csum;
		break;
	default:
		csum_at = plan->l4 + (plan->kind == NM_SEG_TCP ? 16 : 6);
		sum = csum_finish(csum_pseudo(h + plan->l3, plan->ip6,
					      plan->kind == NM_SEG_TCP ? PROTO_TCP : PROTO_UDP,
					      len - plan->l4) +
				  nm_pieces_csum(to, num_to, plan->l4, len - plan->l4));
	}
	pieces_write(to, num_to, csum_at, (const u8 *)&sum, sizeof(sum));
}
