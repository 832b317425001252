/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The netmap ABI, API version 14: what a client and the netmap core say to
 * each other through ioctl() and shared memory. Compiles as C11 and as C++20,
 * in the Linux kernel and out of it.
 *
 * The binary layout is a contract with programs that are already compiled:
 * no field moves. netmap_abi_list.h states every size, offset and constant,
 * and the build checks each of them in both languages.
 *
 * Layouts are those of a 64-bit machine (LP64), little or big endian. A
 * program of 32 bits on such a machine has them too, but for ring_ofs, whose
 * words are as long as its own. All integers are in the machine's own byte
 * order.
 */
#ifndef NET_NETMAP_H
#define NET_NETMAP_H

#ifdef __KERNEL__
#include <linux/ioctl.h>
#include <linux/types.h>
#else
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/types.h>
#endif

/* The version that this file describes, and those that NIOCCTRL accepts. */
#define NETMAP_API		14
#define NETMAP_MIN_API		14
#define NETMAP_MAX_API		15

#define NETMAP_DEVICE_NAME	"/dev/netmap"

/* Bytes of a port's name with its final 0: in a request, and in netmap_if
 * and the legacy requests (there it equals IFNAMSIZ).
 */
#define NETMAP_REQ_IFNAMSIZ	64
#define NETMAP_IF_NAMSIZ	16

/* A request's body and its options together may take this many bytes. */
#define NETMAP_REQ_MAXSIZE	4096

/* Alignment of a ring, and of what two processors write in turn. */
#define NM_CACHE_ALIGN		128

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__KERNEL__) || __SIZEOF_LONG__ == 4
/* The kernel has no struct timeval any more, and that of a program of 32 bits
 * is another one; the layout is that of user space of 64 bits.
 */
struct netmap_timeval {
	int64_t tv_sec;
	int64_t tv_usec;
} __attribute__((__aligned__(8)));
#define NETMAP_TIMEVAL	netmap_timeval
#else
#define NETMAP_TIMEVAL	timeval
#endif

/*
 * ---------------------------------------------------------------------------
 * Shared memory: interface, rings, slots.
 * ---------------------------------------------------------------------------
 */

/**
 * struct netmap_slot - one place of a ring: a buffer and what it holds
 * @buf_idx: index of the buffer in its region; see NETMAP_BUF()
 * @len: bytes of the frame without its CRC
 * @flags: NS_* below; the high 8 bits hold a port or a count of fragments
 * @ptr: NS_INDIRECT: the user-space address of the data; with
 *	NETMAP_REQ_OPT_OFFSETS, the bits of the ring's offset_mask hold the
 *	offset of the frame in its buffer
 */
struct netmap_slot {
	uint32_t buf_idx;
	uint16_t len;
	uint16_t flags;
	uint64_t ptr;
};

/* Flags of a slot. */
#define NS_BUF_CHANGED	0x0001	/* the client put another buf_idx here */
#define NS_REPORT	0x0002	/* TX: report when this slot has been sent */
#define NS_FORWARD	0x0004	/* RX: pass this frame to the other side */
#define NS_NO_LEARN	0x0008	/* VALE TX: do not learn the source address */
#define NS_INDIRECT	0x0010	/* VALE TX: ptr is the address of the data */
#define NS_MOREFRAG	0x0020	/* the frame goes on in the next slot */
#define NS_TXMON	0x0040	/* a monitor saw this frame on a TX ring */

/* The high 8 bits: TX to a VALE port: the destination port, 255 for port 0, 254
 * for all, 0 for whichever the switch finds; RX from one: how many slots the
 * frame takes.
 */
#define NS_PORT_SHIFT	8
#define NS_PORT_MASK	(0xff << NS_PORT_SHIFT)
#define NS_RFRAGS(slot)	(((slot)->flags >> NS_PORT_SHIFT) & 0xff)

/* The most slots that one frame may take. */
#define NETMAP_MAX_FRAGS	64

/* ISO C++ has no flexible array member; both compilers do, silence only that. */
#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#endif

