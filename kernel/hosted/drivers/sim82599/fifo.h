/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A queue of frames between one writer and one reader: the cable, and the receive packet buffer.
 *
 * Each frame has a header word in one array and its data in cells of 64 bytes in another, so that both are written and read in
 * sequence and a minimum frame touches one line of data and an eighth of a line of headers. A frame's cells are always adjacent: the
 * cells go on behind the last one for as long as the longest frame, and only a frame that ended there makes the next start at 0.
 *
 * Counts of frames and cells only grow. The writer publishes @written, the reader publishes @read and @cells_read; each keeps its own
 * working copy in its own cache line.
 *
 * Writer and reader are on different cores, which may have no cache in common: a virtual machine's host chooses that, and changes it.
 * There, a store to a line that the other core has read takes 100 to 200 TSC ticks (AMD EPYC), a prefetch or not. So the writer of the
 * cable streams past its caches, headers too: 11 to 20 ticks a frame wherever the two cores are. It fences before it publishes.
 */
#ifndef SIM_FIFO_H
#define SIM_FIFO_H

#include "nm_os.h"

/* A sanitizer does not see streaming stores. */
#if defined(__SSE2__) && defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define SIM_STREAMS	1
#include <emmintrin.h>
#else
#define SIM_STREAMS	0
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_CELL	64u

/* The header word: time of the frame's last bit on the wire in ticks, times 2^14, and the length without CRC. */
#define SIM_LEN_BITS	14
#define SIM_LEN_MASK	((1ull << SIM_LEN_BITS) - 1)

struct sim_fifo {
	u64 *headers;
	u8 *cells;
	u32 header_mask;
	u32 num_cells;

	/* Writer. */
	u64 written NM_ALIGNED_CACHE;
	u64 cells_written;
	u32 cell_in;

	/* Reader. */
	u64 read NM_ALIGNED_CACHE;
	u64 cells_read;
	u32 cell_out;
};

int sim_fifo_init(struct sim_fifo *fifo, u32 num_cells);
void sim_fifo_destroy(struct sim_fifo *fifo);
void sim_fifo_clear(struct sim_fifo *fifo);

static inline u32 sim_cells(u32 len)
{
	return (len + SIM_CELL - 1) / SIM_CELL;
}

/* Cells that the writer may fill. It never runs out of header words first: a frame has one cell at least. */
static inline u32 sim_fifo_room(const struct sim_fifo *fifo)
{
	return fifo->num_cells - (u32)(fifo->cells_written - nm_load_acquire(&fifo->cells_read));
}

static inline u64 sim_fifo_frames(const struct sim_fifo *fifo)
{
	return nm_load_acquire(&fifo->written) - nm_read_once(fifo->read);
}

static inline u8 *sim_fifo_cell(const struct sim_fifo *fifo, u32 cell)
{
	return fifo->cells + (size_t)cell * SIM_CELL;
}

static inline u32 sim_fifo_next(const struct sim_fifo *fifo, u32 cell, u32 cells)
{
	cell += cells;
	return nm_unlikely(cell >= fifo->num_cells) ? 0 : cell;
}

/*
 * Copy a frame of @len >= 60 bytes, which may be as short as that for most of them: two moves of 32 that overlap.
 */
static inline void sim_copy(u8 *to, const u8 *from, u32 len)
{
	if (nm_likely(len <= SIM_CELL && len >= SIM_CELL / 2)) {
		u8 head[32], tail[32];

		memcpy(head, from, 32);
		memcpy(tail, from + len - 32, 32);
		memcpy(to, head, 32);
		memcpy(to + len - 32, tail, 32);
		return;
	}
	memcpy(to, from, len);
}

/* Copy @cells whole cells from @from, of which the frame may be less. */
static inline void sim_fifo_stream(u8 *to, const u8 *from, u32 cells)
{
#if SIM_STREAMS
	do {
		const __m128i *source = (const __m128i *)from;
		__m128i *cell = (__m128i *)__builtin_assume_aligned(to, SIM_CELL);
		const __m128i a = _mm_loadu_si128(source), b = _mm_loadu_si128(source + 1);
		const __m128i c = _mm_loadu_si128(source + 2), d = _mm_loadu_si128(source + 3);

		_mm_stream_si128(cell, a);
		_mm_stream_si128(cell + 1, b);
		_mm_stream_si128(cell + 2, c);
		_mm_stream_si128(cell + 3, d);
		from += SIM_CELL;
		to += SIM_CELL;
	} while (nm_unlikely(--cells));
#else
	memcpy(to, from, cells * SIM_CELL);
#endif
}

static inline void sim_fifo_stream_header(u64 *to, u64 header)
{
#if SIM_STREAMS
	_mm_stream_si64((long long *)to, (long long)header);
#else
	nm_write_once(*to, header);
#endif
}

/* What was streamed is there before what is stored from now on. */
static inline void sim_fifo_stream_end(void)
{
#if SIM_STREAMS
	_mm_sfence();
#endif
}

#ifdef __cplusplus
}
#endif

#endif /* SIM_FIFO_H */
