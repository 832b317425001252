/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of captured Ethernet frames: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), in either
 * byte order, with any time resolution. A file is read and written from its start to its end, through a
 * buffer of constant size, so it may be of any length, and may be a pipe.
 *
 * Functions return 0 (or what they say) or a negative errno, and then @reason has "cause; remedy". The caller
 * says which file it is. One thread at a time for a reader or writer.
 */
#ifndef NMH_CAPTURE_H
#define NMH_CAPTURE_H

#include "nmh_driver.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a frame at most: what other programs write at most. */
#define NMH_CAPTURE_MAX_FRAME	262144u

struct nmh_captured_frame {
	uint64_t time_ns;	/* since 1970; 0: the file has no time for it */
	uint32_t size;		/* bytes on the wire, without CRC */
	uint32_t len;		/* bytes that the file has of it */
	const uint8_t *bytes;	/* until the reader's next call */
};

struct nmh_capture_reader;

/**
 * nmh_capture_open() - read a file
 * @fd: to be read from now on; the reader's, which closes it, also where this fails
 *
 * The beginning is read and checked: -EPROTO where it is no capture, or not one of Ethernet frames.
 */
int nmh_capture_open(int fd, struct nmh_capture_reader **out, struct nmh_refusal *reason);

/* The same of a file in memory, which stays as it is while the reader is there. */
int nmh_capture_open_bytes(const void *bytes, size_t size, struct nmh_capture_reader **out,
			   struct nmh_refusal *reason);

/* Return: 1 a frame, 0 the file's end; -EBADMSG: the file is truncated or damaged here. */
int nmh_capture_next(struct nmh_capture_reader *reader, struct nmh_captured_frame *frame, struct nmh_refusal *reason);

/* Begins anew. Error: the file has no beginning to go back to (a pipe), or it is another one now. */
int nmh_capture_rewind(struct nmh_capture_reader *reader, struct nmh_refusal *reason);

/* NULL: nothing is done. */
void nmh_capture_close(struct nmh_capture_reader *reader);

struct nmh_capture_writer;

enum nmh_capture_format {
	NMH_CAPTURE_PCAP,	/* magic a1b23c4d: nanoseconds */
	NMH_CAPTURE_PCAPNG,	/* one section, one interface, enhanced packet blocks, nanoseconds */
};

/* The format that a file's name asks for: pcapng for NAME.pcapng and NAME.ntar, else pcap. */
enum nmh_capture_format nmh_capture_format_of(const char *path);

/**
 * nmh_capture_create() - write a file
 * @fd: the writer's, which closes it, also where this fails
 *
 * The header is written with the first frames, or by nmh_capture_flush().
 */
int nmh_capture_create(int fd, enum nmh_capture_format format, struct nmh_capture_writer **out);

/**
 * nmh_capture_add() - a frame
 * @len: at most NMH_CAPTURE_MAX_FRAME
 * @time_ns: since 1970; less than 2^32 s
 * @bytes: where the caller then writes the frame
 */
int nmh_capture_add(struct nmh_capture_writer *writer, uint32_t len, uint64_t time_ns, uint8_t **bytes);

/*
 * Gives all that was added to the file. Where that fails (-ENOSPC), a regular file ends after its last whole
 * frame, and the rest is gone.
 */
int nmh_capture_flush(struct nmh_capture_writer *writer);

/* How many frames the file has; any thread. */
uint64_t nmh_capture_frames(const struct nmh_capture_writer *writer);

/* Without nmh_capture_flush() before it an error is lost. NULL: nothing is done. */
void nmh_capture_finish(struct nmh_capture_writer *writer);

#ifdef __cplusplus
}
#endif

#endif /* NMH_CAPTURE_H */
