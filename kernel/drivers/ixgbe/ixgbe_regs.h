/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Registers and descriptors of the Intel 82599 that its netmap data path touches, from the public
 * datasheet ("Intel 82599 10 GbE Controller Datasheet", document 331520). Section numbers are its.
 *
 * Offsets are bytes from the start of BAR 0, registers are 32 bits wide and little endian.
 */
#ifndef IXGBE_REGS_H
#define IXGBE_REGS_H

#include "nm_os.h"

/* What one adapter has; we drive no more than 16 queue pairs (RSS without virtualisation). */
#define IXGBE_MAX_QUEUES	16

/* General control, 8.2.3.1 */
#define IXGBE_CTRL		0x00000u
#define IXGBE_CTRL_LRST		(1u << 3)
#define IXGBE_CTRL_RST		(1u << 26)
#define IXGBE_STATUS		0x00008u

/* Interrupts, 8.2.3.5 */
#define IXGBE_EICR		0x00800u
#define IXGBE_EIMS		0x00880u
#define IXGBE_EIMC		0x00888u

/* MAC, 8.2.3.22 */
#define IXGBE_HLREG0		0x04240u
#define IXGBE_HLREG0_TXCRCEN	(1u << 0)	/* append the CRC to every frame */
#define IXGBE_HLREG0_RXCRCSTRP	(1u << 1)	/* strip it; must equal RDRXCTL.CRCSTRIP */
#define IXGBE_HLREG0_JUMBOEN	(1u << 2)	/* frames up to MAXFRS */
#define IXGBE_HLREG0_TXPADEN	(1u << 10)	/* pad short frames to 64 bytes with CRC */
#define IXGBE_MAXFRS		0x04268u
#define IXGBE_MAXFRS_MFS_SHIFT	16
#define IXGBE_LINKS		0x042a4u
#define IXGBE_LINKS_UP		(1u << 30)
#define IXGBE_MFLCN		0x04294u
#define IXGBE_MFLCN_RFCE	(1u << 3)	/* honour 802.3x PAUSE */

/* Flow control, 8.2.3.3 */
#define IXGBE_FCCFG		0x03d00u
#define IXGBE_FCCFG_TFCE_802_3X	(1u << 3)	/* send PAUSE */
#define IXGBE_FCRTL(i)		(0x03220u + 4u * (i))
#define IXGBE_FCRTL_XONE	(1u << 31)	/* send XON when the buffer has emptied to the mark */
#define IXGBE_FCRTH(i)		(0x03260u + 4u * (i))
#define IXGBE_FCRTH_FCEN	(1u << 31)
#define IXGBE_FCRT_MASK		0x0007ffe0u	/* both marks: bytes, in steps of 32 */

/* Receive, 8.2.3.7 and 8.2.3.8 */
#define IXGBE_FCTRL		0x05080u
#define IXGBE_FCTRL_MPE		(1u << 8)
#define IXGBE_FCTRL_UPE		(1u << 9)
#define IXGBE_FCTRL_BAM		(1u << 10)
#define IXGBE_RXCTRL		0x03000u
#define IXGBE_RXCTRL_RXEN	(1u << 0)
#define IXGBE_RDRXCTL		0x02f00u
#define IXGBE_RDRXCTL_CRCSTRIP	(1u << 1)
#define IXGBE_RXPBSIZE(i)	(0x03c00u + 4u * (i))	/* receive packet buffer of class i, bytes */
#define IXGBE_RDBAL(i)		(0x01000u + 0x40u * (i))
#define IXGBE_RDBAH(i)		(0x01004u + 0x40u * (i))
#define IXGBE_RDLEN(i)		(0x01008u + 0x40u * (i))	/* bytes, a multiple of 128 */
#define IXGBE_RDH(i)		(0x01010u + 0x40u * (i))
#define IXGBE_SRRCTL(i)		(0x01014u + 0x40u * (i))
#define IXGBE_RDT(i)		(0x01018u + 0x40u * (i))
#define IXGBE_RXDCTL(i)		(0x01028u + 0x40u * (i))
#define IXGBE_RXDCTL_ENABLE	(1u << 25)
#define IXGBE_SRRCTL_BSIZE_SHIFT 10		/* BSIZEPACKET is in units of 1 KB ... */
#define IXGBE_SRRCTL_BSIZE_MASK	0x1fu		/* ... and five bits wide, 1 to 16 are valid */
#define IXGBE_SRRCTL_BSIZE_MAX	16u
#define IXGBE_SRRCTL_DESC_MASK	(7u << 25)
#define IXGBE_SRRCTL_ADV_ONEBUF	(1u << 25)	/* advanced descriptors, one buffer each */
#define IXGBE_SRRCTL_DROP_EN	(1u << 28)	/* drop what finds no descriptor, do not wait */

/* Receive-side scaling, 8.2.3.7.12 to 14, 7.1.2.8 */
#define IXGBE_MRQC		0x0ec80u
#define IXGBE_MRQC_RSS		1u
#define IXGBE_MRQC_TCP_IPV4	(1u << 16)
#define IXGBE_MRQC_IPV4		(1u << 17)
#define IXGBE_MRQC_IPV6		(1u << 20)
#define IXGBE_MRQC_TCP_IPV6	(1u << 21)
#define IXGBE_MRQC_UDP_IPV4	(1u << 22)
#define IXGBE_MRQC_UDP_IPV6	(1u << 23)
#define IXGBE_RETA(i)		(0x0eb00u + 4u * (i))	/* 32 registers, four entries each */
#define IXGBE_RETA_ENTRIES	128u
#define IXGBE_RSSRK(i)		(0x0eb80u + 4u * (i))	/* 10 registers, 40 bytes of key */
#define IXGBE_RSS_KEY_SIZE	40u

