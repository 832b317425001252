/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Inside the VALE switch. nm_vale.h is what the rest of the core calls.
 *
 * Who may look at what, and when it may go:
 *
 *   A sender is a thread in a sync of a ring that feeds the switch: it holds that ring's kr->busy.
 *   A client's receive sync looks as a sender does, for interfaces that have no interrupt.
 *   Everything that a sender follows (sw->ports, port->sw, port->queue_of, queues, sw->lookup) is
 *   written under core->lock, set with nm_store_release() and loaded with nm_load_acquire(). What
 *   is taken away is first made unreachable, then nm_switch_quiesce() takes and gives back the busy
 *   of every ring of all these: syncs that began before have ended, later ones do not find
 *   it. Only then it is freed. So senders take no lock for all this, and no reference.
 */
#ifndef NM_VALE_VALE_H
#define NM_VALE_VALE_H

#include "fdb.h"
#include "nm_vale.h"
#include "ports.h"
#include "segment.h"
#include "switches.h"

#define NM_VALE_IF_RINGS	NM_MAX_RINGS	/* an interface, and direction */
#define NM_VALE_NONE	0xffffu		/* no frame, no lease */
#define NM_VALE_CLOSED	0xffu		/* no queue */
#define NM_VALE_WORDS	((NM_VALE_PORTS + 63) / 64)

/**
 * struct nm_vale_queue - where a port gets its frames: an RX ring of its client, or a TX ring of
 *	the interface that is attached
 * @kr: the ring
 * @ring: its slots; every word of them is hostile
 * @bufs: the buffers that these may name. @bufs.num grows: nm_read_once()
 * @num_slots: of @ring
 * @to_device: a TX ring of an interface
 * @lock: guards what follows; held for a few dozen instructions, never while frames are copied
 * @lease: first slot that no sender has
 * @next_publish: the first slot whose lease is not finished; = published, but for the lock
 * @lease_end: of each slot: where the lease ends that began there and is finished, else
 *	NM_VALE_NONE; leases finish in any order and are published in theirs
 * @spoilt: the interface has refused what is published: nothing is leased until that is taken back.
 *	Written by the holder of the ring's busy
 * @stats: written by senders, and by the holder of the ring's busy
 * @limit: first slot that may not be leased: the receiver's sync moves it on
 * @published: slots before it are the receiver's: senders move it on
 */
struct nm_vale_queue {
	/* Changed only while no sender can find the queue. */
	struct nm_kring *kr;
	struct netmap_ring *ring;
	struct nm_bufs bufs;
	u32 num_slots;
	bool to_device;
	u16 *lease_end;

	struct nm_spin lock NM_ALIGNED_CACHE;
	u32 lease;
	u32 next_publish;
	bool spoilt;
	struct nm_vale_rx_stats stats;

	u32 limit NM_ALIGNED_CACHE;

	u32 published NM_ALIGNED_CACHE;
};

/*
 * A slot of a batch, as the first pass found it. The first one of a frame knows how many there are,
 * and the next frame for the same destination.
 */
struct nm_vale_slot {
	u8 *data;
	u16 len;
	u8 slots;
	u8 ring;
	u16 next;
};

/* Frames of a batch for one destination, in their order. */
struct nm_vale_list {
	u16 first, last;
	u16 slots, frames;
};

/* Destinations of a batch: ports, and one more for frames that go to all. */
#define NM_VALE_FLOOD	NM_VALE_PORTS

/**
 * struct nm_vale_source - a ring that feeds the switch, and the batch that is in work. The holder of
 *	the ring's busy owns all of it
 * @port: the port it belongs to
 * @kr: the ring; which of its slots are worked on says the caller
 * @from_client: slots may be NS_INDIRECT, in the memory of the thread's process
 * @give_up: the next of them that is not there is lost, else it is waited for: NM_SYNC_GIVE_UP
 * @ring: number of the ring, below NM_VALE_IF_RINGS
 * @skipping: the rest of a frame that is too long is still to come
 * @others: a bit for each ring number but @ring that a frame of the batch goes by
 */
