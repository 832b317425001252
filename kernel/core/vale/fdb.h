/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The forwarding table of a switch: which port a station is behind.
 *
 * A set-associative hash of 64-bit words, one a station: address, port and the time it was last
 * heard, so a reader needs no lock and never sees half an entry. A writer stores one word for a
 * station that is new, that has moved, or that was last heard a tick ago, and nothing else.
 */
#ifndef NM_VALE_FDB_H
#define NM_VALE_FDB_H

#include "nm_os.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NM_FDB_WAYS		4
#define NM_FDB_BUCKETS_LOG2	10	/* 4096 stations, 32 KiB */
#define NM_FDB_BUCKETS		(1u << NM_FDB_BUCKETS_LOG2)
#define NM_FDB_MAX_PORT		254	/* ports are 0 .. 253 */
#define NM_FDB_UNKNOWN		0xffffu	/* no port */

/* A tick is 2^32 ns, 4.3 s. */
#define NM_FDB_TICK_SHIFT	32

/* IEEE 802.1D's default of 300 s, in ticks; at most 200, for a stamp has 8 bits. */
#define NM_FDB_AGE_TICKS	70

/* Half a cache line, so a look-up touches one. */
struct nm_fdb_bucket {
	u64 way[NM_FDB_WAYS];
};

/**
 * struct nm_fdb - the table
 * @tick: the present, in ticks; the sweep that belongs to it has begun
 * @sweeping: one thread at a time looks for what is too old
 * @seed: differs between switches, so that a station that fills a bucket of one fills none of
 *	another
 * @buckets: words as fdb.c packs them, 0 where there is none. Any thread stores to any of them at
 *	any time with nm_write_once(), and loads with nm_read_once(): a word stands for itself, so no
 *	order is needed. Of two stores at the same moment one is lost, and learnt again with the
 *	station's next frame.
 */
struct nm_fdb {
	u64 tick NM_ALIGNED_CACHE;
	struct nm_spin sweeping;
	u64 seed;
	struct nm_fdb_bucket buckets[NM_FDB_BUCKETS] NM_ALIGNED_CACHE;
};

/* @now_ns: of nm_os_now_ns(), for this function as for the others. May sleep. NULL: no memory. */
struct nm_fdb *nm_fdb_create(u64 seed, u64 now_ns);
void nm_fdb_destroy(struct nm_fdb *fdb);

/* The sweep of nm_fdb_tick(), when a tick is over. */
void nm_fdb_sweep(struct nm_fdb *fdb, u64 now_tick);

/* Forget every station behind @port, which has left. */
void nm_fdb_forget_port(struct nm_fdb *fdb, u32 port);

/* How many stations are known. */
u32 nm_fdb_count(const struct nm_fdb *fdb);

/* Station @n, in no order, for listings: false where there is none there. n < NM_FDB_MAX_STATIONS */
#define NM_FDB_MAX_STATIONS	(NM_FDB_BUCKETS * NM_FDB_WAYS)
bool nm_fdb_station(const struct nm_fdb *fdb, u32 n, u64 *mac, u32 *port);

/* Slow part of nm_fdb_learn(): the station is new here, or has changed. */
void nm_fdb_store(struct nm_fdb_bucket *bucket, u64 mac, u32 port, u8 stamp);

/*
 * Let time go on; to be called once a batch, before the others. What is older than
 * NM_FDB_AGE_TICKS is forgotten.
 */
static inline void nm_fdb_tick(struct nm_fdb *fdb, u64 now_ns)
{
	const u64 tick = now_ns >> NM_FDB_TICK_SHIFT;

	if (nm_unlikely(tick != nm_read_once(fdb->tick)))
		nm_fdb_sweep(fdb, tick);
}

static inline struct nm_fdb_bucket *nm_fdb_bucket_of(struct nm_fdb *fdb, u64 mac)
{
	/* Fibonacci hashing: the high bits of the product depend on all bits of the address. */
	const u64 hash = (mac ^ fdb->seed) * 0x9e3779b97f4a7c15ull;

	return &fdb->buckets[hash >> (64 - NM_FDB_BUCKETS_LOG2)];
}

/**
 * nm_fdb_lookup() - where a station is
 * @mac: the address in 48 bits, in any byte order as long as it is the same for all
 *
 * Any thread, no lock. Return: a port, or NM_FDB_UNKNOWN.
 */
static inline u32 nm_fdb_lookup(struct nm_fdb *fdb, u64 mac)
{
	const struct nm_fdb_bucket *bucket = nm_fdb_bucket_of(fdb, mac);
	int i;

	for (i = 0; i < NM_FDB_WAYS; i++) {
		const u64 word = nm_read_once(bucket->way[i]);

		if (word >> 16 == mac && (word & 0xff))
			return (u32)(word & 0xff) - 1;
	}
	return NM_FDB_UNKNOWN;
}

/**
 * nm_fdb_learn() - a frame of a station came in from a port
 * @mac: its source address, no group's
 * @port: 0 .. NM_FDB_MAX_PORT - 1
 *
 * Any thread, no lock.
 */
static inline void nm_fdb_learn(struct nm_fdb *fdb, u64 mac, u32 port)
{
	const u8 stamp = (u8)nm_read_once(fdb->tick);
	const u64 wanted = mac << 16 | (u64)stamp << 8 | (port + 1);
	struct nm_fdb_bucket *bucket = nm_fdb_bucket_of(fdb, mac);
	int i;

	for (i = 0; i < NM_FDB_WAYS; i++) {
		if (nm_likely(nm_read_once(bucket->way[i]) == wanted))
			return;
	}
	nm_fdb_store(bucket, mac, port, stamp);
}

#ifdef __cplusplus
}
#endif

#endif /* NM_VALE_FDB_H */
