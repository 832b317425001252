// SPDX-License-Identifier: BSD-2-Clause
// The figures of a run, one a line. The counters of workers and ports, their copies, differences
// and sums, the memory that watchers map, the record, what fills it, its schema, and the reports
// that show all figures are made from these lines: a figure that is new is one line here, and the
// statement that counts it, if it is a counter.
//
// A list of macro calls. Whoever includes it defines those macros that it needs; the others are
// empty, and all are undefined at the end.
//
//   WORKER_COUNTER(NAME, MEANING)    counted in a worker's loop, in its record by the same name
//   HIDDEN_COUNTER(NAME, MEANING)    counted too, for the verdict or the live view: not in a record
//   SAMPLED_COUNTER(NAME, FROM, MEANING)   of a worker, counted by the thread that samples it
//   PORT_COUNTER(NAME, MEANING)      counted by a port's device
//   WORKER_FIELD(TYPE, NAME, FROM, OVER_RUNS, MEANING, RULES...)  of a worker's record, as the next
//   DIRECTION_FIELD, LOSS_FIELD, LATENCY_FIELD, INTERVAL_FIELD, STREAM_FIELD, RUN_FIELD,
//   SPREAD_FIELD, SUMMARY_FIELD, FINGERPRINT_FIELD(TYPE, NAME, FROM, MEANING, RULES...)
//   DEVICE_FIELD(TYPE, NAME, MEANING, RULES...)   as each port says of itself
//
// FROM is what the field is filled with, evaluated where the object is made, whose file says which
// names there are: worker/assemble.cc (worker, direction, stream, run, summary),
// worker/intervals.cc, histogram.cc (latency), verdict.cc (loss), stats.cc (spread),
// fingerprint.cc. OVER_RUNS: what the field of one worker becomes over several runs: add_up,
// take_higher or keep_first (record.cc). MEANING is the description in the schema, with the unit
// where the name lacks it; RULES are members of Meaning (reporters/record_fields.h): what the type
// allows and the schema does not.
//
// The order of an object's lines is the order in the record.

#ifndef WORKER_FIELD
#define WORKER_FIELD(...)
#endif
#ifndef WORKER_COUNTER
#define WORKER_COUNTER(name, ...) \
  WORKER_FIELD(uint64_t, name, result.counters.name, add_up, __VA_ARGS__)
#endif
#ifndef HIDDEN_COUNTER
#define HIDDEN_COUNTER(...)
#endif
#ifndef SAMPLED_COUNTER
#define SAMPLED_COUNTER(...)
#endif
#ifndef PORT_COUNTER
#define PORT_COUNTER(...)
#endif
#ifndef DIRECTION_FIELD
#define DIRECTION_FIELD(...)
#endif
#ifndef LOSS_FIELD
#define LOSS_FIELD(...)
#endif
#ifndef LATENCY_FIELD
#define LATENCY_FIELD(...)
#endif
#ifndef INTERVAL_FIELD
#define INTERVAL_FIELD(...)
#endif
#ifndef RUN_FIELD
#define RUN_FIELD(...)
#endif
#ifndef STREAM_FIELD
#define STREAM_FIELD(...)
#endif
#ifndef SPREAD_FIELD
#define SPREAD_FIELD(...)
#endif
#ifndef SUMMARY_FIELD
#define SUMMARY_FIELD(...)
#endif
#ifndef DEVICE_FIELD
#define DEVICE_FIELD(...)
#endif
#ifndef FINGERPRINT_FIELD
#define FINGERPRINT_FIELD(...)
#endif

// clang-format off

// A thread with a ring.
WORKER_FIELD(std::string, name, worker.name, keep_first, "tx0, tx1, ... and rx0, rx1, ....")
WORKER_FIELD(std::string, role, role, keep_first, "What it does.", .values = "sender receiver")
WORKER_FIELD(std::string, port, worker.port_name, keep_first, "The port whose ring it has.")
WORKER_FIELD(unsigned, ring, worker.ring_index, keep_first, "Which ring of the port.")
WORKER_FIELD(int, core, worker.core, keep_first, "The core it was pinned to; -1: not pinned.", .minimum = -1)
WORKER_FIELD(int, nice, worker.nice, keep_first, "The nice value of its thread: -20 goes first, 19 last.", .minimum = -20, .maximum = 19)
WORKER_COUNTER(frames, "Frames it sent, or received that were ours.")
WORKER_COUNTER(bytes, "Their bytes, with CRC.")
WORKER_COUNTER(syncs, "Calls into the core.")
WORKER_COUNTER(syncs_with_frames, "Those that moved a frame.")
WORKER_COUNTER(busy_tsc_ticks, "TSC ticks in application, core and driver.")
WORKER_COUNTER(model_tsc_ticks, "TSC ticks inside a simulated device.")
WORKER_COUNTER(idle_tsc_ticks, "TSC ticks waiting for a deadline, for room or for frames.")
WORKER_FIELD(double, core_hz, clock.hz * (worker.core_cycles_per_tick[0] + worker.core_cycles_per_tick[1]) / 2, keep_first,
             "The clock of its core: cycles a second, mean of before and after the run. Unlike the TSC's it changes with load and heat.")
