// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Module parameters, /sys/module/netmap/parameters. Those of the pools take effect when the region
 * is next made, for its first client; a write that cannot be is refused.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <net/net_namespace.h>

#include "generic.h"
#include "native.h"
#include "vale/nm_vale.h"

unsigned int nm_admode;
module_param_named(admode, nm_admode, uint, 0644);
MODULE_PARM_DESC(admode, "0: the best driver there is, 1: native only, 2: emulated only");

unsigned int nm_generic_mit = 100000;
module_param_named(generic_mit, nm_generic_mit, uint, 0644);
MODULE_PARM_DESC(generic_mit, "ns between two wake-ups of an emulated receive ring; 0: one a frame");

unsigned int nm_generic_ringsize = 1024;
module_param_named(generic_ringsize, nm_generic_ringsize, uint, 0644);
MODULE_PARM_DESC(generic_ringsize, "slots of the rings of an emulated adapter");

unsigned int nm_generic_rings = 1;
module_param_named(generic_rings, nm_generic_rings, uint, 0644);
MODULE_PARM_DESC(generic_rings, "ring pairs of an emulated adapter, at most as many as the device has queues");

unsigned int nm_generic_hwcsum;
module_param_named(generic_hwcsum, nm_generic_hwcsum, uint, 0644);
MODULE_PARM_DESC(generic_hwcsum, "1: checksums that were left to the device come to clients as they are, not finished here");

unsigned int nm_generic_txqdisc = 1;
module_param_named(generic_txqdisc, nm_generic_txqdisc, uint, 0644);
MODULE_PARM_DESC(generic_txqdisc, "1: clients' frames go straight to the device, and wait in their ring while it has no room; 0: through the interface's own queueing discipline, which may delay and drop them");

unsigned int nm_no_pendintr = 1;
module_param_named(no_pendintr, nm_no_pendintr, uint, 0644);
MODULE_PARM_DESC(no_pendintr, "1: a receive sync of an emulated adapter takes all that has come; 0: only what a wake-up was for, so that frames come in groups, generic_mit apart");

/* The ABI names it. It is about a network device for guests, ptnet, which is not part of this module. */
static unsigned int ptnet_vnet_hdr = 1;
module_param(ptnet_vnet_hdr, uint, 0644);
MODULE_PARM_DESC(ptnet_vnet_hdr, "without effect: there is no ptnet device here; taken, so that a configuration that sets it works");

/* What nm_core_configure() is given. Written under the lock that the kernel has for parameters. */
static unsigned int verbose;
static unsigned int no_timestamp;
static unsigned int fwd;
static unsigned int max_bridges = NM_VALE_SWITCHES;
static unsigned int bridge_batch = NM_VALE_BATCH;
static unsigned int txsync_retry = 2;
static unsigned int if_size = NM_IF_SIZE, if_num = NM_IF_NUM;
static unsigned int ring_size = NM_RING_SIZE, ring_num = NM_RING_NUM;
static unsigned int buf_size = NM_BUF_SIZE, buf_num = NM_BUF_NUM;
static unsigned int priv_if_size = NM_IF_SIZE, priv_if_num = NM_PRIV_IF_NUM;
static unsigned int priv_ring_size = NM_PRIV_RING_SIZE, priv_ring_num = NM_PRIV_RING_NUM;
static unsigned int priv_buf_size = NM_BUF_SIZE, priv_buf_num = NM_PRIV_BUF_NUM;

static void demand(struct nm_core *core, const void *ns, const char *name, struct nm_port *idle)
{
	if (!nm_native_demand(core, ns, name, &idle))
		generic_demand(core, ns, name, idle);
}

void nm_params_config(struct nm_core_config *config)
{
	*config = (struct nm_core_config){
		.os = &nm_linux_os,
		.home = &init_net,
		.if_size = if_size,
		.if_num = if_num,
		.ring_size = ring_size,
		.ring_num = ring_num,
		.buf_size = buf_size,
		.buf_num = buf_num,
		.priv_if_size = priv_if_size,
		.priv_if_num = priv_if_num,
		.priv_ring_size = priv_ring_size,
		.priv_ring_num = priv_ring_num,
		.priv_buf_size = priv_buf_size,
		.priv_buf_num = priv_buf_num,
		.no_timestamp = no_timestamp,
		.fwd = fwd,
		.verbose = verbose,
		.max_switches = max_bridges,
		.vale_batch = bridge_batch,
		.txsync_tries = txsync_retry < U32_MAX ? txsync_retry + 1 : txsync_retry,
		.demand = demand,
		.interface_make = nm_interface_make,
		.interface_unmake = nm_interface_unmake,
		.interface_up = nm_interface_up,
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

CORE_PARAM(verbose, "1: requests that succeed are logged too, as those are that are refused");
CORE_PARAM(max_bridges, "VALE switches of a network namespace, at most 32");
CORE_PARAM(bridge_batch, "slots that a VALE switch forwards at a time, 65 to 1024");
CORE_PARAM(txsync_retry, "how often an interface in a switch whose ring is full is asked for room before frames for it are dropped");
CORE_PARAM(no_timestamp, "1: receive rings get no time stamp");
CORE_PARAM(fwd, "1: slots with NS_FORWARD go to the host stack also where the ring has no NR_FORWARD");
CORE_PARAM(if_size, "bytes of an interface's object in the region that the interfaces of a network namespace share, a multiple of 64");
CORE_PARAM(if_num, "how many of them there are");
CORE_PARAM(ring_size, "bytes of a ring's object, a multiple of 128; larger rings take several");
CORE_PARAM(ring_num, "how many of them there are");
CORE_PARAM(buf_size, "bytes of a buffer, a multiple of 64");
CORE_PARAM(buf_num, "how many buffers there are");
CORE_PARAM(priv_if_size, "as if_size, in regions of one port");
CORE_PARAM(priv_if_num, "as if_num, in regions of one port");
CORE_PARAM(priv_ring_size, "as ring_size, in regions of one port");
CORE_PARAM(priv_ring_num, "as ring_num, in regions of one port");
CORE_PARAM(priv_buf_size, "as buf_size, in regions of one port");
CORE_PARAM(priv_buf_num, "as buf_num, in regions of one port");

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
	MODULE_PARM_DESC(name, "what the shared region of the reader's network namespace has now; 0 while nobody uses it")

CURRENT_PARAM(if_curr_size, nr_if_pool_objsize);
CURRENT_PARAM(if_curr_num, nr_if_pool_objtotal);
CURRENT_PARAM(ring_curr_size, nr_ring_pool_objsize);
CURRENT_PARAM(ring_curr_num, nr_ring_pool_objtotal);
CURRENT_PARAM(buf_curr_size, nr_buf_pool_objsize);
CURRENT_PARAM(buf_curr_num, nr_buf_pool_objtotal);
