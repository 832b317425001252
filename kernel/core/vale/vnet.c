// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The vnet headers of two ports that do not agree.
 *
 * From some to as many: nothing changes. From none to some: a header that announces nothing. From 10 to 12 bytes or back: what it
 * announces stays, as the receiver understands it. From some to none: what it announces is done
 * here.
 */
#include "segment.h"

#define SHORT_LEN	10
#define LONG_LEN	12	/* with the number of buffers that the frame takes */

bool nm_vnet_len_is_valid(u32 len)
{
	return len == 0 || len == SHORT_LEN || len == LONG_LEN;
}

static u16 load16(const u8 *at)
{
	u16 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

int nm_vnet_plan(struct nm_seg_plan *plan, const struct nm_piece *frame, u32 num, u32 total,
		 u32 from_len, u32 to_len, u32 ident)
{
	const u16 one_buffer = 1;
	u8 bytes[LONG_LEN] = { 0 };

	if (total < from_len)
		return -EINVAL;
	plan->kind = NM_SEG_WHOLE;
	plan->csum = false;
	plan->num = 1;
	if (from_len == to_len) {
		plan->header_len = 0;
		plan->payload = 0;
		plan->payload_len = total;
		plan->mss = total;
		return 0;
	}
	if (from_len)
		nm_pieces_read(frame, num, 0, bytes, SHORT_LEN);
	if (!to_len) {
		const struct nm_vnet vnet = {
			.flags = bytes[0],
			.gso_type = bytes[1],
			.hdr_len = load16(bytes + 2),
			.gso_size = load16(bytes + 4),
			.csum_start = load16(bytes + 6),
			.csum_offset = load16(bytes + 8),
		};

		return nm_seg_prepare(plan, &vnet, frame, num, total, from_len, ident);
	}
	memcpy(bytes + SHORT_LEN, &one_buffer, sizeof(one_buffer));
	plan->header_len = to_len;
	plan->payload = from_len;
	plan->payload_len = total - from_len;
	plan->mss = plan->payload_len;
	memcpy(plan->header, bytes, to_len);
	return 0;
}
