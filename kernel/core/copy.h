/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A copy that costs little where frames are short, which memcpy() with a length does not. */
#ifndef NM_COPY_H
#define NM_COPY_H

#include "nm_os.h"

/* Lengths from one block to two: the two overlap, so no length needs a loop, and nothing beyond
 * @len is read or written.
 */
#define NM_COPY_ENDS(to, from, len, block)					\
do {										\
	__builtin_memcpy((to), (from), (block));				\
	__builtin_memcpy((to) + (len) - (block), (from) + (len) - (block), (block));	\
} while (0)

/* @to and @from do not overlap. */
static inline void nm_copy(u8 *to, const u8 *from, u32 len)
{
	if (nm_unlikely(len > 256 || len <= 16))
		nm_copy_long(to, from, len);
	else if (len > 128)
		NM_COPY_ENDS(to, from, len, 128);
	else if (len > 64)
		NM_COPY_ENDS(to, from, len, 64);
	else if (nm_likely(len > 32))
		NM_COPY_ENDS(to, from, len, 32);
	else
		NM_COPY_ENDS(to, from, len, 16);
}

#endif /* NM_COPY_H */
