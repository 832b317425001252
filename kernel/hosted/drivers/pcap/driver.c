// SPDX-License-Identifier: BSD-2-Clause
/*
 * pcap: a file of captured frames as a port. One that is read has a ring to receive, one that is written has a
 * ring to send. A sync reads or writes the file, and returns when that is done.
 */
#include "hosted.h"
#include "nmh_capture.h"
#include "options.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S	1000000000ull

/**
 * struct pcap_input - the file that is read
 * @laps: how often it is read, 0: without end; @lap of them are done
 * @recorded: frames come in as far apart as they were captured
 * @frame: the next one, if @there
 * @error: what comes after the last frame
 * @start_ns: nm_os_now_ns() when the first frame of this lap came in, 0: not yet
 * @first_ns, @last_ns: times of the first and the last frame of this lap
 * @lap_frames: so far
 */
struct pcap_input {
	struct nmh_capture_reader *reader;
	u32 laps, lap;
	bool recorded;
	bool there;
	int error;
	struct nmh_captured_frame frame;
	u64 start_ns, first_ns, last_ns;
	u64 lap_frames;
};

/**
 * struct pcap_device - a port
 * @in, @out: one of them is there
 * @path: of the file that is written, as long as nobody has used it
 * @lock: the counters
 */
struct pcap_device {
	struct nm_port *port;
	struct pcap_input in;
	struct nmh_capture_writer *out;
	char *path;
	struct nm_spin lock;
	u64 tx_frames, tx_bytes, rx_frames, rx_bytes;
	u64 too_long;
};

/* Writing */

static u64 wall_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (u64)now.tv_sec * NS_PER_S + (u64)now.tv_nsec;
}

static int add_frame(struct nmh_capture_writer *out, const struct nm_bufs *bufs, const struct nm_tx_frame *frame,
		     u64 time_ns)
{
	u8 *bytes;
	int error = nmh_capture_add(out, frame->len, time_ns, &bytes);
	u32 i;

	for (i = 0; i < frame->slots && !error; i++) {
		memcpy(bytes, nm_buf_at(bufs, frame->view[i].buf_idx), frame->view[i].len);
		bytes += frame->view[i].len;
	}
	return error;
}

static int pcap_txsync(struct nm_kring *kr, int flags)
{
	struct pcap_device *device = nm_port_data(kr->port);
	const struct nm_bufs bufs = kr->bufs;
	u64 time_ns, bytes = 0;
	int error = 0;

	(void)flags;
	if (kr->hwcur == kr->rhead)
		return 0;
	time_ns = wall_clock_ns();
	while (kr->hwcur != kr->rhead && !error) {
		struct nm_tx_frame frame;

		if (!nm_tx_frame_get(kr, &bufs, kr->hwcur, &frame))
			break;
		error = add_frame(device->out, &bufs, &frame, time_ns);
		bytes += frame.len;
		kr->hwcur = nm_add(kr->hwcur, frame.slots, kr->num_slots);
	}
	if (!error)
		error = nmh_capture_flush(device->out);
	kr->hwtail = nm_prev(kr->hwcur, kr->num_slots - 1);
	nm_spin_lock(&device->lock);
	device->tx_frames = nmh_capture_frames(device->out);
	device->tx_bytes += error ? 0 : bytes;
	nm_spin_unlock(&device->lock);
	return error;
}

/* Reading */

/* When the frame of the file's time @time_ns is due; the first one is due now. */
static u64 due_ns(const struct pcap_input *in, u64 time_ns)
{
	/* A frame that is older than the first one is due at once. */
	return time_ns > in->first_ns ? in->start_ns + (time_ns - in->first_ns) : in->start_ns;
}

/* The file begins anew, one mean distance of two frames after its last one. Return: 0 or a negative errno. */
static int next_lap(struct pcap_input *in)
{
	int error;

	if (!in->lap_frames)
		return -EBADMSG;
	in->start_ns = due_ns(in, in->last_ns);
	if (in->lap_frames > 1 && in->last_ns > in->first_ns)
		in->start_ns += (in->last_ns - in->first_ns) / (in->lap_frames - 1);
	in->lap_frames = 0;
	error = nmh_capture_rewind(in->reader, NULL);
	return error ? -EBADMSG : 0;
}

/* Return: whether there is a next frame. */
static bool look_ahead(struct pcap_input *in)
{
	int got;

	if (in->there)
		return true;
	if (!in->reader)
		return false;
	got = nmh_capture_next(in->reader, &in->frame, NULL);
	while (!got && ++in->lap != in->laps) {
		got = next_lap(in);
		if (!got)
			got = nmh_capture_next(in->reader, &in->frame, NULL);
	}
	if (got <= 0) {
		/* Nothing is to be read after its end. */
		nmh_capture_close(in->reader);
		in->reader = NULL;
		in->error = got;
		return false;
	}
	if (!in->lap_frames++)
		in->first_ns = in->frame.time_ns;
	in->last_ns = in->frame.time_ns;
	in->there = true;
	return true;
}

