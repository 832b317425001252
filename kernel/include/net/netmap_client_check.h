/* SPDX-License-Identifier: BSD-2-Clause */
/* What netmap_client_check.c offers to its test. */
#ifndef NET_NETMAP_CLIENT_CHECK_H
#define NET_NETMAP_CLIENT_CHECK_H

struct netmap_if;

#ifdef __cplusplus
extern "C" {
#endif

/* Sends back what RX ring 0 holds through TX ring 0, by exchanging buffers;
 * returns the count of frames.
 */
int netmap_client_reflect(struct netmap_if *nifp);

/* Copies a frame into the first TX ring that is bound and has room; returns the
 * ring's number, or -1.
 */
int netmap_client_send_copy(struct netmap_if *nifp, const void *frame, int len);

/* Fills requests as clients do; returns the bytes that NIOCCTRL, NIOCREGIF and
 * NIOCGINFO copy, and the ring that was asked for (3), added up.
 */
unsigned long netmap_client_requests(const char *name);

#ifdef __cplusplus
}
#endif

#endif /* NET_NETMAP_CLIENT_CHECK_H */
