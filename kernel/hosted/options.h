/* SPDX-License-Identifier: BSD-2-Clause */
/* For drivers: reading a port's options, and saying why something is refused. */
#ifndef HOSTED_OPTIONS_H
#define HOSTED_OPTIONS_H

#include "nmh_driver.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where the option @key goes: exactly one of the others. */
struct nmh_option_place {
	const char *key;
	uint32_t *number;
	bool *flag;
	const char **text;	/* as long as the request */
};

/**
 * nmh_options_read() - put each option where it belongs
 * @places: what it may be; those that the request has not stay as they are
 *
 * Return: 0, or -EINVAL for an option that is not there or has another type.
 */
int nmh_options_read(const struct nmh_port_request *request, const struct nmh_option_place *places,
		     size_t num, struct nmh_refusal *reason);

struct nm_port_config;

/* Rings of a port whose driver has no device's rules for them: as many to send as to receive, all of one length. */
struct nmh_ring_options {
	uint32_t queues;
	uint32_t slots;		/* of each ring */
};

#define NMH_RING_DEFAULTS	((struct nmh_ring_options){ .queues = 1, .slots = 1024 })

/* Return: 0, or -EINVAL for more queues than @most or a length that no ring can have. */
int nmh_rings_check(const struct nmh_port_request *request, const struct nmh_ring_options *rings,
		    uint32_t most, struct nmh_refusal *reason);

/* The rings, and a link that is up. */
void nmh_rings_describe(const struct nmh_ring_options *rings, struct nm_port_config *config);

/* Writes the sentence. Return: @error */
int nmh_refuse(struct nmh_refusal *reason, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#ifdef __cplusplus
}
#endif

#endif /* HOSTED_OPTIONS_H */