struct nm_vale_source {
	struct nm_vale_port *port;
	struct nm_kring *kr;
	u32 ring;
	bool from_client;
	bool give_up;
	bool skipping;
	u64 others;
	struct nm_vale_tx_stats stats;
	u32 num_to;
	u8 to[NM_VALE_PORTS];
	struct nm_vale_list lists[NM_VALE_PORTS + 1];
	struct nm_vale_slot slots[NM_VALE_BATCH];
	/* Of the slow path: one frame. */
	u32 ident;
	struct nm_seg_plan plan;
	struct nm_piece from[NETMAP_MAX_FRAGS];
	struct nm_piece into[NETMAP_MAX_FRAGS];
};

/**
 * struct nm_vale_port - a port of a switch, or one that may become one
 * @name: behind the colon
 * @sw: the switch, NULL while it is in none
 * @index: in sw->ports
 * @vnet_len: bytes of the vnet header of its frames: nm_read_once()
 * @kind: what is behind it
 * @port: the core's port, of whose clients this is; or the interface's
 * @rings: those that we keep: of an interface; of a persistent port with @host, its host rings
 * @interface: persistent: what the residence made for it
 * @owner: of @port, where the kind is NM_VALE_NIC
 * @host: an interface, or a persistent port, whose host rings are attached too: the port of those
 * @joined_by_register: persistent: leaves the switch when nobody has it any more
 * @num_sources: rings that feed the switch
 * @num_queues: rings that it gets frames by
 * @queue_of: for each ring number of a sender, which queue of ours takes its frames; or
 *	NM_VALE_CLOSED. So what comes from one ring stays in order, and a closed ring loses nothing
 *	while another one is open
 */
struct nm_vale_port {
	struct nm_vale *vale;
	struct nm_switch *sw;
	u32 index;
	u32 vnet_len;
	enum nm_vale_kind kind;
	char name[NM_NAME_SIZE];
	struct nm_port *port;
	struct nm_range rings[NM_DIRS];
	struct nm_port_owner owner;
	struct nm_vale_port *host;
	bool joined_by_register;
	void *interface;
	u32 num_sources, num_queues;
	struct nm_vale_source *sources[NM_VALE_IF_RINGS];
	struct nm_vale_queue *queues[NM_VALE_IF_RINGS];
	u8 queue_of[NM_VALE_IF_RINGS];
};

/**
 * struct nm_switch - a switch; exists while it has ports
 * @ns: the namespace that it belongs to, as its ports do; the switch itself once that has ended.
 *	Under core->lock
 * @index: among those of its namespace
 * @members: a bit for each of @ports that is there: nm_read_once()
 * @num_models: ports that are interfaces with no interrupt: nm_read_once()
 * @lookup: who decides, NULL for the table of stations
 */
struct nm_switch {
	struct nm_list link;
	struct nm_vale *vale;
	const void *ns;
	u32 index;
	char name[NM_NAME_SIZE];
	struct nm_fdb *fdb;
	u64 members[NM_VALE_WORDS];
	u32 num_ports;
	u32 num_models;
	const struct nm_vale_lookup *lookup;
	struct nm_vale_port *ports[NM_VALE_PORTS];
};

/**
 * struct nm_vale - the switches of an instance
 * @switches: at most core->config.max_switches in a namespace. Under core->lock
 */
struct nm_vale {
	struct nm_core *core;
	struct nm_list switches;
};

/* switch.c: all under core->lock. */

/* "vale0:a": the switch's name, "vale0", goes to @sw_name. Return: the port's; NULL: malformed. */
const char *nm_vale_split(const char *name, char sw_name[NM_NAME_SIZE]);

/* Of a namespace. */
u32 nm_vale_max_switches(const struct nm_core *core);

/* nm_switch_join() has refused @name: say why. Return: @error. */
int nm_vale_no_room(struct nm_client *client, int error, const char *name);

/* NULL: there is none. */
struct nm_switch *nm_switch_find(struct nm_core *core, const void *ns, const char *sw_name);
struct nm_vale_port *nm_switch_port(struct nm_switch *sw, const char *name);

