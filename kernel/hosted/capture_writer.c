// SPDX-License-Identifier: BSD-2-Clause
/* Writing captures, nmh_capture.h: what is added gathers in a buffer, which goes into the file as a whole. */
#include "nmh_capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>
#include <unistd.h>

#define NS_PER_S	1000000000u

/* Also the longest frame fits, with all that surrounds it. */
#define BUFFER_BYTES	(1u << 20)
#define LINK_ETHERNET	1

struct pcap_header {
	uint32_t magic;
	uint16_t major, minor;
	int32_t zone;
	uint32_t accuracy, longest, link;
};

struct pcap_record {
	uint32_t seconds, fraction, len, size;
};

/* A section header block, and an interface description block whose only option is the time's resolution, 10^-9 s. */
struct pcapng_header {
	uint32_t type, bytes, order;
	uint16_t major, minor;
	uint32_t section[2];	/* bytes of the section, -1: not known */
	uint32_t bytes_again;
	uint32_t interface_type, interface_bytes;
	uint16_t link, reserved;
	uint32_t longest;
	uint16_t option, option_bytes;
	uint8_t resolution, padding[3];
	uint16_t end, end_bytes;
	uint32_t interface_bytes_again;
};

struct pcapng_packet {
	uint32_t type, bytes, interface, time_high, time_low, len, size;
};

_Static_assert(sizeof(struct pcap_header) == 24, "as in the file");
_Static_assert(sizeof(struct pcapng_header) == 60, "as in the file");
_Static_assert(sizeof(struct pcapng_packet) == 28, "as in the file");

/**
 * struct nmh_capture_writer - a file that is written
 * @has_header: the file has it
 * @error: the first one; nothing is written after it
 * @frames: in the file
 * @used: bytes of @buffer, in which @pending frames are
 */
struct nmh_capture_writer {
	int fd;
	enum nmh_capture_format format;
	bool has_header;
	int error;
	uint64_t frames;
	uint32_t pending;
	size_t used;
	uint8_t buffer[BUFFER_BYTES];
};

enum nmh_capture_format nmh_capture_format_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && (!strcasecmp(dot, ".pcapng") || !strcasecmp(dot, ".ntar")) ? NMH_CAPTURE_PCAPNG : NMH_CAPTURE_PCAP;
}

static void *append(struct nmh_capture_writer *writer, const void *data, size_t size)
{
	void *at = writer->buffer + writer->used;

	memcpy(at, data, size);
	writer->used += size;
	return at;
}

int nmh_capture_create(int fd, enum nmh_capture_format format, struct nmh_capture_writer **out)
{
	const struct pcap_header pcap = {
		.magic = 0xa1b23c4d, .major = 2, .minor = 4, .longest = NMH_CAPTURE_MAX_FRAME, .link = LINK_ETHERNET,
	};
	const struct pcapng_header pcapng = {
		.type = 0x0a0d0d0a, .bytes = 28, .order = 0x1a2b3c4d, .major = 1, .section = { UINT32_MAX, UINT32_MAX },
		.bytes_again = 28, .interface_type = 1, .interface_bytes = 32, .link = LINK_ETHERNET,
		.longest = NMH_CAPTURE_MAX_FRAME, .option = 9, .option_bytes = 1, .resolution = 9,
		.interface_bytes_again = 32,
	};
	/* Its buffer is not touched before it is needed. */
	struct nmh_capture_writer *writer = malloc(sizeof(*writer));

	if (!writer) {
		close(fd);
		return -ENOMEM;
	}
	writer->fd = fd;
	writer->format = format;
	writer->has_header = false;
	writer->error = 0;
	writer->frames = 0;
	writer->pending = 0;
	writer->used = 0;
	if (format == NMH_CAPTURE_PCAPNG)
		append(writer, &pcapng, sizeof(pcapng));
	else
		append(writer, &pcap, sizeof(pcap));
	*out = writer;
	return 0;
}

static size_t padded(uint32_t len)
{
	return ((size_t)len + 3) & ~(size_t)3;
}