WORKER_COUNTER(foreign_frames, "Frames received that nmgen had not sent, in this run or before.")
WORKER_COUNTER(damaged_probes, "Frames of this run whose probe's check failed.")
WORKER_COUNTER(reordered, "Frames that came after a later one of their stream.")
WORKER_COUNTER(duplicates, "Frames that came again.")
WORKER_COUNTER(late_frames, "Frames received that an earlier warm-up or run had sent.")
WORKER_COUNTER(late_departures, "Frames sent that left later than limits.late_ms of the scenario after they were due.")
// Made beside each other by the sender's loop (worker/departures.h), which has the limits.
WORKER_COUNTER(departures_64ns, "Frames of a rate or schedule that were handed to the device less than 64 ns after they were due.", .optional = true)
WORKER_COUNTER(departures_128ns, "Less than 128 ns.", .optional = true)
WORKER_COUNTER(departures_256ns, "Less than 256 ns.", .optional = true)
WORKER_COUNTER(departures_512ns, "Less than 512 ns.", .optional = true)
WORKER_COUNTER(departures_1us, "Less than 1 us.", .optional = true)
WORKER_COUNTER(departures, "All frames of a rate or schedule that were handed to the device.", .optional = true)
// Both watches begin a little earlier and end a little later than the measured time.
WORKER_FIELD(double, off_core_ms, std::min(off_core_ms(result.off_core, result.gaps, clock), most_off_core_ms), add_up,
             "Time it was taken off its core, as the scheduler counts it or as gaps in its loop show it.")
WORKER_FIELD(uint64_t, off_core_times, off_core_times(result.off_core, result.gaps), add_up, "How often.")
WORKER_FIELD(double, longest_gap_us, static_cast<double>(clock.to_ns(result.gaps.longest)) / 1e3, take_higher,
             "Longest time between two turns of its loop.")

WORKER_FIELD(uint64_t, left_out_times, result.wire_counts.gaps, add_up, "In wire time: gaps between its turns that were left out.", .optional = true)
WORKER_FIELD(double, left_out_ms, static_cast<double>(clock.to_ns(result.wire_counts.gap_ticks)) / 1e6, add_up, "Their time, all together; the longest is longest_gap_us.", .optional = true)
WORKER_FIELD(double, held_ms, static_cast<double>(clock.to_ns(result.wire_counts.held_ticks)) / 1e6, add_up, "Left out too: time that it waited because other workers were off their cores.", .optional = true)
WORKER_FIELD(double, gap_from_us, static_cast<double>(clock.to_ns(result.wire_counts.quantum_ticks)) / 1e3, take_higher, "What is longer between two turns was a gap: 50 us, or 20 of its typical turns where that is more. 0 in real time.", .optional = true)

HIDDEN_COUNTER(held_tsc_ticks, "Of idle_tsc_ticks: waited to look like a slower core.")
HIDDEN_COUNTER(unique, "Frames received once, or the first time.")
HIDDEN_COUNTER(stale, "Frames so old that nobody can tell whether they came before.")
HIDDEN_COUNTER(expected, "One more than the highest sequence seen, summed over senders.")
HIDDEN_COUNTER(probes, "Probes sent.")
HIDDEN_COUNTER(ring_frames, "Frames in the ring after the last sync: sent and not done with, or come and not looked at.")

SAMPLED_COUNTER(off_core_us, static_cast<uint64_t>(off_core_ms(off_core, gaps, clock) * 1e3), "Time it was taken off its core.")
SAMPLED_COUNTER(off_core_times, off_core_times(off_core, gaps), "How often.")
SAMPLED_COUNTER(longest_gap_ns, clock.to_ns(gaps.longest), "Longest time between two turns of its loop.")