/**
 * struct netmap_ring - a ring in shared memory; 256 bytes and its slots
 * @buf_ofs: bytes from this ring to buffer 0 of its region
 * @num_slots: how many slots follow
 * @nr_buf_size: bytes of a buffer
 * @ringid: index of the ring among those of its kind
 * @dir: NETMAP_DIR_RX or NETMAP_DIR_TX
 * @head: first slot that the client owns; the client moves it
 * @cur: where the client wants to be woken up; the client moves it
 * @tail: first slot that the client does not own; the core moves it
 * @flags: NR_TIMESTAMP, NR_FORWARD
 * @ts: RX: time of the last sync
 * @offset_mask: which bits of a slot's ptr hold the frame's offset; 0: none
 * @buf_align: alignment that the hardware asks of a frame's first byte
 * @sem: for the client's own use
 * @slot: the slots
 *
 * The client owns slots [head, tail) modulo num_slots, and head <= cur <= tail
 * in that order. It writes only head, cur, flags, sem and the slots it owns.
 */
struct netmap_ring {
	int64_t buf_ofs;
	uint32_t num_slots;
	uint32_t nr_buf_size;
	uint16_t ringid;
	uint16_t dir;

	uint32_t head;
	uint32_t cur;
	uint32_t tail;

	uint32_t flags;

	struct NETMAP_TIMEVAL ts;

	uint64_t offset_mask;
	uint64_t buf_align;

	uint8_t sem[128] __attribute__((__aligned__(NM_CACHE_ALIGN)));

	struct netmap_slot slot[];
};

/* Directions of a ring. */
#define NETMAP_DIR_RX	0
#define NETMAP_DIR_TX	1

/* Flags of a ring. */
#define NR_TIMESTAMP	0x0002	/* RX: set ts at each sync */
#define NR_FORWARD	0x0004	/* RX: look for NS_FORWARD in released slots */

/**
 * struct netmap_if - a port in shared memory; 56 bytes and its ring offsets
 * @ni_name: name of the port, ended by 0
 * @ni_version: NETMAP_API of the core
 * @ni_flags: NI_PRIV_MEM
 * @ni_tx_rings: NIC TX rings
 * @ni_rx_rings: NIC RX rings
 * @ni_bufs_head: first extra buffer, 0: none; each begins with the uint32_t
 *	index of the next
 * @ni_host_tx_rings: host TX rings, 1 or more
 * @ni_host_rx_rings: host RX rings, 1 or more
 * @ni_spare1: reserved
 * @ring_ofs: bytes from this structure to each ring: all NIC TX, host TX,
 *	NIC RX, host RX; 0: the ring is not bound to this file
 */
struct netmap_if {
	char ni_name[NETMAP_IF_NAMSIZ];
	uint32_t ni_version;
	uint32_t ni_flags;
	uint32_t ni_tx_rings;
	uint32_t ni_rx_rings;
	uint32_t ni_bufs_head;
	uint32_t ni_host_tx_rings;
	uint32_t ni_host_rx_rings;
	uint32_t ni_spare1[3];
	ssize_t ring_ofs[];
};

/* ni_flags: the port's region is its own, not the global one. */
#define NI_PRIV_MEM	0x1

#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

/*
 * ---------------------------------------------------------------------------
 * NIOCCTRL: a header, a body that depends on the type, a list of options.
 * ---------------------------------------------------------------------------
 */

/**
 * struct nmreq_header - what NIOCCTRL takes
 * @nr_version: NETMAP_API
 * @nr_reqtype: NETMAP_REQ_*
 * @nr_reserved: must be 0
 * @nr_name: port, ended by 0
 * @nr_options: address of the first nmreq_option, or 0
 * @nr_body: address of the body; 0 exactly when the type has none
 */
struct nmreq_header {
	uint16_t nr_version;
	uint16_t nr_reqtype;
	uint32_t nr_reserved;
	char nr_name[NETMAP_REQ_IFNAMSIZ];
	uint64_t nr_options;
	uint64_t nr_body;
};

