// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reading captures, nmh_capture.h. The file goes through a buffer; each step asks for as many bytes in a row as it
 * needs, at most BUFFER_BYTES. Nothing in the file is believed before it is checked: a length, above all.
 */
#include "nmh_capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"

#define BUFFER_BYTES	(1u << 20)
#define NS_PER_S	1000000000u
#define LINK_ETHERNET	1

#define PCAP_MICROSECONDS	0xa1b2c3d4u
#define PCAP_NANOSECONDS	0xa1b23c4du
#define PCAP_HEADER		24
#define PCAP_RECORD		16

/* Blocks of pcapng. */
#define BLOCK_SECTION		0x0a0d0d0au
#define BLOCK_INTERFACE		1
#define BLOCK_PACKET_OLD	2
#define BLOCK_PACKET_SIMPLE	3
#define BLOCK_PACKET		6
#define BLOCK_ORDER		0x1a2b3c4du
#define BLOCK_LEAST		12	/* type, length, length again */

#define OPTION_END		0
#define OPTION_RESOLUTION	9
#define OPTION_OFFSET		14

/* Of a section; more than any machine has. */
#define MAX_INTERFACES		65536u

/**
 * struct capture_interface - what the times of an interface's frames mean
 * @per_second: units a second
 * @binary: @per_second is a power of two
 * @offset_s: to be added
 * @longest: bytes of a frame that are kept; 0: all
 */
struct capture_interface {
	uint64_t per_second;
	bool binary;
	int64_t offset_s;
	uint32_t longest;
};

/**
 * struct nmh_capture_reader - a file that is read
 * @fd: -1: @bytes are the whole file
 * @buffer: NULL: @bytes are the caller's
 * @from, @to: of @bytes, what has been read and not been used
 * @last: bytes at @from that the frame given last takes; they stay until the next call
 * @swapped: numbers are in the other byte order
 * @nanoseconds: pcap's times are
 */
struct nmh_capture_reader {
	int fd;
	uint8_t *buffer;
	const uint8_t *bytes;
	size_t from, to;
	size_t last;
	bool swapped, pcapng, nanoseconds;
	uint64_t frames;
	struct capture_interface *interfaces;
	uint32_t num_interfaces;
};

/* Bytes */

/* Return: @size bytes in a row; NULL: there are fewer, or (@error) they cannot be read. */
static const uint8_t *peek(struct nmh_capture_reader *reader, size_t size, int *error)
{
	*error = 0;
	if (reader->to - reader->from >= size)
		return reader->bytes + reader->from;
	if (!reader->buffer || size > BUFFER_BYTES)
		return NULL;
	memmove(reader->buffer, reader->buffer + reader->from, reader->to - reader->from);
	reader->to -= reader->from;
	reader->from = 0;
	while (reader->to < size) {
		const ssize_t got = read(reader->fd, reader->buffer + reader->to, BUFFER_BYTES - reader->to);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			*error = got ? -errno : 0;
			return NULL;
		}
		reader->to += (size_t)got;
	}
	return reader->bytes;
}

/* Leaves out bytes, of which not all need be in the buffer at once. Return: whether there are so many. */
static bool skip(struct nmh_capture_reader *reader, size_t size, int *error)
{
	*error = 0;
	while (size > 0) {
		const size_t there = reader->to - reader->from, part = there < size ? there : size;

		reader->from += part;
		size -= part;
		if (size > 0 && !peek(reader, 1, error))
			return false;
	}
	return true;
}

static uint16_t half(const struct nmh_capture_reader *reader, const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return reader->swapped ? __builtin_bswap16(value) : value;
}

static uint32_t word(const struct nmh_capture_reader *reader, const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return reader->swapped ? __builtin_bswap32(value) : value;
}

/* Refusals */

static int refuse_kind(struct nmh_refusal *reason, const char *cause)
{
	return nmh_refuse(reason, -EPROTO, "%s; give a pcap or pcapng file of Ethernet frames", cause);
}

static int refuse_link(struct nmh_refusal *reason, uint32_t link)
{
	static const struct {
		uint32_t link;
		const char *name;
	} known[] = {
		{ 0, "of a loopback without Ethernet headers (NULL)" }, { 101, "IP packets (RAW)" },
		{ 105, "IEEE802_11" }, { 113, "LINUX_SLL" }, { 127, "IEEE802_11_RADIO" }, { 228, "IPV4" }, { 229, "IPV6" },
		{ 276, "LINUX_SLL2" },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].link == link)
			return nmh_refuse(reason, -EPROTO,
					  "its frames are %s, not Ethernet; give a pcap or pcapng file of Ethernet frames",
					  known[i].name);
	}
	return nmh_refuse(reason, -EPROTO,
			  "its frames are of link type %u, not Ethernet; give a pcap or pcapng file of Ethernet frames", link);
}

