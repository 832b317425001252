// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A NIC in memory, for tests: fn0, whose cable leads back into itself. It has a queue of descriptors
 * in each direction, which a thread works off as hardware does: by device addresses, with
 * interrupts, from descriptor 0 after each reset. So it tests what netmap.ko has for drivers of
 * devices: DMA, restarts while a client has the rings, pauses, interrupts.
 *
 * A change of the MTU resets it, as that of many NICs does. It has no rings of skbs: what the stack
 * sends while netmap does not have the queue is lost.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/rtnetlink.h>

#include "nm_native.h"

#define SLOTS		256
#define MAX_FRAME	1600

/* What the device works off before it looks at the other things that it has to do. */
#define PASS		64

#define OWNED		1u	/* by the device */

struct desc {
	u64 addr;
	u32 len;
	u32 flags;
};

/**
 * struct queue - of one direction
 * @kr: its ring, NULL: it is the host's. Under hardware
 * @desc: SLOTS descriptors, in @mem
 * @next: where the device goes on
 * @quiet: no interrupts. READ_ONCE()
 */
struct queue {
	struct nm_kring *kr;
	struct desc *desc;
	struct nm_os_dma mem;
	u32 next;
	bool quiet;
};

/* There is one. */
static struct platform_device *platform;
static struct net_device *netdev;
static struct nm_os_device dma_device;
static struct task_struct *thread;
static struct queue queues[NM_DIRS];

/* Held by the device while it works, and by who resets it. */
static DEFINE_MUTEX(hardware);
static bool running;		/* under hardware */

/* The device. Its addresses are physical ones: there is no IOMMU. */

/* Return: whether there was a frame. */
static bool move_frame(struct queue *tx, struct queue *rx)
{
	struct desc *from = &tx->desc[tx->next];
	struct desc *to = rx->kr ? &rx->desc[rx->next] : NULL;

	if (!(READ_ONCE(from->flags) & OWNED))
		return false;
	dma_rmb();
	if (to && READ_ONCE(to->flags) & OWNED) {
		dma_rmb();
		memcpy(phys_to_virt(to->addr), phys_to_virt(from->addr), from->len);
		to->len = from->len;
		dma_wmb();
		WRITE_ONCE(to->flags, 0);
		rx->next = (rx->next + 1) % SLOTS;
	}
	dma_wmb();
	WRITE_ONCE(from->flags, 0);
	tx->next = (tx->next + 1) % SLOTS;
	return true;
}

static void interrupt(const struct queue *q)
{
	/* Pairs with fake_intr(): it sees the frame, or we see that it wants to be told. */
	smp_mb();
	if (!READ_ONCE(q->quiet))
		nm_ring_irq(q->kr);
}

static u32 work_off(void)
{
	u32 done = 0;

	mutex_lock(&hardware);
	while (running && queues[NM_TX].kr && done < PASS &&
	       move_frame(&queues[NM_TX], &queues[NM_RX]))
		done++;
	if (done) {
		interrupt(&queues[NM_TX]);
		interrupt(&queues[NM_RX]);
	}
	mutex_unlock(&hardware);
	return done;
}

static int device_thread(void *unused)
{
	while (!kthread_should_stop()) {
		if (work_off())
			cond_resched();
		else
			usleep_range(20, 50);
	}
	return 0;
}

/* The driver. */

/* A receive descriptor for what is in the slot. Return: false where the slot is spoilt. */
static bool give(struct queue *q, const struct nm_bufs *bufs, u32 slot)
{
	struct desc *d = &q->desc[nm_desc_of(q->kr, slot)];
	struct nm_slot_view view;

	if (!nm_slot_get(&q->kr->ring->slot[slot], bufs, &view))
		return false;
	d->addr = nm_buf_dma(bufs, view.buf_idx);
	dma_wmb();
	WRITE_ONCE(d->flags, OWNED);
	return true;
}

/* With hardware held, and the ring stopped or paused. */
static void queue_restart(struct queue *q)
{
	u32 num, i;

	if (!q->kr)
		return;
	memset(q->desc, 0, SLOTS * sizeof(*q->desc));
	q->next = 0;
	num = nm_kring_restart(q->kr);
	for (i = 0; i < num; i++) {
		const u32 slot = nm_slot_of(q->kr, i);

		/* A client has spoilt it: it gets a buffer that nobody has. */
		if (!give(q, &q->kr->bufs, slot)) {
			nm_slot_set(&q->kr->ring->slot[slot], 0, 0, 0);
			give(q, &q->kr->bufs, slot);
		}
	}
}

