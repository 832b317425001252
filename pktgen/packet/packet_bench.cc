// SPDX-License-Identifier: BSD-2-Clause
// What each part of this folder costs, in TSC ticks a frame (counter `tsc_ticks`) and as a ratio to
// a copy of 64 bytes that stays in the first-level cache, measured in the same run (counter
// `x_copy64`). Median, MAD, minimum and maximum over the repetitions.
#include <benchmark/benchmark.h>
#include <x86intrin.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <vector>

#include "pktgen/packet/builder.h"
#include "pktgen/packet/checksum.h"
#include "pktgen/packet/fields.h"
#include "pktgen/packet/probe.h"
#include "pktgen/packet/summary.h"

namespace nmgen {
namespace {

constexpr unsigned kBatch = 256;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double mad(const std::vector<double>& values) {
  double middle = median(values);
  std::vector<double> distances;
  for (double value : values)
    distances.push_back(std::abs(value - middle));
  return median(distances);
}

double smallest(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

double largest(const std::vector<double>& values) {
  return *std::max_element(values.begin(), values.end());
}

// The compiler must take what `at` points to as read and written.
void touch(void* at) {
  asm volatile("" : : "r"(at) : "memory");
}

// TSC ticks of one 64-byte copy within the first-level cache: the median of 101 runs of 10,000.
double copy64_ticks() {
  static const double ticks = [] {
    alignas(64) static uint8_t from[64], to[64];
    std::vector<double> runs;
    for (int run = 0; run < 101; run++) {
      uint64_t start = __rdtsc();
      for (int i = 0; i < 10'000; i++) {
        touch(from);
        std::memcpy(to, from, 64);
        touch(to);
      }
      runs.push_back(static_cast<double>(__rdtsc() - start) / 10'000);
    }
    return median(runs);
  }();
  return ticks;
}

// Runs `work` for each iteration, which handles `frames` frames, and reports the ticks of one.
template <typename Work>
void measure(benchmark::State& state, unsigned frames, Work work) {
  double baseline = copy64_ticks();
  uint64_t start = __rdtsc();
  for (auto _ : state)
    work();
  double ticks =
      static_cast<double>(__rdtsc() - start) / (static_cast<double>(state.iterations()) * frames);
  state.counters["tsc_ticks"] = ticks;
  state.counters["x_copy64"] = ticks / baseline;
}

FrameSpec udp_spec() {
  FrameSpec spec;
  spec.network = Ipv4Spec{};
  spec.transport = UdpSpec{};
  return spec;
}

// As a netmap region has them: `stride` bytes apart, from the start of a cache line.
class Buffers {
 public:
  explicit Buffers(size_t stride)
      : stride_(stride), memory_(new (std::align_val_t{4096}) uint8_t[stride * kBatch]()) {}
  ~Buffers() { operator delete[](memory_, std::align_val_t{4096}); }
  Buffers(const Buffers&) = delete;
  Buffers& operator=(const Buffers&) = delete;

  uint8_t* at(size_t index) const { return memory_ + index * stride_; }

  void fill(const std::vector<uint8_t>& frame) const {
    for (size_t i = 0; i < kBatch; i++)
      std::memcpy(at(i), frame.data(), frame.size());
  }

  std::vector<uint8_t*> places(size_t offset) const {
    std::vector<uint8_t*> places;
    for (size_t i = 0; i < kBatch; i++)
      places.push_back(at(i) + offset);
    return places;
  }

 private:
  size_t stride_;
  uint8_t* memory_;
};

void copy_64(benchmark::State& state) {
  alignas(64) uint8_t from[64] = {}, to[64];
  measure(state, 1, [&] {
    touch(from);
    std::memcpy(to, from, 64);
    touch(to);
  });
}

// A prepared frame copied into each buffer of a ring: what a probe in place of it saves.
void copy_64_to_buffers(benchmark::State& state) {
  Buffers buffers(static_cast<size_t>(state.range(0)));
  alignas(64) uint8_t from[64] = {};
  measure(state, kBatch, [&] {
    for (size_t i = 0; i < kBatch; i++)
      std::memcpy(buffers.at(i), from, 64);
    touch(buffers.at(0));
  });
}

void build(benchmark::State& state) {
  FrameSpec spec = udp_spec();
  spec.size_no_crc = static_cast<unsigned>(state.range(0));
  measure(state, 1, [&] {
    Result<BuiltFrame> frame = build_frame(spec);
    benchmark::DoNotOptimize(frame);
  });
}

void checksum_bytes(benchmark::State& state) {
  std::vector<uint8_t> bytes(static_cast<size_t>(state.range(0)), 0x5a);
  measure(state, 1, [&] {
    touch(bytes.data());
    uint16_t value = checksum(bytes.data(), bytes.size());
    benchmark::DoNotOptimize(value);
  });
}

void checksum_ipv4_header(benchmark::State& state) {
  uint8_t header[20] = {0x45};
  measure(state, 1, [&] {
    touch(header);
    uint16_t value = ipv4_header_checksum(header);
    benchmark::DoNotOptimize(value);
  });
}

// Each update waits for the one before it, as when one frame is patched over and over: latency, not
// throughput.
void checksum_update(benchmark::State& state) {
  uint16_t value = 0x1234;
  uint32_t field = 1;
  measure(state, 1, [&] {
    value = checksum_update32(value, field, field + 1);
    field++;
    benchmark::DoNotOptimize(value);
  });
}

// A field set and its checksums repaired, over a ring of buffers.
void patch_field(benchmark::State& state, std::string_view field) {
  Buffers buffers(2112);
  BuiltFrame frame = build_frame(udp_spec()).value();
  buffers.fill(frame.bytes);
  FieldPatcher patcher = FieldPatcher::prepare(frame, *find_field(field)).value();
  uint32_t flow = 0;
  measure(state, kBatch, [&] {
    for (size_t i = 0; i < kBatch; i++)
      patcher.set(buffers.at(i), flow++);
    touch(buffers.at(0));
  });
}

void probe_write_one(benchmark::State& state) {
  alignas(64) uint8_t frame[64] = {};
  ProbeTemplate probe = make_probe_template(probe_magic(1), 3);
  uint32_t sequence = 0;
  measure(state, 1, [&] {
    write_probe(frame + 42, probe, sequence, uint64_t{sequence} << 10);
    sequence++;
    touch(frame);
  });
}

// Each probe with its own fold; the places are as far apart as a ring's buffers.
void probe_write_each(benchmark::State& state) {
  Buffers buffers(static_cast<size_t>(state.range(0)));
  std::vector<uint8_t*> places = buffers.places(static_cast<size_t>(state.range(1)));
  ProbeTemplate probe = make_probe_template(probe_magic(1), 3);
  uint32_t sequence = 0;
  measure(state, kBatch, [&] {
    for (uint8_t* at : places)
      write_probe(at, probe, sequence++, 0x123456789);
    touch(buffers.at(0));
  });
}

void probe_write_batch(benchmark::State& state) {
  Buffers buffers(static_cast<size_t>(state.range(0)));
  std::vector<uint8_t*> places = buffers.places(static_cast<size_t>(state.range(1)));
  ProbeTemplate probe = make_probe_template(probe_magic(1), 3);
  uint32_t sequence = 0;
  measure(state, kBatch, [&] {
    ProbeBatch batch(probe, sequence, 0x123456789);
    for (uint8_t* at : places)
      batch.write(at);
    sequence = batch.next_sequence();
    touch(buffers.at(0));
  });
}

void probe_read(benchmark::State& state) {
  Buffers buffers(static_cast<size_t>(state.range(0)));
  std::vector<uint8_t*> places = buffers.places(42);
  uint32_t magic = probe_magic(1);
  ProbeBatch batch(make_probe_template(magic, 3), 0, 0x123456789);
  for (uint8_t* at : places)
    batch.write(at);
  measure(state, kBatch, [&] {
    touch(buffers.at(0));
    uint64_t sum = 0;
    for (const uint8_t* at : places) {
      ProbeView view;
      if (read_probe(at, magic, &view)) [[likely]]
        sum += view.sequence ^ view.timestamp ^ view.stream;
    }
    benchmark::DoNotOptimize(sum);
  });
}

void summary(benchmark::State& state) {
  std::vector<uint8_t> bytes = build_frame(udp_spec())->bytes;
  measure(state, 1, [&] {
    std::string line = summarise(bytes);
    benchmark::DoNotOptimize(line);
  });
}

void spread(benchmark::internal::Benchmark* bench) {
  bench->MinTime(0.05)
      ->Repetitions(9)
      ->ReportAggregatesOnly()
      ->ComputeStatistics("mad", mad)
      ->ComputeStatistics("min", smallest)
      ->ComputeStatistics("max", largest);
}

// Buffers 2048 bytes apart share few cache sets; 2112 is a line more. A probe at 42 is UDP over
// IPv4's, at 62 UDP over IPv6's, which lies across two lines.
void strides(benchmark::internal::Benchmark* bench) {
  spread(bench);
  for (int offset : {42, 62})
    for (int stride : {2048, 2112})
      bench->Args({stride, offset});
}

BENCHMARK(copy_64)->Apply(spread);
BENCHMARK(copy_64_to_buffers)->Apply(spread)->Arg(2048)->Arg(2112);
BENCHMARK(build)->Apply(spread)->Arg(60)->Arg(1514);
BENCHMARK(checksum_ipv4_header)->Apply(spread);
BENCHMARK(checksum_bytes)->Apply(spread)->Arg(20)->Arg(64)->Arg(1500);
BENCHMARK(checksum_update)->Apply(spread);
BENCHMARK_CAPTURE(patch_field, mac_source, "ethernet.source")->Apply(spread);
BENCHMARK_CAPTURE(patch_field, udp_source, "udp.source_port")->Apply(spread);
BENCHMARK_CAPTURE(patch_field, ipv4_source, "ipv4.source")->Apply(spread);
BENCHMARK(probe_write_one)->Apply(spread);
BENCHMARK(probe_write_each)->Apply(strides);
BENCHMARK(probe_write_batch)->Apply(strides);
BENCHMARK(probe_read)->Apply(spread)->Arg(2048)->Arg(2112);
BENCHMARK(summary)->Apply(spread);

}  // namespace
}  // namespace nmgen