/* nr_reqtype, with the structure of its body. */
enum {
	/* struct nmreq_register: bind this file to a port */
	NETMAP_REQ_REGISTER = 1,
	/* struct nmreq_port_info_get: what a port has */
	NETMAP_REQ_PORT_INFO_GET = 2,
	/* struct nmreq_vale_attach: attach an interface to a switch */
	NETMAP_REQ_VALE_ATTACH = 3,
	/* struct nmreq_vale_detach: detach it */
	NETMAP_REQ_VALE_DETACH = 4,
	/* struct nmreq_vale_list: walk switches and ports */
	NETMAP_REQ_VALE_LIST = 5,
	/* struct nmreq_port_hdr: set the length of a port's vnet header */
	NETMAP_REQ_PORT_HDR_SET = 6,
	/* struct nmreq_port_hdr: get it */
	NETMAP_REQ_PORT_HDR_GET = 7,
	/* struct nmreq_vale_newif: make a persistent VALE port */
	NETMAP_REQ_VALE_NEWIF = 8,
	/* no body: remove one */
	NETMAP_REQ_VALE_DELIF = 9,
	/* struct nmreq_vale_polling: poll an attached NIC from kernel threads */
	NETMAP_REQ_VALE_POLLING_ENABLE = 10,
	/* struct nmreq_vale_polling: stop that */
	NETMAP_REQ_VALE_POLLING_DISABLE = 11,
	/* struct nmreq_pools_info: where a region's pools are */
	NETMAP_REQ_POOLS_INFO_GET = 12,
	/* struct nmreq_sync_kloop_start: sync in the kernel until stopped */
	NETMAP_REQ_SYNC_KLOOP_START = 13,
	/* no body: stop that */
	NETMAP_REQ_SYNC_KLOOP_STOP = 14,
	/* no body, option NETMAP_REQ_OPT_CSB: use control/status blocks */
	NETMAP_REQ_CSB_ENABLE = 15,
};

/**
 * struct nmreq_register - body of NETMAP_REQ_REGISTER
 * @nr_offset: out: bytes from the start of the region to the netmap_if
 * @nr_memsize: out: bytes of the region, the most that mmap() accepts
 * @nr_tx_slots: in, out: slots of a TX ring; 0: the port's own choice
 * @nr_rx_slots: in, out: slots of a RX ring; 0: the port's own choice
 * @nr_tx_rings: in, out: NIC TX rings; 0: the port's own choice
 * @nr_rx_rings: in, out: NIC RX rings; 0: the port's own choice
 * @nr_host_tx_rings: in, out: host TX rings; 0: the port's own choice
 * @nr_host_rx_rings: in, out: host RX rings; 0: the port's own choice
 * @nr_mem_id: in, out: memory region; 0: the port's own choice
 * @nr_ringid: which ring, for modes that bind one
 * @nr_mode: NR_REG_*
 * @nr_extra_bufs: in, out: buffers in no ring; the grant may be smaller
 * @nr_pad1: reserved
 * @nr_flags: NR_MONITOR_TX ... NR_NO_TX_POLL
 */
struct nmreq_register {
	uint64_t nr_offset;
	uint64_t nr_memsize;
	uint32_t nr_tx_slots;
	uint32_t nr_rx_slots;
	uint16_t nr_tx_rings;
	uint16_t nr_rx_rings;
	uint16_t nr_host_tx_rings;
	uint16_t nr_host_rx_rings;
	uint16_t nr_mem_id;
	uint16_t nr_ringid;
	uint32_t nr_mode;
	uint32_t nr_extra_bufs;
	uint32_t nr_pad1;
	uint64_t nr_flags;
};

/* nr_mode: which rings. Pipe modes are for legacy requests only: elsewhere
 * the name says it ("name{id", "name}id").
 */