/* @error: of reading, or 0: the file is to blame. */
static int refuse_here(const struct nmh_capture_reader *reader, struct nmh_refusal *reason, const char *cause, int error)
{
	if (error)
		return nmh_refuse(reason, error, "it cannot be read (error %d); check its file system", -error);
	return nmh_refuse(reason, -EBADMSG, "it is truncated or damaged after %llu frame%s (%s); copy or capture it again",
			  (unsigned long long)reader->frames, reader->frames == 1 ? "" : "s", cause);
}

/* pcap */

static int read_pcap_header(struct nmh_capture_reader *reader, struct nmh_refusal *reason)
{
	int error;
	const uint8_t *header = peek(reader, PCAP_HEADER, &error);
	uint32_t link;

	if (!header)
		return refuse_here(reader, reason, "in its header", error);
	if (half(reader, header + 4) != 2)
		return refuse_kind(reason, "it is of another version of pcap than 2");
	/* Above it are the length of the CRC, if frames have one, and bits without a meaning. */
	link = word(reader, header + 20) & 0x03ffffff;
	if (link != LINK_ETHERNET)
		return refuse_link(reason, link);
	reader->from += PCAP_HEADER;
	return 0;
}

static int next_pcap(struct nmh_capture_reader *reader, struct nmh_captured_frame *frame, struct nmh_refusal *reason)
{
	int error;
	const uint8_t *record = peek(reader, PCAP_RECORD, &error);
	const size_t left = reader->to - reader->from;

	if (!record && !left && !error)
		return 0;
	if (!record)
		return refuse_here(reader, reason, "in the header of a record", error);
	frame->time_ns = (uint64_t)word(reader, record) * NS_PER_S +
			 (uint64_t)word(reader, record + 4) * (reader->nanoseconds ? 1 : 1000);
	frame->len = word(reader, record + 8);
	frame->size = word(reader, record + 12);
	if (frame->len > NMH_CAPTURE_MAX_FRAME)
		return refuse_here(reader, reason, "a frame is longer than any can be", 0);
	record = peek(reader, PCAP_RECORD + frame->len, &error);
	if (!record)
		return refuse_here(reader, reason, "in a frame", error);
	frame->bytes = record + PCAP_RECORD;
	reader->last = PCAP_RECORD + frame->len;
	return 1;
}

/* pcapng */

static uint64_t time_of(const struct capture_interface *interface, uint64_t units)
{
	uint64_t per_second = interface->per_second, rest = units % per_second;
	const uint64_t seconds = units / per_second + (uint64_t)interface->offset_s;

	/* A finer resolution than we need would not leave room for the product. */
	while (per_second > NS_PER_S) {
		per_second /= interface->binary ? 2 : 10;
		rest /= interface->binary ? 2 : 10;
	}
	return seconds * NS_PER_S + rest * NS_PER_S / per_second;
}

/* Return: whether such a resolution is one. */
static bool set_resolution(struct capture_interface *interface, uint8_t value)
{
	uint8_t power = value & 0x7f;

	interface->binary = value & 0x80;
	interface->per_second = 1;
	if (power > (interface->binary ? 63 : 19))
		return false;
	while (power--)
		interface->per_second *= interface->binary ? 2 : 10;
	return true;
}

/* Of the @size bytes of options at @at. Return: whether they are well formed. */
static bool read_interface_options(const struct nmh_capture_reader *reader, const uint8_t *at, size_t size,
				   struct capture_interface *interface)
{
	while (size >= 4) {
		const uint16_t option = half(reader, at), len = half(reader, at + 2);
		const size_t whole = 4 + (((size_t)len + 3) & ~(size_t)3);

		if (option == OPTION_END)
			return true;
		if (whole > size)
			return false;
		if (option == OPTION_RESOLUTION && (len < 1 || !set_resolution(interface, at[4])))
			return false;
		if (option == OPTION_OFFSET) {
			const bool low_first = (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) != reader->swapped;

			if (len != 8)
				return false;
			interface->offset_s = (int64_t)((uint64_t)word(reader, at + (low_first ? 8 : 4)) << 32 |
							word(reader, at + (low_first ? 4 : 8)));
		}
		at += whole;
		size -= whole;
	}
	return size == 0;
}

