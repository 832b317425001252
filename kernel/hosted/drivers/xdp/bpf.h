/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf(2): the maps, the program and the link of a port. All are file descriptors, so that the kernel takes
 * everything away with the process, however that ends. Functions return a descriptor, or 0, or a negative errno.
 */
#ifndef XDP_BPF_H
#define XDP_BPF_H

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

/* An array of @num elements that can be mapped: the memory of a region, or calls. */
int xdp_array(u32 size, u32 num);

/* Elements are set by xdp_map_set(). */
int xdp_socket_map(u32 num);
int xdp_device_map(void);
int xdp_map_set(int map, u32 key, u32 value);
int xdp_map_remove(int map, u32 key);

/**
 * xdp_program() - load the port's program
 * @num_rings: that send
 * @chunk: bytes of an element of maps->memory
 *
 * Run by xdp_run_program() it sends frames; for a frame that came in on the interface it finds the socket of
 * the queue, and leaves the frame to the host where there is none.
 */
int xdp_program(const struct xdp_maps *maps, u32 num_rings, u32 chunk);

/* @flags: XDP_FLAGS_DRV_MODE or XDP_FLAGS_SKB_MODE of linux/if_link.h. */
int xdp_link(int program, int index, u32 flags);

/* Another program in the place of the link's. */
int xdp_link_change(int link, int program);

/**
 * xdp_send() - run the program on @num frames that really leave
 * @model: bytes that each frame begins with, before the program gives it its own
 * @len: bytes of @model. The ring is @len modulo the number of rings
 *
 * Return: 0; -EINTR: a signal came, and fewer may have left; or another negative errno, after which some may
 * have left, too.
 */
int xdp_send(int program, const void *model, u32 len, u32 num);

#endif /* XDP_BPF_H */