enum {
	NR_REG_DEFAULT = 0,	/* legacy requests: as nr_ringid's bits say */
	NR_REG_ALL_NIC = 1,	/* all NIC rings */
	NR_REG_SW = 2,		/* all host rings */
	NR_REG_NIC_SW = 3,	/* all NIC and all host rings */
	NR_REG_ONE_NIC = 4,	/* NIC ring pair nr_ringid */
	NR_REG_PIPE_MASTER = 5,
	NR_REG_PIPE_SLAVE = 6,
	NR_REG_NULL = 7,	/* a port with no device behind it */
	NR_REG_ONE_SW = 8,	/* host ring pair nr_ringid */
};

/* Legacy nr_flags: the bits that hold the mode. */
#define NR_REG_MASK		0xf

/* nr_flags. */
#define NR_MONITOR_TX		0x100
#define NR_MONITOR_RX		0x200
#define NR_ZCOPY_MON		0x400
#define NR_EXCLUSIVE		0x800	/* no other file on these rings */
#define NR_RX_RINGS_ONLY	0x2000
#define NR_TX_RINGS_ONLY	0x4000
#define NR_ACCEPT_VNET_HDR	0x8000	/* frames may begin with a vnet header */
#define NR_DO_RX_POLL		0x10000	/* poll() syncs RX whatever it asks */
#define NR_NO_TX_POLL		0x20000	/* poll() syncs TX only with POLLOUT */

/**
 * struct nmreq_port_info_get - body of NETMAP_REQ_PORT_INFO_GET
 * @nr_memsize: out: bytes of the region
 * @nr_tx_slots: out: slots of a TX ring
 * @nr_rx_slots: out: slots of a RX ring
 * @nr_tx_rings: out: NIC TX rings
 * @nr_rx_rings: out: NIC RX rings
 * @nr_host_tx_rings: out: host TX rings
 * @nr_host_rx_rings: out: host RX rings
 * @nr_mem_id: in, out: memory region
 * @pad1: reserved
 */
struct nmreq_port_info_get {
	uint64_t nr_memsize;
	uint32_t nr_tx_slots;
	uint32_t nr_rx_slots;
	uint16_t nr_tx_rings;
	uint16_t nr_rx_rings;
	uint16_t nr_host_tx_rings;
	uint16_t nr_host_rx_rings;
	uint16_t nr_mem_id;
	uint16_t pad1[3];
};

/**
 * struct nmreq_vale_attach - body of NETMAP_REQ_VALE_ATTACH
 * @reg: mode NR_REG_ALL_NIC or NR_REG_NIC_SW, nr_ringid 0
 * @port_index: out: index of the new port
 * @pad1: reserved
 */
struct nmreq_vale_attach {
	struct nmreq_register reg;
	uint32_t port_index;
	uint32_t pad1;
};

/**
 * struct nmreq_vale_detach - body of NETMAP_REQ_VALE_DETACH
 * @port_index: out: index that the port had
 * @pad1: reserved
 */
struct nmreq_vale_detach {
	uint32_t port_index;
	uint32_t pad1;
};

/**
 * struct nmreq_vale_list - body of NETMAP_REQ_VALE_LIST
 * @nr_bridge_idx: in, out: index of the switch
 * @pad1: reserved
 * @nr_port_idx: in, out: index of the port
 */
struct nmreq_vale_list {
	uint16_t nr_bridge_idx;
	uint16_t pad1;
	uint32_t nr_port_idx;
};

/**
 * struct nmreq_port_hdr - body of NETMAP_REQ_PORT_HDR_SET and _GET
 * @nr_hdr_len: bytes of the vnet header: 0, 10 or 12
 * @pad1: reserved
 */
struct nmreq_port_hdr {
	uint32_t nr_hdr_len;
	uint32_t pad1;
};

/**
 * struct nmreq_vale_newif - body of NETMAP_REQ_VALE_NEWIF
 * @nr_tx_slots: slots of a TX ring; 0: default
 * @nr_rx_slots: slots of a RX ring; 0: default
 * @nr_tx_rings: TX rings; 0: default
 * @nr_rx_rings: RX rings; 0: default
 * @nr_mem_id: memory region; 0: a new one
 * @pad1: reserved
 */
