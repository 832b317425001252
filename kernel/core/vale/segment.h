/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A frame that has to look different at its destination: without the vnet header that announces an
 * unfinished checksum or a segment larger than the wire takes, or with a header of another size.
 *
 * A plan is made once a frame (nm_vnet_plan()), and tells how many frames come out and how long
 * they are; then each is written. All decisions are taken on the plan's own copy of the headers:
 * the frame lies in memory that its sender may change at any time, which then spoils only what the
 * frame carries.
 */
#ifndef NM_VALE_SEGMENT_H
#define NM_VALE_SEGMENT_H

#include "nm_os.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A stretch of bytes; a frame is a row of them. */
struct nm_piece {
	u8 *data;
	u32 len;
};

/* struct nm_vnet: a virtio_net_hdr (virtio 1.2, 5.1.6), in this machine's byte order. */
#define NM_VNET_NEEDS_CSUM	1	/* flags */
#define NM_VNET_GSO_NONE	0	/* gso_type */
#define NM_VNET_GSO_TCPV4	1
#define NM_VNET_GSO_UDP		3	/* one datagram, to be cut into IP fragments */
#define NM_VNET_GSO_TCPV6	4
#define NM_VNET_GSO_UDP_L4	5	/* many datagrams */
#define NM_VNET_GSO_ECN		0x80	/* with TCP: CWR belongs to the first segment */

struct nm_vnet {
	u8 flags;
	u8 gso_type;
	u16 hdr_len;		/* a hint, which we do not trust */
	u16 gso_size;		/* payload bytes of a segment */
	u16 csum_start;		/* from here to the end is summed up ... */
	u16 csum_offset;	/* ... and stored here, counted from csum_start */
};

/* Ethernet with two VLAN tags, IPv6 with extension headers, TCP with options. */
#define NM_SEG_MAX_HEADER	256

enum nm_seg_kind {
	NM_SEG_WHOLE,		/* one frame comes out; its checksum may have to be finished */
	NM_SEG_TCP,
	NM_SEG_UDP,
	NM_SEG_FRAGMENTS,	/* of IP */
};

/**
 * struct nm_seg_plan - what becomes of a frame
 * @num: frames that come out, at least 1
 * @header: their headers, as the first has them but for lengths and checksums
 * @header_len: bytes of it
 * @payload: where in the frame comes what follows the headers
 * @payload_len: how many bytes of that there are
 * @mss: how many of them a frame takes, but for the last one
 * @l3: where the IP header is, in @header
 * @l4: where the TCP or UDP header is, in @header; fragments have it in their payload, there it
 *	follows @header
 * @next_header: fragments of IPv6: where in @header the type of what follows is
 * @ip6: it is IPv6
 * @csum: whether WHOLE has to finish its checksum, from @csum_start to its end, at @csum_at
 * @udp_csum: fragments: the datagram's checksum, as it lies in memory
 * @ident: fragments of IPv6: their identification
 */
struct nm_seg_plan {
	enum nm_seg_kind kind;
	u32 num;
	u32 header_len;
	u32 payload, payload_len;
	u32 mss;
	u32 l3, l4, next_header;
	bool ip6, csum;
	u32 csum_start, csum_at;
	u16 udp_csum;
	u32 ident;
	u8 header[NM_SEG_MAX_HEADER + 8];
};

/**
 * nm_seg_prepare() - cut a frame up, or finish its checksum, as its vnet header says
 * @plan: filled in
 * @vnet: of the frame
 * @frame: @num pieces, @total bytes in all
 * @skip: bytes of the frame's vnet header; the Ethernet header comes after
 * @ident: for fragments of IPv6, another one for each frame
 *
 * Return: 0, or -EINVAL where frame and vnet header do not fit together.
 */
int nm_seg_prepare(struct nm_seg_plan *plan, const struct nm_vnet *vnet,
		   const struct nm_piece *frame, u32 num, u32 total, u32 skip, u32 ident);

/* Bytes of frame @i that comes out, i < plan->num. */
u32 nm_seg_len(const struct nm_seg_plan *plan, u32 i);

/**
 * nm_seg_write() - write frame @i
 * @frame: as for the plan
 * @to: @num_to pieces that have nm_seg_len() bytes together, or more
 */
void nm_seg_write(const struct nm_seg_plan *plan, u32 i, const struct nm_piece *frame, u32 num,
		  const struct nm_piece *to, u32 num_to);

/* Copy @len bytes from @at of a frame; there have to be that many. */
void nm_pieces_read(const struct nm_piece *frame, u32 num, u32 at, void *to, u32 len);

/*
 * Internet checksum (RFC 1071): the 16-bit ones' complement sum of @len bytes from @at of a frame,
 * as it lies in memory, neither inverted nor in any byte order. Sums of parts that begin at even
 * distances are added up and folded by nm_csum_fold().
 */
u16 nm_pieces_csum(const struct nm_piece *frame, u32 num, u32 at, u32 len);
u16 nm_csum_fold(u64 sum);

/* vnet.c */

/* Whether a port can have vnet headers of @len bytes: 0, 10 or 12. */
bool nm_vnet_len_is_valid(u32 len);

/**
 * nm_vnet_plan() - what becomes of a frame between two ports
 * @from_len: bytes of the sender's vnet header
 * @to_len: bytes of the receiver's
 *
 * Others and return value as nm_seg_prepare(); -EINVAL too where the frame is shorter than its
 * header.
 */
int nm_vnet_plan(struct nm_seg_plan *plan, const struct nm_piece *frame, u32 num, u32 total,
		 u32 from_len, u32 to_len, u32 ident);

#ifdef __cplusplus
}
#endif

#endif /* NM_VALE_SEGMENT_H */
