// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The forwarding table of a switch, what is not inline.
 *
 * A word: bits 63..16 the address, 15..8 the tick when the station was last heard (its low 8 bits),
 * 7..0 the port plus 1, so that 0 is an empty way whatever the address.
 *
 * The stamp wraps after 256 ticks. The first batch of each tick sweeps the table, so no entry gets
 * older than NM_FDB_AGE_TICKS by more than the time that a sweep takes; if the switch was silent
 * for longer than that, everything is too old.
 */
#include "fdb.h"

static u32 word_port(u64 word)
{
	return (u32)(word & 0xff) - 1;
}

static u8 word_stamp(u64 word)
{
	return (u8)(word >> 8);
}

struct nm_fdb *nm_fdb_create(u64 seed, u64 now_ns)
{
	struct nm_fdb *fdb = nm_os_alloc(sizeof(*fdb));

	if (!fdb)
		return NULL;
	nm_spin_init(&fdb->sweeping);
	fdb->seed = seed;
	fdb->tick = now_ns >> NM_FDB_TICK_SHIFT;
	return fdb;
}

void nm_fdb_destroy(struct nm_fdb *fdb)
{
	nm_os_free(fdb);
}

/* Forget what @is_over says. */
static void forget(struct nm_fdb *fdb, bool (*is_over)(u64 word, u64 arg), u64 arg)
{
	u32 i;
	int w;

	for (i = 0; i < NM_FDB_BUCKETS; i++) {
		struct nm_fdb_bucket *bucket = &fdb->buckets[i];

		for (w = 0; w < NM_FDB_WAYS; w++) {
			const u64 word = nm_read_once(bucket->way[w]);

			if (word && is_over(word, arg))
				nm_write_once(bucket->way[w], 0);
		}
	}
}

static bool is_old(u64 word, u64 tick)
{
	return (u8)((u8)tick - word_stamp(word)) > NM_FDB_AGE_TICKS;
}

static bool is_any(u64 word, u64 arg)
{
	(void)word;
	(void)arg;
	return true;
}

static bool is_behind(u64 word, u64 port)
{
	return word_port(word) == port;
}

void nm_fdb_sweep(struct nm_fdb *fdb, u64 tick)
{
	u64 before;

	/* Somebody else is at it: we go on with the tick as it was. */
	if (!nm_spin_trylock(&fdb->sweeping))
		return;
	before = nm_read_once(fdb->tick);
	/* A thread that was held up may bring an old time. */
	if (tick > before) {
		/* First, so that stations that are learnt from now on are not taken for old ones. */
		nm_write_once(fdb->tick, tick);
		forget(fdb, tick - before > NM_FDB_AGE_TICKS ? is_any : is_old, tick);
	}
	nm_spin_unlock(&fdb->sweeping);
}

void nm_fdb_forget_port(struct nm_fdb *fdb, u32 port)
{
	forget(fdb, is_behind, port);
}

/*
 * The way that holds the station; else an empty one; else the one that was heard longest ago, which
 * is forgotten. A twin, made by two threads that learnt the station at the same moment, goes.
 */
void nm_fdb_store(struct nm_fdb_bucket *bucket, u64 mac, u32 port, u8 stamp)
{
	const u64 wanted = mac << 16 | (u64)stamp << 8 | (port + 1);
	/* Where all are as young as ours, any of them, so that no way is always the victim. */
	int at = -1, oldest = (int)((mac ^ mac >> 40) % NM_FDB_WAYS), empty = -1, i;
	u8 age = 0;

	for (i = 0; i < NM_FDB_WAYS; i++) {
		const u64 word = nm_read_once(bucket->way[i]);
		const u8 its_age = (u8)(stamp - word_stamp(word));

		if (!word) {
			if (empty < 0)
				empty = i;
		} else if (word >> 16 == mac) {
			if (at < 0 && word == wanted)
				return;
			if (at >= 0)
				nm_write_once(bucket->way[i], 0);
			else
				at = i;
		} else if (its_age > age) {
			age = its_age;
			oldest = i;
		}
	}
	if (at < 0)
		at = empty >= 0 ? empty : oldest;
	nm_write_once(bucket->way[at], wanted);
}

bool nm_fdb_station(const struct nm_fdb *fdb, u32 n, u64 *mac, u32 *port)
{
	const u64 word = nm_read_once(fdb->buckets[n / NM_FDB_WAYS].way[n % NM_FDB_WAYS]);

	if (!word)
		return false;
	*mac = word >> 16;
	*port = word_port(word);
	return true;
}

u32 nm_fdb_count(const struct nm_fdb *fdb)
{
	u32 count = 0, port, n;
	u64 mac;

	for (n = 0; n < NM_FDB_MAX_STATIONS; n++)
		count += nm_fdb_station(fdb, n, &mac, &port);
	return count;
}