struct nmreq_vale_newif {
	uint32_t nr_tx_slots;
	uint32_t nr_rx_slots;
	uint16_t nr_tx_rings;
	uint16_t nr_rx_rings;
	uint16_t nr_mem_id;
	uint16_t pad1;
};

/**
 * struct nmreq_vale_polling - body of NETMAP_REQ_VALE_POLLING_ENABLE, _DISABLE
 * @nr_mode: NETMAP_POLLING_MODE_*
 * @nr_first_cpu_id: first processor
 * @nr_num_polling_cpus: how many processors
 * @pad1: reserved
 */
struct nmreq_vale_polling {
	uint32_t nr_mode;
	uint32_t nr_first_cpu_id;
	uint32_t nr_num_polling_cpus;
	uint32_t pad1;
};

#define NETMAP_POLLING_MODE_SINGLE_CPU	1	/* one processor, all rings */
#define NETMAP_POLLING_MODE_MULTI_CPU	2	/* processor i has ring i */

/**
 * struct nmreq_pools_info - body of NETMAP_REQ_POOLS_INFO_GET
 * @nr_memsize: bytes of the region
 * @nr_mem_id: memory region
 * @pad1: reserved
 * @nr_if_pool_offset: bytes from the start of the region to the pool
 * @nr_if_pool_objtotal: objects in the pool
 * @nr_if_pool_objsize: bytes of an object
 * @nr_ring_pool_offset: bytes from the start of the region to the pool
 * @nr_ring_pool_objtotal: objects in the pool
 * @nr_ring_pool_objsize: bytes of an object
 * @nr_buf_pool_offset: bytes from the start of the region to the pool
 * @nr_buf_pool_objtotal: objects in the pool
 * @nr_buf_pool_objsize: bytes of an object
 */
struct nmreq_pools_info {
	uint64_t nr_memsize;
	uint16_t nr_mem_id;
	uint16_t pad1[3];
	uint64_t nr_if_pool_offset;
	uint32_t nr_if_pool_objtotal;
	uint32_t nr_if_pool_objsize;
	uint64_t nr_ring_pool_offset;
	uint32_t nr_ring_pool_objtotal;
	uint32_t nr_ring_pool_objsize;
	uint64_t nr_buf_pool_offset;
	uint32_t nr_buf_pool_objtotal;
	uint32_t nr_buf_pool_objsize;
};

/**
 * struct nmreq_sync_kloop_start - body of NETMAP_REQ_SYNC_KLOOP_START
 * @sleep_us: microseconds between rounds without eventfds, at most 1000000
 * @pad1: reserved
 */
struct nmreq_sync_kloop_start {
	uint32_t sleep_us;
	uint32_t pad1;
};

/*
 * ---------------------------------------------------------------------------
 * Options of NIOCCTRL: a linked list; each begins with struct nmreq_option.
 * ---------------------------------------------------------------------------
 */

/**
 * struct nmreq_option - how every option begins
 * @nro_next: address of the next option, or 0
 * @nro_reqtype: NETMAP_REQ_OPT_*
 * @nro_status: out: 0, or an errno
 * @nro_size: bytes of the option if they vary (KLOOP_EVENTFDS), else 0
 */
struct nmreq_option {
	uint64_t nro_next;
	uint32_t nro_reqtype;
	uint32_t nro_status;
	uint64_t nro_size;
};

/* nro_reqtype. */
enum {
	/* struct nmreq_opt_extmem: the client's memory is the region */
	NETMAP_REQ_OPT_EXTMEM = 1,
	/* struct nmreq_opt_sync_kloop_eventfds: notify instead of sleep */
	NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS = 2,
	/* struct nmreq_opt_csb: where the control/status blocks are */
	NETMAP_REQ_OPT_CSB = 3,
	/* struct nmreq_opt_sync_kloop_mode: sync in the notifier's context */
	NETMAP_REQ_OPT_SYNC_KLOOP_MODE = 4,
	/* struct nmreq_opt_offsets: frames do not start at their buffer */
	NETMAP_REQ_OPT_OFFSETS = 5,
	/* one past the last */
	NETMAP_REQ_OPT_MAX = 6,
};

