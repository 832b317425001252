/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What netmap.ko has for native Linux drivers, besides nm_driver.h. README.md is the guide.
 *
 * Locks, outermost first: core->lock, RTNL, a ring's busy. So nothing that holds RTNL waits for
 * core->lock, and txsync and rxsync, which run with busy held, never take RTNL.
 */
#ifndef NM_NATIVE_H
#define NM_NATIVE_H

#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "nm_driver.h"

/**
 * nm_native_register() - the driver of an interface can do netmap by itself
 * @dev: registered; by this the port has its name, its namespace and its link
 * @ops: copied; reg is called under core->lock and RTNL
 * @config: rings and slots; copied. link_up and speed_mbps are filled in from @dev
 * @driver_data: nm_port_data() of the port
 *
 * A client that opens @dev gets the native port from then on, unless the parameter admode says
 * otherwise. The registration ends with the interface: unregister_netdev() returns, and the memory
 * of unregister_netdevice()'s caller is freed by needs_free_netdev, only when no op is called any
 * more. Until then reg may be called for rings that leave netmap mode.
 *
 * May sleep; with RTNL or without. Return: 0, -ENOMEM, -EEXIST, -EINVAL
 * (no reg).
 */
#define nm_native_register(dev, ops, config, driver_data)	\
	nm_native_register_module(dev, ops, config, driver_data, THIS_MODULE)
int nm_native_register_module(struct net_device *dev, const struct nm_driver_ops *ops,
			      const struct nm_port_config *config, void *driver_data,
			      struct module *owner);

/*
 * Around a reset of the device or of its queues, in one section of RTNL: after the first no thread is in txsync
 * or rxsync of a ring of it, and syncs do nothing until the second. To set an interface down and up
 * is no reset: netmap sees that by itself, and clients get POLLERR and -EIO meanwhile.
 */
void nm_native_pause(struct net_device *dev);
void nm_native_resume(struct net_device *dev);

/**
 * nm_native_divert() - at the beginning of a driver's transmit function
 * @tx: ring of the queue that the frame is for, or NULL; kept by the caller, in an RCU section
 * @skb: as the stack gives it: segments and checksums may be left to the device
 *
 * Return: true: the queue is netmap's, and @skb was consumed; false: send it.
 */
bool nm_native_divert(struct nm_kring *tx, struct sk_buff *skb);

/*
 * For nm_driver_ops.host_up: a frame goes to the host stack as if it had come in on queue @queue of
 * @dev. Return: whether the stack took it.
 */
bool nm_native_up(struct net_device *dev, u32 queue, const struct nm_frag *frags, u32 num);

#endif /* NM_NATIVE_H */
