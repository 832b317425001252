// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <net/rtnetlink.h>

static int newlink(struct net_device *dev, struct rtnl_newlink_params *params,
		   struct netlink_ext_ack *extack)
{
	return 0;
}

static struct rtnl_link_ops ops = {
	.newlink = newlink,
};
