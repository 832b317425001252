// SPDX-License-Identifier: BSD-2-Clause
// The fields of nmgen-result/1 by name, in their order: what writes records, reads them, makes
// their schema and reports that show all figures go through this list. The fields of a run are
// made from pktgen/measure/figure_list.h.
//
// An archive is called with (name, value, meaning) for each field, has group(name, meaning,
// function) for an object that the plain types do not have, and says with kWrites whether it leaves
// the record alone.
#pragma once

#include <climits>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "pktgen/measure/record.h"

namespace nmgen {

// What a field is, and which of the values that its type has are none: the schema says so, and the
// reader refuses them.
struct Meaning {
  const char* text;  // a sentence or two, for the schema
  // Of an int; other numbers are at least 0.
  int minimum = 0, maximum = INT_MAX;
  // Of a string: the words that it may be, with blanks between; empty: any text.
  std::string_view values = {};
  bool not_empty = false;
  // Records of before there was such a field lack it: it has its default then.
  bool optional = false;
  const char* pattern = nullptr;  // for the schema alone
};

// The words of `values`.
inline std::vector<std::string> values_of(const Meaning& meaning) {
  std::istringstream words{std::string(meaning.values)};
  return {std::istream_iterator<std::string>(words), {}};
}

template <class Archive, class T>
using Visited = std::conditional_t<Archive::kWrites, const T, T>;

// For lists whose third argument is what the field is filled with.
#define NMGEN_VISIT(object, name, ...) field(#name, object.name, Meaning{.text = __VA_ARGS__});

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, DirectionRecord>& direction) {
#define DIRECTION_FIELD(type, name, from, ...) NMGEN_VISIT(direction, name, __VA_ARGS__)
#include "pktgen/measure/figure_list.h"
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, LossRecord>& loss) {
#define LOSS_FIELD(type, name, from, ...) NMGEN_VISIT(loss, name, __VA_ARGS__)
#include "pktgen/measure/figure_list.h"
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, LatencyRecord>& latency) {
#define LATENCY_FIELD(type, name, from, ...) NMGEN_VISIT(latency, name, __VA_ARGS__)
#include "pktgen/measure/figure_list.h"
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, StreamRecord>& stream) {
#define STREAM_FIELD(type, name, from, ...) NMGEN_VISIT(stream, name, __VA_ARGS__)
#include "pktgen/measure/figure_list.h"
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, IntervalRecord>& interval) {
#define INTERVAL_FIELD(type, name, from, ...) NMGEN_VISIT(interval, name, __VA_ARGS__)
#include "pktgen/measure/figure_list.h"
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, WorkerRecord>& worker) {
#define WORKER_FIELD(type, name, from, over_runs, ...) NMGEN_VISIT(worker, name, __VA_ARGS__)
#include "pktgen/measure/figure_list.h"
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, DeviceRecord>& device) {
#define DEVICE_FIELD(type, name, ...) NMGEN_VISIT(device, name, __VA_ARGS__)
#include "pktgen/measure/figure_list.h"
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, RunRecord>& run) {
#define RUN_FIELD(type, name, from, ...) NMGEN_VISIT(run, name, __VA_ARGS__)
#include "pktgen/measure/figure_list.h"
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, Spread>& spread) {
#define SPREAD_FIELD(type, name, from, ...) NMGEN_VISIT(spread, name, __VA_ARGS__)
#include "pktgen/measure/figure_list.h"
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, Fingerprint>& print) {
#define FINGERPRINT_FIELD(type, name, from, ...) NMGEN_VISIT(print, name, __VA_ARGS__)
#include "pktgen/measure/figure_list.h"
}

template <class Archive>
void visit_fields(Archive& field, Visited<Archive, Record>& record) {
  field("schema", record.schema,
        Meaning{.text = "The version of the format.", .values = "nmgen-result/1"});
  field("started_at", record.started_at, Meaning{"When the first run began, ISO 8601, UTC."});
  field("verdict", record.verdict,
        Meaning{"pass; fail: frames were lost, doubled, reordered or damaged; invalid: what was "
                "measured is not what was asked for, or cannot be trusted."});
  field("verdict_reasons", record.verdict_reasons,
        Meaning{"Sentences that say why, the worst first; a pass may have some too."});
  field.group("scenario", Meaning{"What was run."}, [&](Archive& inner) {
    inner("name", record.scenario_name, Meaning{.text = "Its name.", .not_empty = true});
    inner("hash", record.scenario_hash,
          Meaning{.text = "sha256: and the hexadecimal SHA-256 of text.",
                  .pattern = "^sha256:[0-9a-f]{64}$"});
    inner("text", record.scenario_text,
          Meaning{"The scenario with all that --set changed: JSON, compact, with sorted keys."});
  });
  field("clock_method", record.clock_method,
        Meaning{.text = "How the clock of the senders' cores was set: none; duty: by waiting in "
                        "proportion; cpufreq, icount: from outside.",
                .values = "none duty cpufreq icount"});
  field("clock_hz", record.clock_hz, Meaning{"To what, in cycles a second; 0 with none."});
  field("devices", record.devices,
        Meaning{"What it ran on, a port each: those of the senders first."});
  field.group("summary", Meaning{"Frames a second, of all runs together."}, [&](Archive& inner) {
    Archive& field = inner;
#define SUMMARY_FIELD(type, name, from, ...) NMGEN_VISIT(record, name, __VA_ARGS__)
#include "pktgen/measure/figure_list.h"
  });
  field("runs", record.runs, Meaning{"The repetitions, in order."});
  field("fingerprint", record.fingerprint,
        Meaning{"What the figures depend on besides the code. What could not be read says "
                "\"unknown\"."});
}

#undef NMGEN_VISIT

}  // namespace nmgen