/**
 * struct nmreq_opt_extmem - NETMAP_REQ_OPT_EXTMEM
 * @nro_opt: the head
 * @nro_usrptr: address of the memory
 * @nro_info: in, out: the pools to make in it; fields that are 0 take defaults
 */
struct nmreq_opt_extmem {
	struct nmreq_option nro_opt;
	uint64_t nro_usrptr;
	struct nmreq_pools_info nro_info;
};

#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#endif

/**
 * struct nmreq_opt_sync_kloop_eventfds - NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS
 * @nro_opt: the head; nro_size is 24 + 8 for each ring
 * @eventfds: TX rings, then RX rings
 * @eventfds.ioeventfd: the client notifies the loop here; below 0: sleep mode
 * @eventfds.irqfd: the loop notifies the client here
 */
struct nmreq_opt_sync_kloop_eventfds {
	struct nmreq_option nro_opt;
	struct {
		int32_t ioeventfd;
		int32_t irqfd;
	} eventfds[];
};

#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

/**
 * struct nmreq_opt_csb - NETMAP_REQ_OPT_CSB
 * @nro_opt: the head
 * @csb_atok: address of an array of struct nm_csb_atok, TX rings then RX rings
 * @csb_ktoa: address of an array of struct nm_csb_ktoa, in the same order
 *
 * Both arrays are aligned to 64 bytes.
 */
struct nmreq_opt_csb {
	struct nmreq_option nro_opt;
	uint64_t csb_atok;
	uint64_t csb_ktoa;
};

/**
 * struct nmreq_opt_sync_kloop_mode - NETMAP_REQ_OPT_SYNC_KLOOP_MODE
 * @nro_opt: the head
 * @mode: NM_OPT_SYNC_KLOOP_DIRECT_TX, _RX
 * @pad1: reserved
 */
struct nmreq_opt_sync_kloop_mode {
	struct nmreq_option nro_opt;
	uint32_t mode;
	uint32_t pad1;
};

#define NM_OPT_SYNC_KLOOP_DIRECT_TX	0x1
#define NM_OPT_SYNC_KLOOP_DIRECT_RX	0x2

/**
 * struct nmreq_opt_offsets - NETMAP_REQ_OPT_OFFSETS
 * @nro_opt: the head
 * @nro_max_offset: in, out: largest offset that the client will write
 * @nro_initial_offset: offset of every slot at first
 * @nro_offset_bits: low bits of netmap_slot.ptr that hold it; 0: all 64
 * @nro_tx_align: alignment that the client keeps for TX frames; 0: none
 * @nro_min_gap: bytes to leave free after the frame; 0: none
 */
struct nmreq_opt_offsets {
	struct nmreq_option nro_opt;
	uint64_t nro_max_offset;
	uint64_t nro_initial_offset;
	uint32_t nro_offset_bits;
	uint32_t nro_tx_align;
	uint64_t nro_min_gap;
};

/*
 * ---------------------------------------------------------------------------
 * Control/status blocks: a ring's indexes outside the ring, one cache line
 * for each writer, so that a loop in the kernel and a client can share them.
 * ---------------------------------------------------------------------------
 */

/**
 * struct nm_csb_atok - application to kernel
 * @head: as in the ring
 * @cur: as in the ring; written before @head
 * @appl_need_kick: the client sleeps, notify it
 * @sync_flags: flags of the next sync
 * @pad: the rest of the cache line
 */
struct nm_csb_atok {
	uint32_t head;
	uint32_t cur;
	uint32_t appl_need_kick;
	uint32_t sync_flags;
	uint32_t pad[12];
};

/**
 * struct nm_csb_ktoa - kernel to application
 * @hwcur: first slot that the core has not seen; written before @hwtail
 * @hwtail: the ring's tail
 * @kern_need_kick: the loop sleeps, notify it
 * @pad: the rest of the cache line
 */
struct nm_csb_ktoa {
	uint32_t hwcur;
	uint32_t hwtail;
	uint32_t kern_need_kick;
	uint32_t pad[13];
};

