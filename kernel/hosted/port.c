// SPDX-License-Identifier: BSD-2-Clause
/* Ports of drivers, whichever these are. */
#include <string.h>

#include "hosted.h"
#include "options.h"

/* Smaller buffers would split frames of the usual MTU. */
#define SMALLEST_BUFFER	2048u
#define CACHE_LINE	64u

/**
 * struct nmh_port - one port of a driver
 * @device: the driver's own
 */
struct nmh_port {
	const struct nmh_driver *driver;
	void *device;
};

const struct nmh_driver *nmh_driver_find(const char *prefix, size_t length)
{
	const struct nmh_driver *const *at;

	for (at = nmh_drivers(); *at; at++) {
		if (strlen((*at)->prefix) == length && memcmp((*at)->prefix, prefix, length) == 0)
			return *at;
	}
	return NULL;
}

static u32 round_up(u32 bytes, u32 grain)
{
	return grain ? (bytes + grain - 1) / grain * grain : bytes;
}

static u32 power_of_two(u32 bytes)
{
	u32 power = 1;

	while (power < bytes)
		power *= 2;
	return power;
}

uint32_t nmh_buffer_size(const struct nmh_driver *const *drivers, size_t num, uint32_t frame)
{
	u32 bytes = frame < SMALLEST_BUFFER ? SMALLEST_BUFFER : frame;
	u32 most = UINT32_MAX;
	bool power = false;
	size_t i;

	for (i = 0; i < num; i++) {
		const struct nmh_buffer_rules *rules = &drivers[i]->buffers;
		const u32 wanted = round_up(frame, rules->grain) + rules->headroom;

		bytes = wanted > bytes ? wanted : bytes;
		most = rules->most && rules->most < most ? rules->most : most;
		power |= rules->power_of_two;
	}
	/*
	 * An odd number of cache lines: buffers begin in every cache set in turn; 2048 bytes apart
	 * they share 1 set of 32 and evict each other (figures in docs/performance.md).
	 */
	bytes = power ? power_of_two(bytes) : (round_up(bytes, CACHE_LINE) / CACHE_LINE | 1) * CACHE_LINE;
	return bytes < most ? bytes : most;
}

void nmh_config_suit(struct nmh_config *config, const struct nmh_driver *const *drivers, size_t num,
		     uint32_t frame)
{
	size_t i;

	config->buf_size = nmh_buffer_size(drivers, num, frame);
	for (i = 0; i < num; i++) {
		const struct nmh_buffer_rules *rules = &drivers[i]->buffers;

		config->fixed |= rules->fixed;
		if (rules->memory_file) {
			config->memory_file = rules->memory_file;
			config->buf_headroom = rules->headroom;
		}
	}
}

int nmh_attach(struct nmh *world, const char *name, const struct nmh_attachment *a, struct nmh_refusal *reason)
{
	struct nm_core *core = nmh_core(world);
	int error;

	/* A client that waits for the name binds its rings at once. */
	nm_core_lock(core);
	error = nm_port_attach_locked(core, nm_os_namespace(nmh_os(world)), name, a->ops, a->config, a->device, a->port);
	if (error) {
		nmh_refuse(reason, error,
			   error == -EEXIST ? "there is already a port %s; %s" : "%s is no name for a port; %s", name,
			   error == -EEXIST ? a->if_taken : a->if_bad);
	} else if (a->link) {
		error = a->link(world, a->device, reason);
		if (error)
			nm_port_detach_locked(*a->port);
	}
	nm_core_unlock(core);
	return error;
}

int nmh_port_create(struct nmh *world, const struct nmh_driver *driver, const struct nmh_port_request *request,
		    struct nmh_port **out, struct nmh_refusal *reason)
{
	struct nmh_port *port = nm_os_alloc(sizeof(*port));
	int error;

	if (!port)
		return nmh_refuse(reason, -ENOMEM, "%s: no memory for the port; close another one", request->name);
	port->driver = driver;
	error = driver->create(world, request, &port->device, reason);
	if (error) {
		nm_os_free(port);
		return error;
	}
	*out = port;
	return 0;
}

void nmh_port_destroy(struct nmh_port *port)
{
	if (!port)
		return;
	port->driver->destroy(port->device);
	nm_os_free(port);
}

int nmh_port_connect(struct nmh_port *a, struct nmh_port *b, struct nmh_refusal *reason)
{
	if (a->driver != b->driver || !a->driver->connect)
		return nmh_refuse(reason, -EINVAL, "there is no cable between ports of %s and %s; use two of a driver with cables",
				  a->driver->name, b->driver->name);
	return a->driver->connect(a->device, b->device, reason);
}

bool nmh_port_read_stats(struct nmh_port *port, struct nmh_port_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	if (!port->driver->stats)
		return false;
	port->driver->stats(port->device, stats);
	return true;
}

void nmh_port_mode(struct nmh_port *port, char *text, size_t size)
{
	if (size)
		*text = 0;
	if (size && port->driver->mode)
		port->driver->mode(port->device, text, size);
}

uint64_t nmh_port_in_flight(struct nmh_port *port)
{
	return port->driver->in_flight ? port->driver->in_flight(port->device) : 0;
}

uint64_t nmh_port_wire_busy_ns(struct nmh_port *port)
{
	return port->driver->wire_busy_ns ? port->driver->wire_busy_ns(port->device) : 0;
}