static int read_interface(struct nmh_capture_reader *reader, const uint8_t *block, uint32_t size,
			  struct nmh_refusal *reason)
{
	struct capture_interface interface = { .per_second = 1000000 }, *more;
	uint32_t num = reader->num_interfaces;

	if (size < 20)
		return refuse_here(reader, reason, "in the description of an interface", 0);
	if (half(reader, block + 8) != LINK_ETHERNET)
		return refuse_link(reason, half(reader, block + 8));
	interface.longest = word(reader, block + 12);
	if (!read_interface_options(reader, block + 16, size - 20, &interface) || num == MAX_INTERFACES)
		return refuse_here(reader, reason, "in the description of an interface", 0);
	/* Grows where it has a power of two of them. */
	if (!(num & (num - 1))) {
		more = realloc(reader->interfaces, (num ? 2 * num : 1) * sizeof(*more));
		if (!more)
			return nmh_refuse(reason, -ENOMEM, "there is no memory for its interfaces; free some");
		reader->interfaces = more;
	}
	reader->interfaces[reader->num_interfaces++] = interface;
	return 0;
}

/* A section's header says its byte order before its length can be read. */
static int read_section(struct nmh_capture_reader *reader, struct nmh_refusal *reason)
{
	int error;
	const uint8_t *block = peek(reader, 28, &error);

	if (!block)
		return refuse_here(reader, reason, "in the header of a section", error);
	reader->swapped = false;
	if (word(reader, block + 8) != BLOCK_ORDER)
		reader->swapped = true;
	if (word(reader, block + 8) != BLOCK_ORDER || word(reader, block + 4) < 28)
		return refuse_here(reader, reason, "in the header of a section", 0);
	if (half(reader, block + 12) != 1)
		return refuse_kind(reason, "it is of another version of pcapng than 1");
	reader->num_interfaces = 0;
	return 0;
}

/* A frame in a whole block. Return: 1, or a negative errno. */
static int take_packet(struct nmh_capture_reader *reader, const uint8_t *block, uint32_t type, uint32_t size,
		       struct nmh_captured_frame *frame, struct nmh_refusal *reason)
{
	const uint32_t header = type == BLOCK_PACKET_SIMPLE ? 12 : 28;
	const struct capture_interface *interface;
	uint32_t number = 0;

	if (size < header + 4)
		return refuse_here(reader, reason, "in the header of a frame", 0);
	if (type == BLOCK_PACKET)
		number = word(reader, block + 8);
	else if (type == BLOCK_PACKET_OLD)
		number = half(reader, block + 8);
	if (number >= reader->num_interfaces)
		return refuse_here(reader, reason, "a frame is of an interface that is not described", 0);
	interface = &reader->interfaces[number];
	if (type == BLOCK_PACKET_SIMPLE) {
		frame->time_ns = 0;
		frame->size = word(reader, block + 8);
		frame->len = frame->size;
		if (interface->longest && frame->len > interface->longest)
			frame->len = interface->longest;
	} else {
		frame->time_ns = time_of(interface, (uint64_t)word(reader, block + 12) << 32 | word(reader, block + 16));
		frame->len = word(reader, block + 20);
		frame->size = word(reader, block + 24);
	}
	if (frame->len > NMH_CAPTURE_MAX_FRAME || frame->len > size - header - 4)
		return refuse_here(reader, reason, "a frame is longer than its block", 0);
	frame->bytes = block + header;
	reader->last = size;
	return 1;
}

/* Return: 1 a frame, 2 another block, 0 the end, or a negative errno. */
static int next_block(struct nmh_capture_reader *reader, struct nmh_captured_frame *frame, struct nmh_refusal *reason)
{
	int error;
	const uint8_t *block = peek(reader, 8, &error);
	const size_t left = reader->to - reader->from;
	uint32_t type, size;
	bool is_ours;

	if (!block && !left && !error)
		return 0;
	if (!block)
		return refuse_here(reader, reason, "in the header of a block", error);
	type = word(reader, block);
	/* The same in both byte orders. */
	if (type == BLOCK_SECTION) {
		error = read_section(reader, reason);
		if (error)
			return error;
		block = reader->bytes + reader->from;
	}
	size = word(reader, block + 4);
	if (size < BLOCK_LEAST || size % 4)
		return refuse_here(reader, reason, "a block has a length that none can have", 0);
	is_ours = type == BLOCK_INTERFACE || type == BLOCK_PACKET_OLD || type == BLOCK_PACKET_SIMPLE || type == BLOCK_PACKET;
	if (!is_ours)
		return skip(reader, size, &error) ? 2 : refuse_here(reader, reason, "in a block", error);
	block = peek(reader, size, &error);
	if (!block)
		return refuse_here(reader, reason, type == BLOCK_INTERFACE ? "in the description of an interface" : "in a frame",
				   error);
	if (word(reader, block + size - 4) != size)
		return refuse_here(reader, reason, "a block does not end as it begins", 0);
	if (type != BLOCK_INTERFACE)
		return take_packet(reader, block, type, size, frame, reason);
	error = read_interface(reader, block, size, reason);
	reader->from += size;
	return error ? error : 2;
}

