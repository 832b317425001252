/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asserts every line of netmap_abi_list.h against netmap.h while it compiles,
 * in C and in C++, in the kernel and out of it.
 */
#ifndef NET_NETMAP_ABI_CHECK_H
#define NET_NETMAP_ABI_CHECK_H

#ifdef __KERNEL__
#include <linux/stddef.h>
#else
#include <stddef.h>
#endif

#include <net/netmap.h>

#ifdef __cplusplus
#define ABI_ASSERT(cond, text)	static_assert(cond, text)
#define ABI_ALIGNOF(type)	alignof(type)
#else
#define ABI_ASSERT(cond, text)	_Static_assert(cond, text)
#define ABI_ALIGNOF(type)	_Alignof(type)
#endif

/* Size of a member of struct @type, or of an element of its array. */
#define ABI_SIZEOF(type, member)	sizeof(((struct type *)0)->member)

ABI_ASSERT(sizeof(void *) == 8 && sizeof(long) == 8,
	   "the netmap ABI is stated for 64-bit (LP64) machines only");

#define ABI_SIZE(type, size) \
	ABI_ASSERT(sizeof(struct type) == (size), "size of " #type);
#define ABI_FIELD(type, member, offset, size)				\
	ABI_ASSERT(offsetof(struct type, member) == (offset),		\
		   "offset of " #type "." #member);			\
	ABI_ASSERT(ABI_SIZEOF(type, member) == (size),			\
		   "size of " #type "." #member);
#define ABI_FLEX(type, member, offset, size)				\
	ABI_ASSERT(offsetof(struct type, member) == (offset),		\
		   "offset of " #type "." #member "[]");		\
	ABI_ASSERT(ABI_SIZEOF(type, member[0]) == (size),		\
		   "size of an element of " #type "." #member "[]");
#define ABI_PAD(type, offset, size)
#define ABI_ALIGN(type, alignment) \
	ABI_ASSERT(ABI_ALIGNOF(struct type) == (alignment), "alignment of " #type);
#define ABI_VALUE(name, value) \
	ABI_ASSERT((unsigned long long)(name) == (value), "value of " #name);

#include <net/netmap_abi_list.h>

#undef ABI_SIZE
#undef ABI_FIELD
#undef ABI_FLEX
#undef ABI_PAD
#undef ABI_ALIGN
#undef ABI_VALUE

#endif /* NET_NETMAP_ABI_CHECK_H */
