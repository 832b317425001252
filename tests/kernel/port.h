/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A port of /dev/netmap, opened as programs do that carry their own little helper: open, NIOCCTRL,
 * mmap. Names: IF (all NIC rings), IF-N (one pair), IF^ (host rings), IF* (both), each with /R or /T
 * (receive or transmit rings only).
 */
#ifndef NMGEN_TESTS_KERNEL_PORT_H
#define NMGEN_TESTS_KERNEL_PORT_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "net/netmap.h"
#include "net/netmap_user.h"

struct port {
	int fd;
	struct nmreq_register reg;
	void *memory;
	struct netmap_if *nif;
	uint32_t first_tx, last_tx;	/* rings that are bound, NIC rings before host rings */
	uint32_t first_rx, last_rx;
};

/* Takes the suffixes off @name and puts what they mean into @reg. */
static inline void port_parse(char *name, struct nmreq_register *reg)
{
	char *at = strchr(name, '/');

	memset(reg, 0, sizeof(*reg));
	reg->nr_mode = NR_REG_ALL_NIC;
	if (at) {
		reg->nr_flags = at[1] == 'R' ? NR_RX_RINGS_ONLY : NR_TX_RINGS_ONLY;
		*at = '\0';
	}
	at = strpbrk(name, "-^*");
	if (!at)
		return;
	if (*at == '^') {
		reg->nr_mode = NR_REG_SW;
	} else if (*at == '*') {
		reg->nr_mode = NR_REG_NIC_SW;
	} else {
		reg->nr_mode = NR_REG_ONE_NIC;
		reg->nr_ringid = (uint16_t)atoi(at + 1);
	}
	*at = '\0';
}

/* Rings whose place in ring_ofs is not 0. */
static inline void port_find_rings(const struct netmap_if *nif, uint32_t start, uint32_t count,
				   uint32_t *first, uint32_t *last)
{
	uint32_t i;

	*first = 0;
	*last = 0;
	for (i = 0; i < count; i++) {
		if (!nif->ring_ofs[start + i])
			continue;
		if (*last == 0)
			*first = i;
		*last = i + 1;
	}
}

/* Maps what port->fd, which is bound, has by port->reg. Return: as port_bind(). */
static inline int port_map(struct port *port, const char *full_name)
{
	uint32_t tx, rx;

	port->memory = mmap(NULL, port->reg.nr_memsize, PROT_READ | PROT_WRITE, MAP_SHARED,
			    port->fd, 0);
	if (port->memory == MAP_FAILED) {
		fprintf(stderr, "cannot map the memory of %s: %s\n", full_name, strerror(errno));
		return errno;
	}
	port->nif = NETMAP_IF(port->memory, port->reg.nr_offset);
	tx = port->nif->ni_tx_rings + port->nif->ni_host_tx_rings;
	rx = port->nif->ni_rx_rings + port->nif->ni_host_rx_rings;
	port_find_rings(port->nif, 0, tx, &port->first_tx, &port->last_tx);
	port_find_rings(port->nif, tx, rx, &port->first_rx, &port->last_rx);
	return 0;
}

/* Binds port->fd. Return: 0, or the errno after one sentence on standard error. */
static inline int port_bind(struct port *port, const char *full_name)
{
	struct nmreq_header head = { .nr_version = NETMAP_API, .nr_reqtype = NETMAP_REQ_REGISTER };
	char name[NETMAP_REQ_IFNAMSIZ];

	snprintf(name, sizeof(name), "%s", full_name);
	port_parse(name, &port->reg);
	snprintf(head.nr_name, sizeof(head.nr_name), "%s", name);
	head.nr_body = (uintptr_t)&port->reg;
	if (port->fd < 0 || ioctl(port->fd, NIOCCTRL, &head)) {
		const int error = errno;

		fprintf(stderr, "cannot open %s: %s\n", full_name, strerror(error));
		return error;
	}
	return port_map(port, full_name);
}

/* Opens the device, and binds it. Return: as port_bind(). */
static inline int port_open(struct port *port, const char *full_name)
{
	memset(port, 0, sizeof(*port));
	port->fd = open(NETMAP_DEVICE_NAME, O_RDWR);
	return port_bind(port, full_name);
}

static inline void port_close(struct port *port)
{
	munmap(port->memory, port->reg.nr_memsize);
	close(port->fd);
}

#endif /* NMGEN_TESTS_KERNEL_PORT_H */
