/* SPDX-License-Identifier: BSD-2-Clause */
/* What a port's XDP program and the process share: the maps, and what is in them. */
#ifndef XDP_SHARED_H
#define XDP_SHARED_H

#include "nm_os.h"

/* Frames of a call, at most: a power of two. */
#define XDP_CALL_FRAMES	1024u

/* A frame of a call: what the program finds of it. */
struct xdp_frame_slot {
	u32 chunk;		/* element of the memory, with the frame at XDP_HEADROOM */
	u16 len;		/* bytes without CRC */
	int16_t change;		/* @len less the bytes of the call's model */
};

/**
 * struct xdp_call - the frames of one call, shared by the process and the program
 * @next: the frame that the program takes next; afterwards: how many it has taken
 * @end: how many there are
 * @refused: taken, and not sent: too long for the kernel's memory, or the interface is gone
 */
struct xdp_call {
	u32 next;
	u32 end;
	u32 refused;
	u32 unused[13];
	struct xdp_frame_slot slots[XDP_CALL_FRAMES];
};

/* What begins each chunk of memory: the kernel's XDP_PACKET_HEADROOM, which AF_XDP leaves before a frame. */
#define XDP_HEADROOM	256u

/* Maps of a port, by descriptor. */
struct xdp_maps {
	int sockets;		/* XSKMAP: queue to socket */
	int out;		/* DEVMAP: 0 to the interface */
	int calls;		/* ring to struct xdp_call, which the process maps too */
	int memory;		/* the region's chunks; its descriptor is the region's */
};

#endif /* XDP_SHARED_H */
