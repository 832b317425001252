// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Module parameters, /sys/module/netmap/parameters. Those of the pools take effect when the region
 * is next made, for its first client; a write that cannot be is refused.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "nm_linux.h"

unsigned int nm_fwd;
module_param_named(fwd, nm_fwd, uint, 0644);
MODULE_PARM_DESC(fwd, "1: pass slots with NS_FORWARD to the host stack without NR_FORWARD on the ring");

unsigned int nm_admode;
module_param_named(admode, nm_admode, uint, 0644);
MODULE_PARM_DESC(admode, "0: the best driver there is, 1: native only, 2: emulated only");

unsigned int nm_generic_hwcsum;
module_param_named(generic_hwcsum, nm_generic_hwcsum, uint, 0644);
MODULE_PARM_DESC(generic_hwcsum, "1: the emulated adapter lets the device make the checksums of TCP and UDP");

unsigned int nm_generic_mit = 100000;
module_param_named(generic_mit, nm_generic_mit, uint, 0644);
MODULE_PARM_DESC(generic_mit, "ns between two wake-ups of an emulated receive ring; 0: one a frame");

unsigned int nm_generic_ringsize = 1024;
module_param_named(generic_ringsize, nm_generic_ringsize, uint, 0644);
MODULE_PARM_DESC(generic_ringsize, "slots of the rings of an emulated adapter");

unsigned int nm_generic_rings = 1;
module_param_named(generic_rings, nm_generic_rings, uint, 0644);
MODULE_PARM_DESC(generic_rings, "ring pairs of an emulated adapter, at most as many as the device has queues");

unsigned int nm_generic_txqdisc = 1;
module_param_named(generic_txqdisc, nm_generic_txqdisc, uint, 0644);
MODULE_PARM_DESC(generic_txqdisc, "1: take notice of completed transmissions; 0: trust the device's queue to refuse what it cannot take");

/* What nm_core_configure() is given. Written under the lock that the kernel has for parameters. */
static unsigned int no_timestamp;
static unsigned int if_size = 1024, if_num = 100;
static unsigned int ring_size = 36864, ring_num = 200;
static unsigned int buf_size = 2048, buf_num = 163840;

static void demand(struct nm_core *core, const char *name)
{
}

void nm_params_config(struct nm_core_config *config)
{
	*config = (struct nm_core_config){
		.os = &nm_linux_os,
		.if_size = if_size,
		.if_num = if_num,
		.ring_size = ring_size,
		.ring_num = ring_num,
		.buf_size = buf_size,
		.buf_num = buf_num,
		.no_timestamp = no_timestamp,
		.demand = demand,
	};
}

static int set_core(const char *value, const struct kernel_param *param)
{
	unsigned int *word = param->arg;
	const unsigned int before = *word;
	struct nm_core_config config;
	int error = param_set_uint(value, param);

	/* Before the core is there it takes what it finds. */
	if (error || !nm_linux_core)
		return error;
	nm_params_config(&config);
	error = nm_core_configure(nm_linux_core, &config);
	if (error)
		*word = before;
	return error;
}

static const struct kernel_param_ops core_ops = {
	.set = set_core,
	.get = param_get_uint,
};

#define CORE_PARAM(name, text)					\
	module_param_cb(name, &core_ops, &name, 0644);		\
	MODULE_PARM_DESC(name, text)

CORE_PARAM(no_timestamp, "1: receive rings get no time stamp");
CORE_PARAM(if_size, "bytes of an interface's object in the global region, a multiple of 64");
CORE_PARAM(if_num, "how many of them there are");
CORE_PARAM(ring_size, "bytes of a ring's object, a multiple of 128; larger rings take several");
CORE_PARAM(ring_num, "how many of them there are");
CORE_PARAM(buf_size, "bytes of a buffer, a multiple of 64");
CORE_PARAM(buf_num, "how many buffers there are");

/* What the region has now; @arg is the offset of the word in struct nmreq_pools_info. */
static int get_pools_now(char *to, const struct kernel_param *param)
{
	struct nmreq_pools_info pools;

	if (!nm_linux_core)
		return sprintf(to, "0\n");
	nm_core_pools(nm_linux_core, &pools);
	return sprintf(to, "%u\n", *(u32 *)((char *)&pools + (unsigned long)param->arg));
}

static const struct kernel_param_ops pools_now_ops = {
	.get = get_pools_now,
};

#define CURRENT_PARAM(name, field)							\
	module_param_cb(name, &pools_now_ops,						\
			(void *)offsetof(struct nmreq_pools_info, field), 0444);	\
	MODULE_PARM_DESC(name, "what the global region has now; 0 while nobody uses it")

CURRENT_PARAM(if_curr_size, nr_if_pool_objsize);
CURRENT_PARAM(if_curr_num, nr_if_pool_objtotal);
CURRENT_PARAM(ring_curr_size, nr_ring_pool_objsize);
CURRENT_PARAM(ring_curr_num, nr_ring_pool_objtotal);
CURRENT_PARAM(buf_curr_size, nr_buf_pool_objsize);
CURRENT_PARAM(buf_curr_num, nr_buf_pool_objtotal);