/* Bytes that a frame takes in the file. */
static size_t record_bytes(enum nmh_capture_format format, uint32_t len)
{
	if (format == NMH_CAPTURE_PCAPNG)
		return sizeof(struct pcapng_packet) + padded(len) + sizeof(uint32_t);
	return sizeof(struct pcap_record) + len;
}

int nmh_capture_add(struct nmh_capture_writer *writer, uint32_t len, uint64_t time_ns, uint8_t **bytes)
{
	const size_t size = record_bytes(writer->format, len);

	if (writer->error)
		return writer->error;
	if (len > NMH_CAPTURE_MAX_FRAME)
		return -EMSGSIZE;
	if (time_ns / NS_PER_S > UINT32_MAX)
		return -EOVERFLOW;
	if (writer->used + size > sizeof(writer->buffer)) {
		const int error = nmh_capture_flush(writer);

		if (error)
			return error;
	}
	if (writer->format == NMH_CAPTURE_PCAPNG) {
		const struct pcapng_packet packet = {
			.type = 6, .bytes = (uint32_t)size, .time_high = (uint32_t)(time_ns >> 32),
			.time_low = (uint32_t)time_ns, .len = len, .size = len,
		};
		const uint32_t again = packet.bytes;

		append(writer, &packet, sizeof(packet));
		*bytes = writer->buffer + writer->used;
		memset(*bytes + len, 0, padded(len) - len);
		writer->used += padded(len);
		append(writer, &again, sizeof(again));
	} else {
		const struct pcap_record record = {
			.seconds = (uint32_t)(time_ns / NS_PER_S), .fraction = (uint32_t)(time_ns % NS_PER_S),
			.len = len, .size = len,
		};

		append(writer, &record, sizeof(record));
		*bytes = writer->buffer + writer->used;
		writer->used += len;
	}
	writer->pending++;
	return 0;
}

static uint32_t word_at(const uint8_t *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* Of the @written bytes of the buffer, those that end with a whole frame, or the header; and the frames in them. */
static size_t whole_of(const struct nmh_capture_writer *writer, size_t written, uint32_t *frames)
{
	const bool pcapng = writer->format == NMH_CAPTURE_PCAPNG;
	size_t at = writer->has_header ? 0 : pcapng ? sizeof(struct pcapng_header) : sizeof(struct pcap_header);

	*frames = 0;
	if (at > written)
		return 0;
	while (at < written) {
		const uint8_t *record = writer->buffer + at;
		const size_t len = offsetof(struct pcap_record, len), bytes = offsetof(struct pcapng_packet, bytes);
		const size_t size = pcapng ? word_at(record + bytes) : record_bytes(NMH_CAPTURE_PCAP, word_at(record + len));

		if (at + size > written)
			break;
		at += size;
		(*frames)++;
	}
	return at;
}

/* Takes the last @bytes off the file, unless it is none that has an end. */
static void take_off(int fd, size_t bytes)
{
	const off_t end = lseek(fd, 0, SEEK_CUR);

	if (bytes && end >= (off_t)bytes && !ftruncate(fd, end - (off_t)bytes))
		lseek(fd, 0, SEEK_END);
}

int nmh_capture_flush(struct nmh_capture_writer *writer)
{
	uint32_t frames = writer->pending;
	size_t written = 0;

	while (written < writer->used && !writer->error) {
		const ssize_t part = write(writer->fd, writer->buffer + written, writer->used - written);

		if (part >= 0)
			written += (size_t)part;
		else if (errno != EINTR)
			writer->error = -errno;
	}
	if (writer->error)
		take_off(writer->fd, written - whole_of(writer, written, &frames));
	writer->has_header = true;
	__atomic_store_n(&writer->frames, writer->frames + frames, __ATOMIC_RELAXED);
	writer->pending = 0;
	writer->used = 0;
	return writer->error;
}

uint64_t nmh_capture_frames(const struct nmh_capture_writer *writer)
{
	return __atomic_load_n(&writer->frames, __ATOMIC_RELAXED);
}

void nmh_capture_finish(struct nmh_capture_writer *writer)
{
	if (!writer)
		return;
	nmh_capture_flush(writer);
	close(writer->fd);
	free(writer);
}
