/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* An instance of the core: its data. core.c makes and ends one. */
#ifndef NM_INSTANCE_H
#define NM_INSTANCE_H

#include "list.h"
#include "nm_core.h"

struct nm_region;
struct nm_vale;

/* Of the three pools of a region: how many objects, of how many bytes. */
struct nm_region_sizes {
	u32 if_size, if_num;
	u32 ring_size, ring_num;
	u32 buf_size, buf_num;
};

/**
 * struct nm_core - an instance: what a machine with the module is
 * @lock: see nm_core.h
 * @ports: attached ports
 * @regions: all there are, sorted by their numbers
 * @home: the shared region of config.home
 * @shared_sizes: of the region that the interfaces of a namespace share
 * @private_sizes: of regions made for one port, before what that port needs
 * @vale: the switches, NULL until there is one
 */
struct nm_core {
	struct nm_mutex lock;
	struct nm_core_config config;
	struct nm_list ports;
	struct nm_list regions;
	struct nm_region *home;
	struct nm_region_sizes shared_sizes;
	struct nm_region_sizes private_sizes;
	struct nm_vale *vale;
};

#endif /* NM_INSTANCE_H */