static int pcap_rxsync(struct nm_kring *kr, int flags)
{
	struct pcap_device *device = nm_port_data(kr->port);
	struct pcap_input *in = &device->in;
	const u64 now_ns = in->recorded ? nm_os_now_ns() : 0;
	const u32 lim = kr->num_slots - 1;
	u64 frames = 0, bytes = 0, too_long = 0;

	(void)flags;
	kr->hwcur = kr->rhead;
	/* One stays empty. */
	while (kr->hwtail != nm_prev(kr->hwcur, lim)) {
		struct netmap_slot *slot = &kr->ring->slot[kr->hwtail];
		const u32 index = nm_read_once(slot->buf_idx);

		if (!look_ahead(in))
			break;
		if (!in->start_ns)
			in->start_ns = now_ns;
		if (in->recorded && due_ns(in, in->frame.time_ns) > now_ns)
			break;
		in->there = false;
		if (in->frame.len > kr->bufs.size) {
			too_long++;
			continue;
		}
		/* A client that spoilt the slot gets its frame into a buffer of nobody's. */
		memcpy(nm_buf_at(&kr->bufs, index < kr->bufs.num ? index : 0), in->frame.bytes, in->frame.len);
		nm_slot_put(slot, (u16)in->frame.len, 0);
		kr->hwtail = nm_next(kr->hwtail, lim);
		frames++;
		bytes += in->frame.len;
	}
	nm_spin_lock(&device->lock);
	device->rx_frames += frames;
	device->rx_bytes += bytes;
	device->too_long += too_long;
	nm_spin_unlock(&device->lock);
	/* After all that came before it. */
	return kr->hwtail == kr->hwcur ? in->error : 0;
}

static u64 pcap_deadline(struct nm_kring *kr)
{
	const struct pcap_device *device = nm_port_data(kr->port);

	return kr->dir == NM_RX && device->in.recorded && device->in.there ? due_ns(&device->in, device->in.frame.time_ns) : 0;
}

/* The file that is written is wanted once somebody sends to it. */
static int pcap_reg(struct nm_port *port)
{
	struct pcap_device *device = nm_port_data(port);

	nm_os_free(device->path);
	device->path = NULL;
	return 0;
}

static const struct nm_driver_ops pcap_ops = {
	.name = "pcap",
	.reg = pcap_reg,
	.txsync = pcap_txsync,
	.rxsync = pcap_rxsync,
	.deadline = pcap_deadline,
};

/* The driver */

/**
 * struct pcap_options - as asked
 * @read, @write: files; one of them is there
 */
struct pcap_options {
	const char *read, *write;
	struct nmh_ring_options rings;
	u32 loops;
	const char *timing;
	bool recorded;
};

static int read_options(const struct nmh_port_request *request, struct pcap_options *options,
			struct nmh_refusal *reason)
{
	const struct nmh_option_place places[] = {
		{ "read", .text = &options->read },
		{ "write", .text = &options->write },
		{ "slots", .number = &options->rings.slots },
		{ "loops", .number = &options->loops },
		{ "timing", .text = &options->timing },
	};
	int error;

	*options = (struct pcap_options){ .rings = NMH_RING_DEFAULTS, .loops = 1, .timing = "fast" };
	error = nmh_options_read(request, places, sizeof(places) / sizeof(places[0]), reason);
	if (!error)
		error = nmh_rings_check(request, &options->rings, 1, reason);
	if (error)
		return error;
	options->recorded = !strcmp(options->timing, "recorded");
	if (!options->recorded && strcmp(options->timing, "fast") != 0)
		return nmh_refuse(reason, -EINVAL, "%s: there is no timing \"%s\"; use \"fast\" or \"recorded\"",
				  request->name, options->timing);
	if (options->read && options->write)
		return nmh_refuse(reason, -EINVAL, "%s: a port reads or writes one file; use a second port", request->name);
	/* Without either, the name is the file: to read, where it is there. */
	if (!options->read && !options->write && !access(request->name, F_OK))
		options->read = request->name;
	else if (!options->read && !options->write)
		options->write = request->name;
	return 0;
}

static void describe(const struct pcap_options *options, struct nm_port_config *config)
{
	nmh_rings_describe(&options->rings, config);
	config->num_rings[options->read ? NM_TX : NM_RX] = 0;
}

static int driver_describe(const struct nmh_port_request *request, struct nmh_port_info *info,
			   struct nmh_refusal *reason)
{
	struct nm_port_config config = { 0 };
	struct pcap_options options;
	const int error = read_options(request, &options, reason);

	if (error)
		return error;
	describe(&options, &config);
	nmh_port_info_fill(info, &config);
	return 0;
}

