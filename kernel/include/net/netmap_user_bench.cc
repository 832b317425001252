// SPDX-License-Identifier: BSD-2-Clause
// nm_pkt_copy against its alternative, blocks of fixed size that compile to vector moves with no
// call; the length is one that the compiler does not know. Compare the two lines of one size.
#include <benchmark/benchmark.h>
#include <net/netmap_user.h>

#include <cstring>
#include <vector>

namespace nmgen {
namespace {

constexpr size_t kBufSize = 2048;
constexpr size_t kBuffers = 8;  // stay in the first-level cache: the copy, not the memory

template <typename Copy>
void run(benchmark::State& state, Copy copy) {
  std::vector<char> from(kBuffers * kBufSize, 1), to(kBuffers * kBufSize, 2);
  int len = static_cast<int>(state.range(0));
  size_t i = 0;
  for (benchmark::State::StateIterator::Value ignored : state) {
    (void)ignored;
    benchmark::DoNotOptimize(len);
    copy(from.data() + i * kBufSize, to.data() + i * kBufSize, len);
    benchmark::ClobberMemory();
    i = (i + 1) % kBuffers;
  }
  state.SetBytesProcessed(state.iterations() * len);
}

// 64 bytes or more; the last block overlaps the one before it, so that not one byte more is
// written.
void copy_blocks(const char* from, char* to, int len) {
  size_t n = static_cast<size_t>(len);
  for (size_t i = 0; i < n - 64; i += 64) {
    std::memcpy(to + i, from + i, 64);
  }
  std::memcpy(to + n - 64, from + n - 64, 64);
}

void BM_Blocks(benchmark::State& state) {
  run(state, [](const char* from, char* to, int len) { copy_blocks(from, to, len); });
}
void BM_NmPktCopy(benchmark::State& state) {
  run(state, [](const char* from, char* to, int len) { nm_pkt_copy(from, to, len); });
}

BENCHMARK(BM_Blocks)->Arg(64)->Arg(128)->Arg(252)->Arg(508)->Arg(1514);
BENCHMARK(BM_NmPktCopy)->Arg(64)->Arg(128)->Arg(252)->Arg(508)->Arg(1514);

}  // namespace
}  // namespace nmgen