PORT_COUNTER(tx_frames, "Frames that have left the device.")
PORT_COUNTER(rx_frames, "Frames that the device has put into a ring.")
PORT_COUNTER(tx_dropped, "Frames that the device took out of a ring, and its driver dropped.")
PORT_COUNTER(missed, "Frames that the device dropped for want of a descriptor.")
PORT_COUNTER(paused_ns, "Time for which flow control stopped the device's wire.")
PORT_COUNTER(driver_bugs, "How often the driver violated the rules of a simulated device.")

// One direction of a run: all workers of a role.
DIRECTION_FIELD(uint64_t, frames, sum.frames, "Frames that the device has done with (sent), or that were received and ours.")
DIRECTION_FIELD(uint64_t, bytes, sum.bytes, "Bytes of these frames, with CRC, without preamble and gap.")
DIRECTION_FIELD(double, pps, ratio(sum.frames, seconds), "Frames a second, mean over the measured time.")
DIRECTION_FIELD(double, bps_l1, ratio(wire_bits_l1(static_cast<double>(sum.bytes), static_cast<double>(sum.frames)), seconds),
                "Bits a second on the wire: with CRC, preamble and inter-frame gap (20 bytes a frame).")
DIRECTION_FIELD(double, line_rate_percent, line_rate_percent(direction.bps_l1, speed_bps),
                "Per cent of the port's line rate; 0 where its speed is not known.")
DIRECTION_FIELD(double, busy_tsc_ticks_per_frame, ratio(sum.busy_tsc_ticks, sum.frames), "TSC ticks in application, core and driver.")
DIRECTION_FIELD(double, quiet_tsc_ticks_per_frame, costs.quantile(kQuietShare),
                "The same in the least disturbed fiftieth of the run: the second percentile over stretches of at least 1024 frames. What regressions are told by. Before 22 November 2026: the tenth percentile. 0 where no worker moved 1024 frames.")
DIRECTION_FIELD(double, model_tsc_ticks_per_frame, ratio(sum.model_tsc_ticks, sum.frames),
                "TSC ticks inside a simulated device: the price of the simulation, not of the software under test. 0 without one.")
DIRECTION_FIELD(double, frames_per_sync, ratio(sum.frames, sum.syncs_with_frames), "Frames in a sync, over the syncs that moved one.")

LOSS_FIELD(uint64_t, frames, sent - std::min(sent, received_once), "Frames sent and not received.")
LOSS_FIELD(double, ppm, ratio(loss.frames, sent) * 1e6, "The same, in millionths of the frames sent.")

LATENCY_FIELD(uint64_t, count, count_, "Probes measured.")
LATENCY_FIELD(double, min, min(), "The lowest.")
LATENCY_FIELD(double, p50, percentile(50), "Half of the probes took at most this long.")
LATENCY_FIELD(double, p90, percentile(90), "90 % took at most this long.")
LATENCY_FIELD(double, p99, percentile(99), "99 %.")
LATENCY_FIELD(double, p999, percentile(99.9), "99.9 %.")
LATENCY_FIELD(double, max, max(), "The highest.")
LATENCY_FIELD(double, floor, floor_ns, "What the measurement itself costs, found at start; it is contained in the figures.")
LATENCY_FIELD(LatencyBuckets, histogram, filled_buckets(), "Buckets with a probe in them, rising.")

INTERVAL_FIELD(double, start_s, span.start_s, "Seconds from the begin of the measured time.")
INTERVAL_FIELD(double, seconds, span.seconds, "How long it was.")
INTERVAL_FIELD(uint64_t, tx_frames, span.sent, "Frames sent.")
INTERVAL_FIELD(uint64_t, rx_frames, span.rx.frames, "Frames received.")
INTERVAL_FIELD(double, tx_pps, ratio(span.sent, span.seconds), "Frames sent a second.")
INTERVAL_FIELD(double, rx_pps, ratio(span.rx.frames, span.seconds), "Frames received a second.")
INTERVAL_FIELD(double, tx_line_rate_percent, span.line_rate_percent, "Frames sent, in per cent of line rate; 0 where the speed is not known.")
INTERVAL_FIELD(uint64_t, missed, span.ports.missed, "Frames that the receiving device dropped for want of a descriptor.")
INTERVAL_FIELD(double, pause_s, ratio(span.ports.paused_ns, 1e9), "Time for which flow control stopped the sender's wire.")
INTERVAL_FIELD(double, tx_busy_tsc_ticks_per_frame, ratio(span.tx.busy_tsc_ticks, span.tx.frames),
               "TSC ticks a frame sent, in application, core and driver.")