static void fake_reset(void)
{
	nm_native_pause(netdev);
	mutex_lock(&hardware);
	queue_restart(&queues[NM_TX]);
	queue_restart(&queues[NM_RX]);
	mutex_unlock(&hardware);
	nm_native_resume(netdev);
}

static int fake_txsync(struct nm_kring *kr, int flags)
{
	struct queue *q = &queues[NM_TX];
	const struct nm_bufs bufs = kr->bufs;
	const u32 lim = kr->num_slots - 1;
	struct nm_tx_frame frame;
	u32 i;

	while (kr->hwcur != kr->rhead && nm_tx_frame_get(kr, &bufs, kr->hwcur, &frame)) {
		struct desc *d = &q->desc[nm_desc_of(kr, kr->hwcur)];

		nm_buf_to_device(&bufs, frame.view[0].buf_idx, frame.len);
		d->addr = nm_buf_dma(&bufs, frame.view[0].buf_idx);
		d->len = frame.len;
		dma_wmb();
		WRITE_ONCE(d->flags, OWNED);
		kr->hwcur = nm_next(kr->hwcur, lim);
	}
	for (i = nm_next(kr->hwtail, lim); i != kr->hwcur; i = nm_next(i, lim)) {
		if (READ_ONCE(q->desc[nm_desc_of(kr, i)].flags) & OWNED)
			break;
		kr->hwtail = i;
	}
	return 0;
}

static int fake_rxsync(struct nm_kring *kr, int flags)
{
	struct queue *q = &queues[NM_RX];
	const struct nm_bufs bufs = kr->bufs;
	const u32 lim = kr->num_slots - 1, last = nm_prev(kr->hwcur, lim);

	for (; kr->hwtail != last; kr->hwtail = nm_next(kr->hwtail, lim)) {
		const struct desc *d = &q->desc[nm_desc_of(kr, kr->hwtail)];

		if (READ_ONCE(d->flags) & OWNED)
			break;
		dma_rmb();
		nm_slot_put(&kr->ring->slot[kr->hwtail], d->len, 0);
	}
	/* With each slot that comes back the device gets the one before: one stays empty. */
	for (; kr->hwcur != kr->rhead; kr->hwcur = nm_next(kr->hwcur, lim)) {
		const u32 slot = nm_prev(kr->hwcur, lim);

		if (!give(q, &bufs, slot)) {
			nm_slot_refuse(kr, slot);
			break;
		}
	}
	return 0;
}

static void fake_intr(struct nm_kring *kr, bool on)
{
	WRITE_ONCE(queues[kr->dir].quiet, !on);
	/* Before the caller looks at the ring once more; see interrupt(). */
	smp_mb();
}

static int queue_on(struct queue *q, struct nm_kring *kr)
{
	int error = nm_os_dma_alloc(&dma_device, &q->mem, SLOTS * sizeof(*q->desc));

	if (error)
		return error;
	mutex_lock(&hardware);
	q->desc = q->mem.virt;
	q->kr = kr;
	q->quiet = false;
	nm_kring_set_mode(kr, true);
	queue_restart(q);
	mutex_unlock(&hardware);
	return 0;
}

static void queue_off(struct queue *q, struct nm_kring *kr)
{
	mutex_lock(&hardware);
	nm_kring_set_mode(kr, false);
	q->kr = NULL;
	mutex_unlock(&hardware);
	/* The stack's frames look at the ring in RCU sections. */
	synchronize_net();
	nm_os_dma_free(&q->mem);
}

static int fake_reg(struct nm_port *port)
{
	int dir, error = 0, done;

	for (done = 0; done < NM_DIRS && !error; done++) {
		struct nm_kring *kr = nm_port_ring(port, done, 0);

		if (!nm_kring_pending(kr))
			continue;
		if (kr->pending_on)
			error = queue_on(&queues[done], kr);
		else
			queue_off(&queues[done], kr);
	}
	/* The last that was tried has failed. */
	for (dir = 0; error && dir + 1 < done; dir++) {
		struct nm_kring *kr = nm_port_ring(port, dir, 0);

		if (nm_kring_pending(kr))
			queue_off(&queues[dir], kr);
	}
	return error;
}

