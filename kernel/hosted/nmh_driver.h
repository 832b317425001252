/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports of a hosted world. Each kind is a driver: a folder of kernel/hosted/drivers with one struct
 * nmh_driver and the JSON Schema of its ports' options, both of which the build collects.
 *
 * Functions return 0 or a negative errno, and then @reason (NULL: nobody wants it) has the sentence
 * with the remedy.
 */
#ifndef NMH_DRIVER_H
#define NMH_DRIVER_H

#include "netmap_hosted.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where a sentence goes; it is cut at @size - 1 bytes. */
struct nmh_refusal {
	char *text;
	size_t size;
};

/* An option of a port: its text, or, where that is NULL, its number: 0 and 1 for false and true. */
struct nmh_option {
	const char *key;
	const char *text;
	double number;
};

/* What is asked of a driver. */
struct nmh_port_request {
	const char *name;	/* of the port in its world: "left" of "sim:left" */
	const struct nmh_option *options;	/* those that differ from the defaults */
	size_t num_options;
};

/* Counters of a port's device since it was made. Consistent with each other once nobody syncs. */
struct nmh_port_stats {
	uint64_t tx_frames, tx_bytes;	/* that have left the device; bytes with the CRC */
	uint64_t rx_frames, rx_bytes;	/* delivered to a receive ring */
	uint64_t tx_dropped;		/* taken out of a ring, and dropped by the interface's driver */
	uint64_t missed;		/* came in and found no room */
	uint64_t paused_ns;		/* time for which a receiver stopped the line of this sender */
	uint64_t lost_on_link_down;
	uint64_t driver_bugs;		/* what the driver did against the device's rules */
	char last_bug[160];		/* the last of these, as a sentence */
};

/* What the device wants of the buffers of the memory that its port is in. */
struct nmh_buffer_rules {
	uint32_t grain;		/* it uses whole multiples of so many bytes of a buffer; 0: any */
	uint32_t headroom;	/* bytes of a buffer that it needs for itself */
	uint32_t most;		/* bytes of a buffer at most, 0: any; longer frames take several */
	bool power_of_two;	/* the distance of two buffers is a power of two */
	bool fixed;		/* it registers the memory once, so that this may not grow: nmh_config.fixed */
	/* The memory is a file that this makes: nmh_config.memory_file, with @headroom and @fixed. */
	int (*memory_file)(uint64_t size, uint32_t buf_size);
};

/**
 * struct nmh_driver - a kind of port
 * @name: "sim82599", as listings and records call it
 * @prefix: "sim": its ports are "sim:NAME"
 * @simulated: its ports' lines and devices are models, and results are the models' results
 * @loops_back: what a port sends comes in on the same port
 * @leads_nowhere: what a port sends comes in on no port
 * @names_files: NAME of PREFIX:NAME may be a path, and is all that follows: no suffix chooses rings
 * @counts_wire: @stats tells at any moment how many frames have left; else only what was handed
 *	over is known
 * @buffers: constant for all ports of the driver
 * @mode: how frames go between the rings and the interface, and why not in a better way, for the
 *	record; called while a ring is open. NULL: the driver has one way only
 * @describe: what the port will be, without making it: all but the names in @info, which is zero;
 *	what only an open port can tell stays 0. The options are checked.
 * @create: makes the device and attaches its port to the core. The options are checked.
 * @destroy: before nmh_destroy(). A client that still has the port open sees it go away.
 * @connect: puts a cable between two idle devices of this driver. NULL: there are no cables; else
 *	a port without one leads nowhere.
 * @stats: NULL: the device counts nothing
 * @in_flight: frames sent that the peer has not yet taken or dropped: 0 = the wire is drained, as
 *	of now. NULL: this cannot be known.
 * @wire_busy_ns: how long the wire still needs for the frames that the device has taken out of its
 *	rings. NULL: this cannot be known.
 *
 * All may be called from any thread, for one device by one thread at a time; @stats, @in_flight and
 * @wire_busy_ns also while others sync its rings.
 */
struct nmh_driver {
	const char *name;
	const char *prefix;
	bool simulated;
	bool loops_back;
	bool leads_nowhere;
	bool names_files;
	bool counts_wire;
	struct nmh_buffer_rules buffers;
	int (*describe)(const struct nmh_port_request *request, struct nmh_port_info *info,
			struct nmh_refusal *reason);
	int (*create)(struct nmh *world, const struct nmh_port_request *request, void **device,
		      struct nmh_refusal *reason);
	void (*destroy)(void *device);
	int (*connect)(void *a, void *b, struct nmh_refusal *reason);
	void (*stats)(void *device, struct nmh_port_stats *stats);
	void (*mode)(void *device, char *text, size_t size);
	uint64_t (*in_flight)(void *device);
	uint64_t (*wire_busy_ns)(void *device);
};

/* All drivers, sorted by name; NULL ends the list. Constant. */
const struct nmh_driver *const *nmh_drivers(void);

/* The driver of ports "PREFIX:NAME", of which @prefix is the first @length bytes; NULL: none. */
const struct nmh_driver *nmh_driver_find(const char *prefix, size_t length);

/* The JSON Schema of the options of a driver's port, an object's. */
const char *nmh_driver_options(const struct nmh_driver *driver);

/**
 * nmh_buffer_size() - the distance of two buffers that suits some drivers
 * @drivers: of the ports that will be in the memory
 * @frame: bytes of the largest frame, without CRC, that shall fit into one buffer, where the
 *	drivers have no smaller limit
 *
 * For nmh_config.buf_size.
 */
uint32_t nmh_buffer_size(const struct nmh_driver *const *drivers, size_t num, uint32_t frame);

/**
 * nmh_config_suit() - make a world's memory suit some drivers
 * @config: the sizes that these need are set; the rest stays
 * @drivers, @num, @frame: as for nmh_buffer_size(), which gives the buffers' size
 */
void nmh_config_suit(struct nmh_config *config, const struct nmh_driver *const *drivers, size_t num,
		     uint32_t frame);

struct nmh_port;	/* one port of a driver */

int nmh_port_create(struct nmh *world, const struct nmh_driver *driver, const struct nmh_port_request *request,
		    struct nmh_port **out, struct nmh_refusal *reason);

/* NULL: nothing is done. */
void nmh_port_destroy(struct nmh_port *port);

/* Puts a cable between two ports. */
int nmh_port_connect(struct nmh_port *a, struct nmh_port *b, struct nmh_refusal *reason);

/* Return: false where the device counts nothing, and @stats is zero. */
bool nmh_port_read_stats(struct nmh_port *port, struct nmh_port_stats *stats);

/* How its frames go, in words; empty where its driver has one way only, or no ring is open. */
void nmh_port_mode(struct nmh_port *port, char *text, size_t size);

/* 0 where the driver cannot know. */
uint64_t nmh_port_in_flight(struct nmh_port *port);
uint64_t nmh_port_wire_busy_ns(struct nmh_port *port);

#ifdef __cplusplus
}
#endif

#endif /* NMH_DRIVER_H */