/* Transmit, 8.2.3.9 */
#define IXGBE_DMATXCTL		0x04a80u
#define IXGBE_DMATXCTL_TE	(1u << 0)
#define IXGBE_TXPBSIZE(i)	(0x0cc00u + 4u * (i))
#define IXGBE_TDBAL(i)		(0x06000u + 0x40u * (i))
#define IXGBE_TDBAH(i)		(0x06004u + 0x40u * (i))
#define IXGBE_TDLEN(i)		(0x06008u + 0x40u * (i))	/* bytes, a multiple of 128 */
#define IXGBE_TDH(i)		(0x06010u + 0x40u * (i))
#define IXGBE_TDT(i)		(0x06018u + 0x40u * (i))
#define IXGBE_TXDCTL(i)		(0x06028u + 0x40u * (i))
#define IXGBE_TXDCTL_PTHRESH_SHIFT 0
#define IXGBE_TXDCTL_HTHRESH_SHIFT 8
#define IXGBE_TXDCTL_WTHRESH_SHIFT 16
#define IXGBE_TXDCTL_ENABLE	(1u << 25)

/* Statistics, 8.2.3.23; cleared by reading */
#define IXGBE_RXMPC(i)		(0x03fa0u + 4u * (i))	/* missed: the packet buffer was full */
#define IXGBE_QPRDC(i)		(0x01430u + 0x40u * (i))	/* dropped: DROP_EN and no descriptor */
#define IXGBE_GPRC		0x04074u
#define IXGBE_GPTC		0x04080u

/*
 * Advanced descriptors: 16 bytes, as two little-endian words, so that a driver can store one with
 * two stores and look at one with one load.
 *
 * Transmit, 7.2.3.2.4, data descriptor: @addr the buffer; @meta DTALEN 15:0, DTYP 23:20, DCMD
 * 31:24, STA 35:32 (written back by the device), CC 39, POPTS 45:40, PAYLEN 63:46.
 */
struct ixgbe_tx_desc {
	u64 addr;
	u64 meta;
};

#define IXGBE_TXD_LEN_MASK	0xffffull
#define IXGBE_TXD_DTYP_DATA	(3ull << 20)
#define IXGBE_TXD_DTYP_MASK	(0xfull << 20)
#define IXGBE_TXD_EOP		(1ull << 24)
#define IXGBE_TXD_IFCS		(1ull << 25)	/* the device appends the CRC */
#define IXGBE_TXD_RS		(1ull << 27)	/* write DD back; only together with EOP */
#define IXGBE_TXD_DEXT		(1ull << 29)
#define IXGBE_TXD_DD		(1ull << 32)
#define IXGBE_TXD_PAYLEN_SHIFT	46		/* of the whole frame, in its first descriptor */

/* A frame may take 40 data descriptors less WTHRESH less 2 (7.2.1.1); we leave WTHRESH at 0. */
#define IXGBE_TX_MAX_CHAIN	38u

/* Shorter frames may hang the transmitter, padding or not (7.2.1.1: 17 bytes). */
#define IXGBE_TX_MIN_LEN	17u

/*
 * Receive, 7.1.6. As the driver writes it (7.1.6.1): @addr the packet buffer, @meta the header
 * buffer, of which bit 0 (DD) has to be 0. As the device writes it back (7.1.6.2): @addr RSS type
 * 3:0, packet type 16:4, RSS hash 63:32; @meta status 19:0, errors 31:20, PKT_LEN 47:32, VLAN tag.
 */
struct ixgbe_rx_desc {
	u64 addr;
	u64 meta;
};

#define IXGBE_RXD_DD		(1ull << 0)
#define IXGBE_RXD_EOP		(1ull << 1)
#define IXGBE_RXD_LEN_SHIFT	32
#define IXGBE_RXD_HASH_SHIFT	32
/* RSS type, table 7-13 */
#define IXGBE_RXD_RSS_NONE	0u
#define IXGBE_RXD_RSS_TCP_IPV4	1u
#define IXGBE_RXD_RSS_IPV4	2u
#define IXGBE_RXD_RSS_TCP_IPV6	3u
#define IXGBE_RXD_RSS_IPV6	5u
#define IXGBE_RXD_RSS_UDP_IPV4	7u
#define IXGBE_RXD_RSS_UDP_IPV6	8u

#define IXGBE_DESC_SIZE		16u
#define IXGBE_RING_ALIGN	128u	/* of RDBA, TDBA and of RDLEN, TDLEN */

/* 160 KB of transmit packet buffer, 512 KB of receive packet buffer (1.1, 8.2.3.8.9, 8.2.3.9.13) */
#define IXGBE_TX_PACKET_BUFFER	(160u * 1024u)
#define IXGBE_RX_PACKET_BUFFER	(512u * 1024u)

/* The longest frame, with its CRC (1.2: jumbo frames up to 9.5 KB). */
#define IXGBE_MAX_FRAME		9728u

#endif /* IXGBE_REGS_H */