INTERVAL_FIELD(double, tx_model_tsc_ticks_per_frame, ratio(span.tx.model_tsc_ticks, span.tx.frames),
               "TSC ticks a frame sent, inside a simulated device.")
INTERVAL_FIELD(double, tx_idle_percent, 100 * ratio(span.tx.idle_tsc_ticks, all_tsc_ticks(span.tx)), "Part of the senders' time spent waiting.")
INTERVAL_FIELD(double, rx_busy_tsc_ticks_per_frame, ratio(span.rx.busy_tsc_ticks, span.rx.frames),
               "TSC ticks a frame received, in application, core and driver.")
INTERVAL_FIELD(double, rx_model_tsc_ticks_per_frame, ratio(span.rx.model_tsc_ticks, span.rx.frames),
               "TSC ticks a frame received, inside a simulated device.")
INTERVAL_FIELD(double, rx_idle_percent, 100 * ratio(span.rx.idle_tsc_ticks, all_tsc_ticks(span.rx)), "Part of the receivers' time spent waiting.")
INTERVAL_FIELD(double, latency_p50_ns, span.latency.percentile(50), "Median latency of this interval's probes; 0 without one.")
INTERVAL_FIELD(double, latency_p99_ns, span.latency.percentile(99), "99th percentile.")
INTERVAL_FIELD(double, latency_max_ns, span.latency.max(), "The highest.")
INTERVAL_FIELD(double, off_core_ms, span.off_core_ms, "Time that workers were taken off their cores, all together.")

// A stream of a run with several. All of them are of the frames with a probe: all frames, but where "probes" is {"one_in": N}.
STREAM_FIELD(std::string, name, stream_name, "Its name in the scenario.", .not_empty = true)
STREAM_FIELD(uint64_t, sent, result.sent, "Frames sent.")
STREAM_FIELD(uint64_t, received, result.counts.frames(), "Frames received, also again.")
STREAM_FIELD(LossRecord, loss, loss, "Sent and not received; also those that came after the run had ended, which the run has as late.")
STREAM_FIELD(uint64_t, reordered, result.counts.reordered, "Frames that came after a later one of this stream.")
STREAM_FIELD(uint64_t, duplicates, result.counts.duplicates, "Frames that came again.")
STREAM_FIELD(LatencyRecord, latency_ns, latency, "From the moment a frame was handed to the device.")
STREAM_FIELD(LatencyRecord, latency_intended_ns, latency_intended, "From the moment a frame was due; the same as latency_ns at rate max.")

RUN_FIELD(double, seconds, phase.seconds, "Measured time.")
RUN_FIELD(bool, wire_time, phase.wire_time, "true: its seconds, and all times and rates, are of the simulated wires, which stand still while a worker is off its core; else they are real ones.", .optional = true)
RUN_FIELD(double, real_seconds, phase.real_seconds, "Real time that it took.", .optional = true)
RUN_FIELD(bool, interrupted, phase.interrupted, "Whether it was ended before its time was over or its frames were sent.")
RUN_FIELD(DirectionRecord, tx, sent, "What was sent.")
RUN_FIELD(DirectionRecord, rx, received, "What was received.")
RUN_FIELD(LossRecord, loss, loss, "Sent minus received, over the same frames; never negative.")
RUN_FIELD(uint64_t, reordered, all_workers.reordered, "Frames that came after a later one of their stream.")
RUN_FIELD(uint64_t, duplicates, all_workers.duplicates, "Frames that came again.")
// Known when later phases have ended: add_late().
RUN_FIELD(uint64_t, late, 0, "Of its frames, those that came after it had ended: late, and not lost.")
RUN_FIELD(uint64_t, missed, ports.missed, "Frames that the receiving devices dropped for want of a descriptor.")
RUN_FIELD(uint64_t, tx_dropped, ports.tx_dropped, "Frames that the sending devices took out of their rings, and their drivers dropped.", .optional = true)
RUN_FIELD(double, pause_s, ratio(ports.paused_ns, 1e9), "Time for which flow control stopped the senders' wires.")
RUN_FIELD(LatencyRecord, latency_ns, latency, "From the moment a frame was handed to the device.")
RUN_FIELD(LatencyRecord, latency_intended_ns, latency_intended,
          "From the moment a frame was due (coordinated omission); the same as latency_ns at rate max.")