static bool fake_host_up(struct nm_port *port, u32 queue, const struct nm_frag *frags, u32 num)
{
	return nm_native_up(netdev, queue, frags, num);
}

static const struct nm_driver_ops fake_nm_ops = {
	.name = "fake_nic",
	.reg = fake_reg,
	.txsync = fake_txsync,
	.rxsync = fake_rxsync,
	.host_up = fake_host_up,
	.intr = fake_intr,
};

static netdev_tx_t fake_xmit(struct sk_buff *skb, struct net_device *dev)
{
	if (!nm_native_divert(READ_ONCE(queues[NM_TX].kr), skb))
		dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

/* netmap keeps syncs away until this has returned. */
static int fake_open(struct net_device *dev)
{
	mutex_lock(&hardware);
	queue_restart(&queues[NM_TX]);
	queue_restart(&queues[NM_RX]);
	running = true;
	mutex_unlock(&hardware);
	return 0;
}

static int fake_stop(struct net_device *dev)
{
	mutex_lock(&hardware);
	running = false;
	mutex_unlock(&hardware);
	return 0;
}

static int fake_change_mtu(struct net_device *dev, int mtu)
{
	WRITE_ONCE(dev->mtu, mtu);
	if (netif_running(dev))
		fake_reset();
	return 0;
}

static const struct net_device_ops fake_netdev_ops = {
	.ndo_open = fake_open,
	.ndo_stop = fake_stop,
	.ndo_start_xmit = fake_xmit,
	.ndo_change_mtu = fake_change_mtu,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_mac_address = eth_mac_addr,
};

static int make_interface(void)
{
	const struct nm_port_config config = {
		.num_rings = { [NM_TX] = 1, [NM_RX] = 1 },
		.num_slots = { [NM_TX] = SLOTS, [NM_RX] = SLOTS },
		.limits = {
			.min_frame = ETH_HLEN,
			.max_frame = MAX_FRAME,
			.max_frags = 1,
			.rx_buf_unit = 2048,
			.slots_unit = 8,
		},
		.device = &dma_device,
	};
	int error;

	netdev = alloc_etherdev(0);
	if (!netdev)
		return -ENOMEM;
	strscpy(netdev->name, "fn0", IFNAMSIZ);
	netdev->netdev_ops = &fake_netdev_ops;
	netdev->priv_flags |= IFF_DISABLE_NETPOLL;
	SET_NETDEV_DEV(netdev, &platform->dev);
	eth_hw_addr_random(netdev);
	error = register_netdev(netdev);
	if (error) {
		free_netdev(netdev);
		return error;
	}
	error = nm_native_register(netdev, &fake_nm_ops, &config, NULL);
	if (error) {
		unregister_netdev(netdev);
		free_netdev(netdev);
	}
	return error;
}

static int __init fake_nic_init(void)
{
	int error;

	platform = platform_device_register_simple("fake_nic", -1, NULL, 0);
	if (IS_ERR(platform))
		return PTR_ERR(platform);
	error = dma_coerce_mask_and_coherent(&platform->dev, DMA_BIT_MASK(64));
	if (error)
		goto fail_platform;
	dma_device.dev = &platform->dev;
	thread = kthread_run(device_thread, NULL, "fake_nic");
	if (IS_ERR(thread)) {
		error = PTR_ERR(thread);
		goto fail_platform;
	}
	error = make_interface();
	if (error)
		goto fail_thread;
	return 0;

fail_thread:
	kthread_stop(thread);
fail_platform:
	platform_device_unregister(platform);
	return error;
}

static void __exit fake_nic_exit(void)
{
	unregister_netdev(netdev);
	free_netdev(netdev);
	kthread_stop(thread);
	platform_device_unregister(platform);
}

module_init(fake_nic_init);
module_exit(fake_nic_exit);

MODULE_DESCRIPTION("A NIC in memory, for tests of netmap.ko");
MODULE_AUTHOR("The nmgen authors");
MODULE_LICENSE("Dual BSD/GPL");