/*
 * ---------------------------------------------------------------------------
 * Legacy requests, of programs from before NIOCCTRL.
 * ---------------------------------------------------------------------------
 */

/**
 * struct nmreq - what NIOCGINFO and NIOCREGIF take
 * @nr_name: port, ended by 0
 * @nr_version: NETMAP_API or later
 * @nr_offset: out: bytes from the start of the region to the netmap_if
 * @nr_memsize: out: bytes of the region
 * @nr_tx_slots: in, out: slots of a TX ring
 * @nr_rx_slots: in, out: slots of a RX ring
 * @nr_tx_rings: in, out: TX rings
 * @nr_rx_rings: in, out: RX rings
 * @nr_ringid: NETMAP_HW_RING ... NETMAP_DO_RX_POLL and a ring's index
 * @nr_cmd: 0 or NETMAP_BDG_*, NETMAP_VNET_HDR_GET
 * @nr_arg1: of the command; NETMAP_BDG_ATTACH: NETMAP_BDG_HOST
 * @nr_arg2: memory region
 * @nr_arg3: in, out: extra buffers
 * @nr_flags: NR_REG_* and NR_MONITOR_TX ... NR_NO_TX_POLL
 * @spare2: reserved
 */
struct nmreq {
	char nr_name[NETMAP_IF_NAMSIZ];
	uint32_t nr_version;
	uint32_t nr_offset;
	uint32_t nr_memsize;
	uint32_t nr_tx_slots;
	uint32_t nr_rx_slots;
	uint16_t nr_tx_rings;
	uint16_t nr_rx_rings;
	uint16_t nr_ringid;
	uint16_t nr_cmd;
	uint16_t nr_arg1;
	uint16_t nr_arg2;
	uint32_t nr_arg3;
	uint32_t nr_flags;
	uint32_t spare2[1];
};

/* nr_ringid. */
#define NETMAP_HW_RING		0x4000	/* one NIC ring pair */
#define NETMAP_SW_RING		0x2000	/* the host rings */
#define NETMAP_RING_MASK	0x0fff	/* index of the ring */
#define NETMAP_NO_TX_POLL	0x1000	/* as NR_NO_TX_POLL */
#define NETMAP_DO_RX_POLL	0x8000	/* as NR_DO_RX_POLL */

/* nr_cmd. 3, 8 and 9 were used once and are refused. */
#define NETMAP_BDG_ATTACH	1
#define NETMAP_BDG_DETACH	2
#define NETMAP_BDG_LIST		4	/* through NIOCGINFO */
#define NETMAP_BDG_VNET_HDR	5
#define NETMAP_BDG_OFFSET	NETMAP_BDG_VNET_HDR
#define NETMAP_BDG_NEWIF	6
#define NETMAP_BDG_DELIF	7
#define NETMAP_BDG_POLLING_ON	10
#define NETMAP_BDG_POLLING_OFF	11
#define NETMAP_VNET_HDR_GET	12

/* nr_arg1 of NETMAP_BDG_ATTACH: attach the host rings too. */
#define NETMAP_BDG_HOST		1

/**
 * struct nm_ifreq - what NIOCCONFIG takes
 * @nifr_name: port, ended by 0
 * @data: whatever the port understands
 */
#define NM_IFRDATA_LEN	256
struct nm_ifreq {
	char nifr_name[NETMAP_IF_NAMSIZ];
	char data[NM_IFRDATA_LEN];
};

/*
 * ---------------------------------------------------------------------------
 * ioctl numbers.
 * ---------------------------------------------------------------------------
 */
#define NIOCGINFO	_IOWR('i', 145, struct nmreq)
#define NIOCREGIF	_IOWR('i', 146, struct nmreq)
#define NIOCTXSYNC	_IO('i', 148)
#define NIOCRXSYNC	_IO('i', 149)
#define NIOCCONFIG	_IOWR('i', 150, struct nm_ifreq)
#define NIOCCTRL	_IOWR('i', 151, struct nmreq_header)

#ifdef __cplusplus
}
#endif

#endif /* NET_NETMAP_H */
