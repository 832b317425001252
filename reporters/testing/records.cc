// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/testing/records.h"

#include <string>

namespace nmgen::test {
namespace {

Fingerprint fingerprint() {
  Fingerprint print;
  print.cpu_model = "Example CPU @ 2.60GHz";
  print.cores = 2;
  print.governor = "none";
  print.kernel = "Linux 6.1.0-13-amd64";
  print.command_line = "quiet \"a=b c\"";
  print.mitigations = "meltdown=PTI | not affected by 9 of 10";
  print.virtualisation = "KVM";
  print.compiler = "GNU 12.2.0";
  print.compiler_flags = "-O3 -g1";
  print.commit = "0123456789abcdef0123456789abcdef01234567";
  print.dirty = true;
  print.clock_source = "kvm-clock";
  print.tsc_hz = 2.6e9;
  print.load = 0.25;
  return print;
}

WorkerRecord worker(const std::string& name, const std::string& role, const std::string& port,
                    int core) {
  WorkerRecord worker;
  worker.name = name;
  worker.role = role;
  worker.port = port;
  worker.ring = 0;
  worker.core = core;
  worker.frames = 29'761'904;
  worker.bytes = worker.frames * 64;
  worker.syncs = 250'000;
  worker.syncs_with_frames = 232'515;
  worker.busy_tsc_ticks = 952'380'928;
  worker.model_tsc_ticks = 1'190'476'160;
  worker.idle_tsc_ticks = 3'057'142'912;
  worker.core_hz = 3.125e9;
  worker.off_core_ms = 0.75;
  worker.off_core_times = 3;
  worker.longest_gap_us = 410.5;
  return worker;
}

IntervalRecord interval(double start_s, double pps) {
  IntervalRecord interval;
  interval.start_s = start_s;
  interval.seconds = 1;
  interval.tx_frames = static_cast<uint64_t>(pps);
  interval.rx_frames = interval.tx_frames - 52;
  interval.tx_pps = pps;
  interval.rx_pps = pps - 52;
  interval.tx_line_rate_percent = 100 * pps / 14'880'952.381;
  interval.tx_busy_tsc_ticks_per_frame = 32.04;
  interval.tx_model_tsc_ticks_per_frame = 40.1;
  interval.tx_idle_percent = 58.8;
  interval.rx_busy_tsc_ticks_per_frame = 44.96;
  interval.rx_model_tsc_ticks_per_frame = 29.3;
  interval.rx_idle_percent = 21.5;
  interval.latency_p50_ns = 18'321;
  interval.latency_p99_ns = 45'823;
  interval.latency_max_ns = 1'204'223;
  interval.off_core_ms = 0.375;
  return interval;
}

}  // namespace

std::vector<StreamRecord> two_streams() {
  StreamRecord voice;
  voice.name = "voice";
  voice.sent = 9'761'904;
  voice.received = 9'761'889;
  voice.loss = {22, 2.254};
  voice.reordered = 5;
  voice.duplicates = 7;
  voice.latency_ns.count = voice.received;
  voice.latency_ns.p50 = 18'304;
  voice.latency_ns.p99 = 45'792;
  voice.latency_ns.p999 = 310'272;
  voice.latency_ns.max = 1'204'224;
  voice.latency_intended_ns = voice.latency_ns;
  StreamRecord bulk;
  bulk.name = "bulk";
  bulk.sent = bulk.received = 20'000'000;
  return {voice, bulk};
}

Record passed_record() {
  Record record;
  record.scenario_name = "64b-10g";
  record.scenario_hash = "sha256:" + std::string(64, 'a');
  record.scenario_text = R"({"schema":"nmgen-scenario/1"})";
  record.verdict = Verdict::kPass;
  record.verdict_reasons = {
      "Workers were off their cores, within the limits: tx0 0.8 ms (0.0 %), rx0 0.8 ms (0.0 %) "
      "(longest gap 0.411 ms)."};
  record.devices = {{"sim:left", "hosted", "sim82599", true, 10},
                    {"sim:right", "hosted", "sim82599", true, 10}};
  record.fingerprint = fingerprint();
  record.started_at = "2026-01-02T03:04:05Z";
  record.tx_mean_pps = 14'880'952;
  record.rx_mean_pps = 14'880'900;
  record.tx_pps = {14'880'952.4, 12.5, 14'880'900, 14'881'004.8};
  record.rx_pps = {14'880'900.4, 14.5, 14'880'848, 14'880'952.8};

  RunRecord run;
  run.seconds = 2;
  run.tx = {29'761'904,   29'761'904 * uint64_t{64},
            14'880'952.0, 9'999'999'744.0,
            99.999'997,   32.0,
            31.0,         40.0,
            128.0};
  run.rx = {29'761'904,   29'761'904 * uint64_t{64},
            14'880'952.0, 9'999'999'744.0,
            99.999'997,   44.9,
            43.5,         29.25,
            61.5};
  run.pause_s = 0.0125;
  run.latency_ns.count = 29'761'904;
  run.latency_ns.min = 1'204;
  run.latency_ns.p50 = 18'303;
  run.latency_ns.p90 = 31'007;
  run.latency_ns.p99 = 45'791;
  run.latency_ns.p999 = 310'271;
  run.latency_ns.max = 1'204'223;
  run.latency_ns.floor = 85;
  run.latency_ns.histogram = {{1'204, 1}, {18'303, 29'761'902}, {1'204'223, 1}};
  run.latency_intended_ns = run.latency_ns;
  run.latency_intended_ns.p50 = 19'007;
  run.intervals = {interval(0, 14'880'952), interval(1, 14'880'952)};
  run.intervals[1].missed = 1'234'567;
  run.workers = {worker("tx0", "sender", "sim:left", 0), worker("rx0", "receiver", "sim:right", 1)};
  run.workers[1].syncs_with_frames = 483'933;
  record.runs = {run};
  return record;
}

Record invalid_record() {
  Record record = passed_record();
  record.scenario_name = "slow";
  record.verdict = Verdict::kInvalid;
  record.verdict_reasons = {"Run 1: netmap:eth0 sent too little.",
                            "Run 2: The run was interrupted."};
  record.devices = {{"netmap:eth0", "kernel", "ixgbe", false, 0}};
  record.rx_pps = {};
  record.rx_mean_pps = 0;
  record.tx_mean_pps = 29'761'904;
  RunRecord& run = record.runs[0];
  run.seconds = 1;
  run.interrupted = true;
  run.rx = {};
  run.pause_s = 0;
  run.latency_ns = run.latency_intended_ns = {};
  run.workers = {worker("tx0", "sender", "netmap:eth0", -1)};
  run.tx.line_rate_percent = 0;
  run.tx.model_tsc_ticks_per_frame = 0;
  run.intervals = {interval(0, 950)};
  IntervalRecord& second = run.intervals[0];
  second.rx_frames = 0;
  second.rx_pps = second.tx_line_rate_percent = 0;
  second.latency_p50_ns = second.latency_p99_ns = second.latency_max_ns = 0;
  record.runs.push_back(run);
  return record;
}

}  // namespace nmgen::test