/* The switches of @core, made with the first. NULL: no memory. */
struct nm_vale *nm_vale_get(struct nm_core *core);

/**
 * nm_switch_join() - a port joins a switch of its namespace, which is made if need be
 * Return: 0; -ENOMEM: no memory, or all places for switches or ports are taken
 */
int nm_switch_join(struct nm_vale *vale, const char *sw_name, struct nm_vale_port *port);

/*
 * The port leaves its switch, if it is in one. After it no sender looks at the port, and none of
 * its own is under way; a switch without ports is gone.
 */
void nm_switch_leave(struct nm_vale_port *port);

/* Wait until no sender sees any more what was there before. */
void nm_switch_quiesce(struct nm_switch *sw);

/* port.c: all under core->lock. */

int nm_vale_port_create(struct nm_vale *vale, const char *name, enum nm_vale_kind kind,
			struct nm_vale_port **out);
void nm_vale_port_free(struct nm_vale_port *port);
int nm_vale_add_source(struct nm_vale_port *port, struct nm_kring *kr, bool from_client);
int nm_vale_add_queue(struct nm_vale_port *port, struct nm_kring *kr);

/* Choose for each sender's ring a queue among those whose bit is set in @open. */
void nm_vale_map_queues(struct nm_vale_port *port, u64 open);

/* Rings and a private or named region as @reg wants them. */
int nm_vale_port_make(struct nm_client *client, const char *name, const char *full_name,
		      enum nm_vale_kind kind, const struct nmreq_register *reg,
		      struct nm_vale_port **out);

/* A port of ours; NULL where it is another driver's. */
struct nm_vale_port *nm_vale_port_of(struct nm_port *port);

/* attach.c: under core->lock. */
int nm_vale_attach(struct nm_client *client, const char *name, const char *sw_name,
		   const struct nmreq_register *reg, u32 *index);

/* A network port that is attached, or a persistent port in a switch. */
void nm_vale_detach(struct nm_vale_port *port);

/*
 * Models of devices have no thread and no interrupt, but do things by themselves: let those of a
 * switch go on; and when the next of them has something to do (nm_driver_ops.deadline), 0 for
 * never. By a thread in the sync of a ring of a client of the switch.
 */
void nm_vale_run_models(struct nm_switch *sw);
u64 nm_vale_models_deadline(struct nm_switch *sw);
bool nm_vale_is_model(const struct nm_vale_port *port);

/* Have the rings of a network port looked at, for what came before we were told of it. */
void nm_vale_port_resume(struct nm_vale_port *port);

/* forward.c */

/* As nm_vale_fetch(), of @len bytes at @from to @to. */
int nm_vale_fetch_data(struct nm_kring *kr, u8 *to, u64 from, u32 len, bool *give_up);

/**
 * nm_vale_forward() - send slots @first up to @end of a source's ring
 *
 * With the ring's busy held. Return: the first slot that was not taken over: @end, or where a
 * frame begins whose rest is missing, or where a slot is bad (then nm_slot_refuse() was called).
 */
u32 nm_vale_forward(struct nm_vale_source *source, u32 first, u32 end);

/* queue.c */

void nm_vale_queue_open(struct nm_vale_queue *queue, struct nm_kring *kr, bool to_device);

/*
 * Lease @want slots in a row (round the ring's end), *@at is the first; they have to be published.
 * Return: @want; or where there are fewer, how many there are, and then none is leased.
 */
u32 nm_vale_lease(struct nm_vale_queue *queue, u32 want, u32 *at);

/* @count slots of a lease, its first or what follows those published: they hold @frames. */
void nm_vale_publish(struct nm_vale_queue *queue, u32 at, u32 count, u32 frames);

/* Let the interface send, with its TX ring held. */
void nm_vale_send(void *queue);

/* Wake the receiver, or let the interface send. Once a batch. */
void nm_vale_kick(struct nm_vale_queue *queue);

#endif /* NM_VALE_VALE_H */
