/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf(2): the maps, the program and the link of a port. All are file descriptors, so that the kernel takes
 * everything away with the process, however that ends. Functions return a descriptor, or 0, or a negative errno.
 */
#ifndef XDP_BPF_H
#define XDP_BPF_H

#include "shared.h"

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
