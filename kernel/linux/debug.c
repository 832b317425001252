// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * debugfs, netmap/counters: a line a ring of each interface and switch port, "name=value", the
 * reasons of drops among them. Switches are those of the reader's network namespace.
 * netmap/regions: a line a memory region, with the objects that are taken of those there are.
 * Nothing depends on it: a kernel without debugfs has no counters to show.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "generic.h"
#include "vale/nm_vale.h"

static struct dentry *dir;

static void show_ring(struct seq_file *to, const struct nm_port_view *view, enum nm_dir d, u32 i)
{
	const struct nm_kring *kr = &view->rings[d][i];
	const u32 nic = view->config.num_rings[d];
	const bool host = i >= nic;

	seq_printf(to, "%s %s%s%u users=%u netmap=%u syncs=%llu slots=%llu reinits=%llu drops=%llu",
		   view->name, host ? "host-" : "", d == NM_TX ? "tx" : "rx", host ? i - nic : i,
		   READ_ONCE(kr->users), READ_ONCE(kr->on), READ_ONCE(kr->stats.syncs),
		   READ_ONCE(kr->stats.frames), READ_ONCE(kr->stats.reinits),
		   READ_ONCE(kr->stats.drops));
	if (!host && !strcmp(view->driver, generic_ops.name)) {
		const struct generic *g = view->driver_data;

		if (d == NM_TX)
			seq_printf(to, " too_short=%llu too_long=%llu refused=%llu no_memory=%llu",
				   READ_ONCE(g->tx[i].too_short), READ_ONCE(g->tx[i].too_long),
				   READ_ONCE(g->tx[i].refused), READ_ONCE(g->tx[i].no_memory));
		else
			seq_printf(to, " full=%llu too_long=%llu no_memory=%llu",
				   READ_ONCE(g->rx[i].full), READ_ONCE(g->rx[i].too_long),
				   READ_ONCE(g->rx[i].no_memory));
	}
	seq_putc(to, '\n');
}

static void show_port(const struct nm_port_view *view, void *arg)
{
	struct seq_file *to = arg;
	int d;
	u32 i;

	seq_printf(to, "%s driver=%s link=%s", view->name, view->driver,
		   view->config.link_up ? "up" : "down");
	if (!strcmp(view->driver, generic_ops.name)) {
		const struct generic *g = view->driver_data;

		seq_printf(to, " host_no_memory=%llu host_secret=%llu",
			   READ_ONCE(g->host_no_memory), READ_ONCE(g->host_secret));
	}
	seq_putc(to, '\n');
	for (d = 0; d < NM_DIRS; d++) {
		const u32 all = view->config.num_rings[d] + view->config.num_host_rings[d];

		for (i = 0; i < all; i++)
			show_ring(to, view, d, i);
	}
}

static void show_vale(const struct nm_vale_view *view, void *arg)
{
	struct seq_file *to = arg;
	u32 i;

	for (i = 0; i < view->num_tx; i++) {
		const struct nm_vale_tx_stats *s = nm_vale_view_tx(view, i);

		seq_printf(to, "%s tx%u frames=%llu flooded=%llu too_short=%llu too_long=%llu fault=%llu nowhere=%llu\n",
			   view->name, i, READ_ONCE(s->frames), READ_ONCE(s->flooded),
			   READ_ONCE(s->too_short), READ_ONCE(s->too_long), READ_ONCE(s->fault),
			   READ_ONCE(s->nowhere));
	}
	for (i = 0; i < view->num_rx; i++) {
		const struct nm_vale_rx_stats *s = nm_vale_view_rx(view, i);

		seq_printf(to, "%s rx%u frames=%llu full=%llu misfit=%llu\n", view->name, i,
			   READ_ONCE(s->frames), READ_ONCE(s->full), READ_ONCE(s->misfit));
	}
}

static int counters_show(struct seq_file *to, void *unused)
{
	nm_core_ports(nm_linux_core, show_port, to);
	nm_vale_ports(nm_linux_core, show_vale, to);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counters);

static void show_region(const struct nm_region_view *view, void *arg)
{
	seq_printf(arg, "%u users=%u ports=%u ifs=%u/%u rings=%u/%u bufs=%u/%u\n", view->id,
		   view->users, view->ports, view->ifs_used, view->ifs, view->rings_used,
		   view->rings, view->bufs_used, view->bufs);
}

static int regions_show(struct seq_file *to, void *unused)
{
	nm_core_regions(nm_linux_core, show_region, to);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(regions);

void nm_debug_init(void)
{
	dir = debugfs_create_dir("netmap", NULL);
	debugfs_create_file("counters", 0400, dir, NULL, &counters_fops);
	debugfs_create_file("regions", 0400, dir, NULL, &regions_fops);
}

void nm_debug_exit(void)
{
	debugfs_remove_recursive(dir);
}