RUN_FIELD(std::vector<StreamRecord>, streams, streams, "Each stream by itself, of those whose frames come to a receiver. Empty where there is one stream, or no probe.", .optional = true)
RUN_FIELD(std::vector<IntervalRecord>, intervals, phase.intervals, "The seconds of the measured time.")
RUN_FIELD(std::vector<WorkerRecord>, workers, workers, "The threads.")

SPREAD_FIELD(double, median, median(samples), "Half of the intervals lie below.")
SPREAD_FIELD(double, mad, median(distances_from(samples, spread.median)), "Median distance from the median, not scaled to a standard deviation.")
SPREAD_FIELD(double, min, *std::min_element(samples.begin(), samples.end()), "The lowest.")
SPREAD_FIELD(double, max, *std::max_element(samples.begin(), samples.end()), "The highest.")

SUMMARY_FIELD(double, tx_mean_pps, ratio(sent, seconds), "Mean: frames sent over the measured time.")
SUMMARY_FIELD(double, rx_mean_pps, ratio(received, seconds), "Mean: frames received over the measured time.")
SUMMARY_FIELD(Spread, tx_pps, spread(tx_pps), "Sent, over the whole intervals.")
SUMMARY_FIELD(Spread, rx_pps, spread(rx_pps), "Received, over the whole intervals.")

DEVICE_FIELD(std::string, port, "Its name in the scenario.", .not_empty = true)
DEVICE_FIELD(std::string, residence, "Where the netmap core was: in this process, or in the kernel.", .values = "hosted kernel")
DEVICE_FIELD(std::string, driver, "Its driver.", .not_empty = true)
DEVICE_FIELD(bool, simulated, "true: the port is a model, and no figure here is a NIC's.")
DEVICE_FIELD(double, speed_gbps, "Its speed in Gbit/s; 0 where it is not known.")
DEVICE_FIELD(std::string, mode, "How frames went between its rings and the interface, and why not in a better way; empty where its driver has one way only.", .optional = true)

// What the figures depend on, besides the code.
FINGERPRINT_FIELD(std::string, cpu_model, parse_cpu_model(read_text("/proc/cpuinfo").value_or("")), "The processor's name.")
FINGERPRINT_FIELD(unsigned, cores, static_cast<unsigned>(allowed.size()), "Cores that the process could use.")
FINGERPRINT_FIELD(std::string, governor, governor_of(allowed), "Frequency governor; \"none\" where the machine has no frequency scaling.")
FINGERPRINT_FIELD(std::string, kernel, kernel_name(), "Release and version of the running kernel.")
FINGERPRINT_FIELD(std::string, command_line, command_line.empty() ? kUnknown : kernel_parameters(command_line), "The kernel's command line, without what only says where the machine starts from.")
FINGERPRINT_FIELD(std::string, mitigations, read_mitigations(), "Processor faults that affect the machine, and what is done about each.")
FINGERPRINT_FIELD(std::string, virtualisation, read_virtualisation(), "The hypervisor, or \"none\".")
FINGERPRINT_FIELD(std::string, compiler, NMGEN_COMPILER, "Compiler and version that built nmgen.")
FINGERPRINT_FIELD(std::string, compiler_flags, NMGEN_COMPILER_FLAGS, "Its flags.")
FINGERPRINT_FIELD(std::string, commit, built_from_commit(), "The commit that nmgen was built from.")
FINGERPRINT_FIELD(bool, dirty, built_from_dirty_tree(), "Whether tracked files differed from that commit.")
FINGERPRINT_FIELD(std::string, clock_source, clock_source_name(), "The kernel's clock source.")
FINGERPRINT_FIELD(double, tsc_hz, measured_tsc_hz, "Measured rate of the time stamp counter.")
FINGERPRINT_FIELD(double, load, parse_load(read_text("/proc/loadavg").value_or("")).value_or(0), "One-minute load average at the start.")

// clang-format on

#undef WORKER_FIELD
#undef WORKER_COUNTER
#undef HIDDEN_COUNTER
#undef SAMPLED_COUNTER
#undef PORT_COUNTER
#undef DIRECTION_FIELD
#undef LOSS_FIELD
#undef LATENCY_FIELD
#undef INTERVAL_FIELD
#undef RUN_FIELD
#undef STREAM_FIELD
#undef SPREAD_FIELD
#undef SUMMARY_FIELD
#undef DEVICE_FIELD
#undef FINGERPRINT_FIELD
