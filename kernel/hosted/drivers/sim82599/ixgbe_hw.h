/* SPDX-License-Identifier: BSD-2-Clause */
/* What the ixgbe data path reaches its device by, where the device is the model. ixgbe_netmap.h says what each has to do. */
#ifndef IXGBE_HW_H
#define IXGBE_HW_H

#include "nm_os.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ixgbe_hw;	/* the model, sim.h */

u32 ixgbe_read(struct ixgbe_hw *hw, u32 reg);
void ixgbe_write(struct ixgbe_hw *hw, u32 reg, u32 value);

/* The model does what it is told at once. */
static inline void ixgbe_delay_us(struct ixgbe_hw *hw, u32 us)
{
	(void)hw;
	(void)us;
}

/* Acquire: the model may run in another thread, which writes a frame's data before its descriptor. */
static inline u64 ixgbe_meta_read(const u64 *meta)
{
	const u64 word = nm_load_acquire(meta);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return word;
#else
	return __builtin_bswap64(word);
#endif
}

static inline u64 ixgbe_le64(u64 value)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return value;
#else
	return __builtin_bswap64(value);
#endif
}

#ifdef __cplusplus
}
#endif

#endif /* IXGBE_HW_H */
