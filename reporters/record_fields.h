// SPDX-License-Identifier: BSD-2-Clause
// The fields of nmgen-result/1 by name, once: the writer and the reader both go through this list,
// so that what one writes the other reads. Units and meanings are in the schema and in
// pktgen/measure/record.h.
//
// An archive is called with (name, value) for each field, has group(name, function) for an object
// that the plain types do not have, and says with kWrites whether it leaves the record alone.
#pragma once

#include <type_traits>

#include "pktgen/measure/record.h"

namespace nmgen {

template <class Archive, class T>
using Visited = std::conditional_t<Archive::kWrites, const T, T>;

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, DirectionRecord>& direction) {
  field("frames", direction.frames);
  field("bytes", direction.bytes);
  field("pps", direction.pps);
  field("bps_l1", direction.bps_l1);
  field("line_rate_percent", direction.line_rate_percent);
  field("busy_tsc_ticks_per_frame", direction.busy_tsc_ticks_per_frame);
  field("quiet_tsc_ticks_per_frame", direction.quiet_tsc_ticks_per_frame);
  field("model_tsc_ticks_per_frame", direction.model_tsc_ticks_per_frame);
  field("frames_per_sync", direction.frames_per_sync);
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, LossRecord>& loss) {
  field("frames", loss.frames);
  field("ppm", loss.ppm);
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, LatencyRecord>& latency) {
  field("count", latency.count);
  field("min", latency.min);
  field("p50", latency.p50);
  field("p90", latency.p90);
  field("p99", latency.p99);
  field("p999", latency.p999);
  field("max", latency.max);
  field("floor", latency.floor);
  field("histogram", latency.histogram);
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, IntervalRecord>& interval) {
  field("start_s", interval.start_s);
  field("seconds", interval.seconds);
  field("tx_frames", interval.tx_frames);
  field("rx_frames", interval.rx_frames);
  field("tx_pps", interval.tx_pps);
  field("rx_pps", interval.rx_pps);
  field("tx_line_rate_percent", interval.tx_line_rate_percent);
  field("missed", interval.missed);
  field("pause_s", interval.pause_s);
  field("tx_busy_tsc_ticks_per_frame", interval.tx_busy_tsc_ticks_per_frame);
  field("tx_model_tsc_ticks_per_frame", interval.tx_model_tsc_ticks_per_frame);
  field("tx_idle_percent", interval.tx_idle_percent);
  field("rx_busy_tsc_ticks_per_frame", interval.rx_busy_tsc_ticks_per_frame);
  field("rx_model_tsc_ticks_per_frame", interval.rx_model_tsc_ticks_per_frame);
  field("rx_idle_percent", interval.rx_idle_percent);
  field("latency_p50_ns", interval.latency_p50_ns);
  field("latency_p99_ns", interval.latency_p99_ns);
  field("latency_max_ns", interval.latency_max_ns);
  field("off_core_ms", interval.off_core_ms);
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, WorkerRecord>& worker) {
  field("name", worker.name);
  field("role", worker.role);
  field("port", worker.port);
  field("ring", worker.ring);
  field("core", worker.core);
  field("nice", worker.nice);
  field("frames", worker.frames);
  field("bytes", worker.bytes);
  field("syncs", worker.syncs);
  field("syncs_with_frames", worker.syncs_with_frames);
  field("busy_tsc_ticks", worker.busy_tsc_ticks);
  field("model_tsc_ticks", worker.model_tsc_ticks);
  field("idle_tsc_ticks", worker.idle_tsc_ticks);
  field("core_hz", worker.core_hz);
  field("foreign_frames", worker.foreign_frames);
  field("damaged_probes", worker.damaged_probes);
  field("reordered", worker.reordered);
  field("duplicates", worker.duplicates);
  field("late_frames", worker.late_frames);
  field("late_departures", worker.late_departures);
  field("off_core_ms", worker.off_core_ms);
  field("off_core_times", worker.off_core_times);
  field("longest_gap_us", worker.longest_gap_us);
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, DeviceRecord>& device) {
  field("port", device.port);
  field("residence", device.residence);
  field("driver", device.driver);
  field("simulated", device.simulated);
  field("speed_gbps", device.speed_gbps);
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, RunRecord>& run) {
  field("seconds", run.seconds);
  field("interrupted", run.interrupted);
  field("tx", run.tx);
  field("rx", run.rx);
  field("loss", run.loss);
  field("reordered", run.reordered);
  field("duplicates", run.duplicates);
  field("late", run.late);
  field("missed", run.missed);
  field("pause_s", run.pause_s);
  field("latency_ns", run.latency_ns);
  field("latency_intended_ns", run.latency_intended_ns);
  field("intervals", run.intervals);
  field("workers", run.workers);
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, Spread>& spread) {
  field("median", spread.median);
  field("mad", spread.mad);
  field("min", spread.min);
  field("max", spread.max);
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, Fingerprint>& print) {
  field("cpu_model", print.cpu_model);
  field("cores", print.cores);
  field("governor", print.governor);
  field("kernel", print.kernel);
  field("command_line", print.command_line);
  field("mitigations", print.mitigations);
  field("virtualisation", print.virtualisation);
  field("compiler", print.compiler);
  field("compiler_flags", print.compiler_flags);
  field("commit", print.commit);
  field("dirty", print.dirty);
  field("clock_source", print.clock_source);
  field("tsc_hz", print.tsc_hz);
  field("load", print.load);
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, Record>& record) {
  field("schema", record.schema);
  field("started_at", record.started_at);
  field("verdict", record.verdict);
  field("verdict_reasons", record.verdict_reasons);
  field.group("scenario", [&](Archive& inner) {
    inner("name", record.scenario_name);
    inner("hash", record.scenario_hash);
    inner("text", record.scenario_text);
  });
  field("clock_method", record.clock_method);
  field("clock_hz", record.clock_hz);
  field("devices", record.devices);
  field.group("summary", [&](Archive& inner) {
    inner("tx_mean_pps", record.tx_mean_pps);
    inner("rx_mean_pps", record.rx_mean_pps);
    inner("tx_pps", record.tx_pps);
    inner("rx_pps", record.rx_pps);
  });
  field("runs", record.runs);
  field("fingerprint", record.fingerprint);
}

}  // namespace nmgen