static int next_pcapng(struct nmh_capture_reader *reader, struct nmh_captured_frame *frame, struct nmh_refusal *reason)
{
	int got;

	do {
		got = next_block(reader, frame, reason);
	} while (got == 2);
	return got;
}

/* Both */

/* What kind the file is, from its first bytes. */
static int read_header(struct nmh_capture_reader *reader, struct nmh_refusal *reason)
{
	int error;
	const uint8_t *magic = peek(reader, 4, &error);
	uint32_t value;

	reader->last = 0;
	reader->frames = 0;
	reader->pcapng = false;
	reader->swapped = false;
	if (error)
		return refuse_here(reader, reason, "", error);
	if (!magic)
		return refuse_kind(reason, reader->to ? "it is too short for a capture" : "it is empty");
	value = word(reader, magic);
	if (value == BLOCK_SECTION) {
		reader->pcapng = true;
		return read_section(reader, reason);
	}
	if (value != PCAP_MICROSECONDS && value != PCAP_NANOSECONDS) {
		value = __builtin_bswap32(value);
		reader->swapped = true;
	}
	if (value != PCAP_MICROSECONDS && value != PCAP_NANOSECONDS)
		return refuse_kind(reason, "it does not begin as a capture does");
	reader->nanoseconds = value == PCAP_NANOSECONDS;
	return read_pcap_header(reader, reason);
}

static int finish_open(struct nmh_capture_reader *reader, struct nmh_capture_reader **out, struct nmh_refusal *reason)
{
	const int error = read_header(reader, reason);

	if (error) {
		nmh_capture_close(reader);
		return error;
	}
	*out = reader;
	return 0;
}

int nmh_capture_open(int fd, struct nmh_capture_reader **out, struct nmh_refusal *reason)
{
	struct nmh_capture_reader *reader = calloc(1, sizeof(*reader));
	uint8_t *buffer = malloc(BUFFER_BYTES);

	if (!reader || !buffer) {
		free(reader);
		free(buffer);
		close(fd);
		return nmh_refuse(reason, -ENOMEM, "there is no memory to read it; free some");
	}
	reader->fd = fd;
	reader->buffer = buffer;
	reader->bytes = buffer;
	return finish_open(reader, out, reason);
}

int nmh_capture_open_bytes(const void *bytes, size_t size, struct nmh_capture_reader **out, struct nmh_refusal *reason)
{
	struct nmh_capture_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return nmh_refuse(reason, -ENOMEM, "there is no memory to read it; free some");
	reader->fd = -1;
	reader->bytes = bytes;
	reader->to = size;
	return finish_open(reader, out, reason);
}

int nmh_capture_next(struct nmh_capture_reader *reader, struct nmh_captured_frame *frame, struct nmh_refusal *reason)
{
	int got;

	reader->from += reader->last;
	reader->last = 0;
	got = reader->pcapng ? next_pcapng(reader, frame, reason) : next_pcap(reader, frame, reason);
	if (got == 1)
		reader->frames++;
	return got;
}

int nmh_capture_rewind(struct nmh_capture_reader *reader, struct nmh_refusal *reason)
{
	if (reader->buffer) {
		if (lseek(reader->fd, 0, SEEK_SET))
			return nmh_refuse(reason, -errno, "it cannot be read again from its start; copy it to a file");
		reader->to = 0;
	}
	reader->from = 0;
	return read_header(reader, reason);
}

void nmh_capture_close(struct nmh_capture_reader *reader)
{
	if (!reader)
		return;
	if (reader->fd >= 0)
		close(reader->fd);
	free(reader->buffer);
	free(reader->interfaces);
	free(reader);
}