/* A sentence of the reader's, with the file before it. */
static int refuse_file(struct nmh_refusal *reason, const char *path, const char *sentence, int error)
{
	return nmh_refuse(reason, error, "%s: %s", path, sentence);
}

static int open_input(const struct pcap_options *options, struct pcap_input *in, struct nmh_refusal *reason)
{
	char text[160] = "";
	struct nmh_refusal why = { text, sizeof(text) };
	/* A pipe without a writer would hold us up here. */
	const int fd = open(options->read, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat kind;
	int got;

	if (fd < 0)
		return nmh_refuse(reason, -errno, "%s cannot be read (%s); name a file that you may read", options->read,
				  strerror(errno));
	if (fstat(fd, &kind) || !S_ISREG(kind.st_mode)) {
		close(fd);
		return nmh_refuse(reason, -EINVAL, "%s is no regular file; copy it to one", options->read);
	}
	got = nmh_capture_open(fd, &in->reader, &why);
	if (got)
		return refuse_file(reason, options->read, text, got);
	in->laps = options->loops;
	in->recorded = options->recorded;
	/* The first frame at once, so that a file with none, or with a damaged one, is told. */
	got = nmh_capture_next(in->reader, &in->frame, &why);
	if (got < 0)
		return refuse_file(reason, options->read, text, got);
	if (!got)
		return nmh_refuse(reason, -ENODATA, "%s has no frames; capture some", options->read);
	in->there = true;
	in->lap_frames = 1;
	in->first_ns = in->frame.time_ns;
	in->last_ns = in->frame.time_ns;
	return 0;
}

static int open_output(const struct pcap_options *options, struct pcap_device *device, struct nmh_refusal *reason)
{
	const char *path = options->write;
	/* What is there already stays as it is. */
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	int error;

	if (fd < 0 && errno == EEXIST)
		return nmh_refuse(reason, -EEXIST, "%s exists; move it away, or choose another name", path);
	if (fd < 0)
		return nmh_refuse(reason, -errno, "%s cannot be written (%s); choose a file in a writable directory", path,
				  strerror(errno));
	device->path = nm_os_alloc(strlen(path) + 1);
	error = device->path ? nmh_capture_create(fd, nmh_capture_format_of(path), &device->out) : -ENOMEM;
	if (error)
		return nmh_refuse(reason, error, "%s: no memory to write it; free some", path);
	memcpy(device->path, path, strlen(path));
	return 0;
}

static void device_free(struct pcap_device *device)
{
	nmh_capture_close(device->in.reader);
	nmh_capture_finish(device->out);
	/* Of a port that nobody opened, as the program could not go on. */
	if (device->path)
		unlink(device->path);
	nm_os_free(device->path);
	nm_os_free(device);
}

static int driver_create(struct nmh *world, const struct nmh_port_request *request, void **out,
			 struct nmh_refusal *reason)
{
	struct nm_port_config config = { 0 };
	struct pcap_options options;
	struct pcap_device *device;
	int error = read_options(request, &options, reason);

	if (error)
		return error;
	if (!strncmp(request->name, "vale", 4))
		return nmh_refuse(reason, -EINVAL, "%s would be a switch; write ./%s", request->name, request->name);
	device = nm_os_alloc(sizeof(*device));
	if (!device)
		return nmh_refuse(reason, -ENOMEM, "%s: no memory for the port; free some", request->name);
	nm_spin_init(&device->lock);
	error = options.read ? open_input(&options, &device->in, reason) : open_output(&options, device, reason);
	if (!error) {
		describe(&options, &config);
		error = nmh_attach(world, request->name, &(struct nmh_attachment){
			.ops = &pcap_ops, .config = &config, .device = device, .port = &device->port,
			.if_taken = "choose another name",
			.if_bad = "choose a shorter one, and the option \"read\" or \"write\"",
		}, reason);
	}
	if (error) {
		device_free(device);
		return error;
	}
	*out = device;
	return 0;
}

static void driver_destroy(void *arg)
{
	struct pcap_device *device = arg;

	nm_port_detach(device->port);
	device_free(device);
}

static void driver_stats(void *arg, struct nmh_port_stats *stats)
{
	struct pcap_device *device = arg;

	nm_spin_lock(&device->lock);
	stats->tx_frames = device->tx_frames;
	stats->tx_bytes = device->tx_bytes + 4 * device->tx_frames;
	stats->rx_frames = device->rx_frames;
	stats->rx_bytes = device->rx_bytes + 4 * device->rx_frames;
	stats->missed = device->too_long;
	nm_spin_unlock(&device->lock);
}

const struct nmh_driver nmh_driver_pcap = {
	.name = "pcap",
	.prefix = "pcap",
	.leads_nowhere = true,
	.names_files = true,
	.describe = driver_describe,
	.create = driver_create,
	.destroy = driver_destroy,
	.stats = driver_stats,
};
