// SPDX-License-Identifier: BSD-2-Clause
// What the core costs: TSC ticks a slot, a call or a REGISTER, and how many times a plain loop
// over slots that is ("ratio"). The baseline is measured in the same run, so ratios compare between
// machines; ticks do not.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernel/core/testing/port.h"

namespace {

using namespace nmgen::test;

constexpr uint32_t kSlots = 1024;

// The least that a driver can do: load and check each slot, and report it sent. `look` off: not
// even that.
template <bool look>
int null_txsync(nm_kring* kr, int flags) {
  const nm_bufs bufs = kr->bufs;
  const uint32_t lim = kr->num_slots - 1, end = kr->rhead;
  uint32_t i = kr->hwcur;
  (void)flags;
  while (look && i != end) {
    nm_slot_view view;
    if (!nm_slot_get(&kr->ring->slot[i], &bufs, &view)) {
      nm_slot_refuse(kr, i);
      break;
    }
    benchmark::DoNotOptimize(view);
    i = nm_next(i, lim);
  }
  kr->hwcur = look ? i : end;
  kr->hwtail = nm_prev(kr->hwcur, lim);
  return 0;
}

int null_rxsync(nm_kring* kr, int flags) {
  (void)flags;
  kr->hwcur = kr->rhead;
  return 0;
}

int null_reg(nm_port* port) {
  (void)port;
  return 0;
}

constexpr nm_driver_ops kLooking = {"looking", null_reg, null_txsync<true>, null_rxsync, nullptr,
                                    nullptr,   nullptr,  nullptr,           nullptr};
constexpr nm_driver_ops kBlind = {"blind",     null_reg, null_txsync<false>,
                                  null_rxsync, nullptr,  nullptr,
                                  nullptr,     nullptr,  nullptr};

struct Bed {
  explicit Bed(const nm_driver_ops& ops, const nm_port_config& config = port_config(1, kSlots))
      : world(Sizes{.buf_num = 4 * kSlots}) {
    require(nm_port_attach(world.core(), "p", &ops, &config, nullptr, &port) == 0, "attached");
  }
  ~Bed() { nm_port_detach(port); }
  World world;
  nm_port* port = nullptr;
};

// TSC ticks of one slot in a loop that reads each slot's first word and stores its second: what no
// ring can do without.
double baseline_ticks_per_slot() {
  static const double ticks = [] {
    alignas(64) static std::array<netmap_slot, kSlots> slots;
    std::array<double, 101> samples;
    for (double& sample : samples) {
      const u64 start = nm_os_tsc_ticks();
      for (netmap_slot& slot : slots) {
        uint32_t index = nm_read_once(slot.buf_idx);
        benchmark::DoNotOptimize(index);
        nm_slot_put(&slot, 60, 0);
      }
      sample = static_cast<double>(nm_os_tsc_ticks() - start) / kSlots;
    }
    std::sort(samples.begin(), samples.end());
    return samples[samples.size() / 2];
  }();
  return ticks;
}

// `things`: slots, calls or bindings done in `ticks`.
void report(benchmark::State& state, const char* name, u64 ticks, double things) {
  const double each = static_cast<double>(ticks) / things;
  state.counters[name] = each;
  state.counters["ratio"] = each / baseline_ticks_per_slot();
}

void baseline(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(baseline_ticks_per_slot());
  state.counters["tsc_ticks_per_slot"] = baseline_ticks_per_slot();
  state.counters["ratio"] = 1;
}
BENCHMARK(baseline)->Iterations(1);

// What a client does to send what is in its buffers already: length and flags of each slot, then
// head.
void slot_write(benchmark::State& state) {
  Bed bed(kBlind);
  Client client(bed.world);
  require(client.bind("p") == 0, "bound");
  netmap_ring* tx = client.tx();
  const uint32_t batch = static_cast<uint32_t>(state.range(0));
  u64 ticks = 0, slots = 0;
  uint32_t at = 0;
  for (auto _ : state) {
    const u64 start = nm_os_tsc_ticks();
    for (uint32_t i = 0; i < batch; ++i) {
      nm_slot_put(&tx->slot[at], 60, 0);
      at = nm_next(at, kSlots - 1);
    }
    nm_write_once(tx->cur, at);
    nm_store_release(&tx->head, at);
    ticks += nm_os_tsc_ticks() - start;
    slots += batch;
    client.txsync();
  }
  report(state, "tsc_ticks_per_slot", ticks, static_cast<double>(slots));
}
BENCHMARK(slot_write)->Arg(64)->Arg(512);

// Two slots of two rings exchange their buffers: forwarding with no copy.
void slot_swap(benchmark::State& state) {
  Bed bed(kBlind);
  Client client(bed.world);
  require(client.bind("p") == 0, "bound");
  netmap_ring* from = client.rx();
  netmap_ring* to = client.tx();
  u64 ticks = 0, slots = 0;
  for (auto _ : state) {
    const u64 start = nm_os_tsc_ticks();
    for (uint32_t i = 0; i < kSlots; ++i) {
      netmap_slot& in = from->slot[i];
      netmap_slot& out = to->slot[i];
      const uint32_t index = in.buf_idx;
      in.buf_idx = out.buf_idx;
      out.buf_idx = index;
      nm_slot_put(&in, in.len, NS_BUF_CHANGED);
      nm_slot_put(&out, in.len, NS_BUF_CHANGED);
    }
    benchmark::ClobberMemory();
    ticks += nm_os_tsc_ticks() - start;
    slots += kSlots;
  }
  report(state, "tsc_ticks_per_slot", ticks, static_cast<double>(slots));
}
BENCHMARK(slot_swap);

// A whole TXSYNC of a batch; with a driver that looks at its slots, and with one that does not. The
// difference is what validation costs.
void txsync_batch(benchmark::State& state, const nm_driver_ops& ops) {
  Bed bed(ops);
  Client client(bed.world);
  require(client.bind("p") == 0, "bound");
  netmap_ring* tx = client.tx();
  const uint32_t batch = static_cast<uint32_t>(state.range(0));
  u64 ticks = 0, slots = 0;
  for (auto _ : state) {
    advance(tx, batch);
    const u64 start = nm_os_tsc_ticks();
    nm_client_sync(client.get(), NM_TX);
    ticks += nm_os_tsc_ticks() - start;
    slots += batch;
  }
  report(state, "tsc_ticks_per_slot", ticks, static_cast<double>(slots));
}
void txsync_checked(benchmark::State& state) {
  txsync_batch(state, kLooking);
}
void txsync_blind(benchmark::State& state) {
  txsync_batch(state, kBlind);
}
BENCHMARK(txsync_checked)->Arg(1)->Arg(16)->Arg(64)->Arg(256)->Arg(512);
BENCHMARK(txsync_blind)->Arg(1)->Arg(16)->Arg(64)->Arg(256)->Arg(512);

// A whole TXSYNC of a batch through a pipe, the receiver's RXSYNC of it, and the same with a
// monitor that copies 60-byte frames. The receiver releases all between the calls, untimed.
// Medians, and the least, as neighbours on the machine disturb means of calls this
// short.
void pipe_batch(benchmark::State& state, nm_dir timed, uint64_t monitor_flags) {
  Bed bed(kBlind);
  Client master(bed.world), slave(bed.world), monitor(bed.world);
  require(master.bind("p{x") == 0 && slave.bind("p}x") == 0, "bound");
  if (monitor_flags)
    require(monitor.bind("p{x", NR_REG_ALL_NIC, monitor_flags) == 0, "bound");
  netmap_ring* tx = master.tx();
  netmap_ring* rx = slave.rx();
  const uint32_t batch = static_cast<uint32_t>(state.range(0));
  std::vector<u64> ticks;
  ticks.reserve(1 << 16);
  for (auto _ : state) {
    require(space(tx) >= batch, "the receiver has given all slots back");
    for (uint32_t i = 0, at = tx->head; i < batch; ++i, at = nm_next(at, kSlots - 1))
      nm_slot_put(&tx->slot[at], 60, 0);
    advance(tx, batch);
    const u64 start = nm_os_tsc_ticks();
    nm_client_sync(master.get(), NM_TX);
    const u64 sent = nm_os_tsc_ticks();
    nm_client_sync(slave.get(), NM_RX);
    const u64 received = nm_os_tsc_ticks();
    if (ticks.size() < ticks.capacity())
      ticks.push_back(timed == NM_TX ? sent - start : received - sent);
    advance(rx, space(rx));
    nm_client_sync(slave.get(), NM_RX);
    // The sender learns that there is room.
    nm_client_sync(master.get(), NM_TX);
    if (monitor_flags) {
      monitor.rxsync();
      advance(monitor.rx(), space(monitor.rx()));
      monitor.rxsync();
    }
  }
  std::sort(ticks.begin(), ticks.end());
  report(state, "median", ticks[ticks.size() / 2], batch);
  state.counters["min"] = static_cast<double>(ticks[0]) / batch;
  state.counters["batch"] = batch;
  state.counters["slots"] = kSlots;
}
void pipe_txsync(benchmark::State& state) {
  pipe_batch(state, NM_TX, 0);
}
void pipe_rxsync(benchmark::State& state) {
  pipe_batch(state, NM_RX, 0);
}
void pipe_txsync_copied(benchmark::State& state) {
  pipe_batch(state, NM_TX, NR_MONITOR_TX);
}
BENCHMARK(pipe_txsync)->Arg(1)->Arg(64)->Arg(256)->Arg(512);
BENCHMARK(pipe_rxsync)->Arg(1)->Arg(64)->Arg(256)->Arg(512);
BENCHMARK(pipe_txsync_copied)->Arg(256);

// A call that finds nothing to do: the price of asking.
void empty_sync(benchmark::State& state, nm_dir dir, uint64_t flags) {
  Bed bed(kBlind);
  Client client(bed.world);
  require(client.bind("p", NR_REG_ALL_NIC, flags) == 0, "bound");
  u64 ticks = 0;
  for (auto _ : state) {
    const u64 start = nm_os_tsc_ticks();
    nm_client_sync(client.get(), dir);
    ticks += nm_os_tsc_ticks() - start;
  }
  report(state, "tsc_ticks_per_call", ticks, static_cast<double>(state.iterations()));
}
void txsync_empty(benchmark::State& state) {
  empty_sync(state, NM_TX, 0);
}
void rxsync_empty(benchmark::State& state) {
  empty_sync(state, NM_RX, 0);
}
void txsync_no_ring(benchmark::State& state) {
  empty_sync(state, NM_TX, NR_RX_RINGS_ONLY);
}
BENCHMARK(txsync_empty);
BENCHMARK(rxsync_empty);
BENCHMARK(txsync_no_ring);

// One poll that finds nothing, with its waiter recorded: two looks.
void poll_empty(benchmark::State& state) {
  Bed bed(kBlind);
  Client client(bed.world);
  require(client.bind("p", NR_REG_ALL_NIC, NR_NO_TX_POLL) == 0, "bound");
  u64 ticks = 0;
  for (auto _ : state) {
    const u64 start = nm_os_tsc_ticks();
    client.poll(POLLIN, true);
    ticks += nm_os_tsc_ticks() - start;
  }
  report(state, "tsc_ticks_per_call", ticks, static_cast<double>(state.iterations()));
}
BENCHMARK(poll_empty);

// REGISTER and close; range: queues, slots, whether somebody else keeps the region's memory.
void register_and_close(benchmark::State& state) {
  Bed bed(kBlind, port_config(static_cast<uint32_t>(state.range(0)),
                              static_cast<uint32_t>(state.range(1))));
  std::unique_ptr<Client> keeper;
  if (state.range(2)) {
    keeper = std::make_unique<Client>(bed.world);
    require(keeper->bind("p", NR_REG_SW) == 0, "bound");
  }
  u64 ticks = 0;
  for (auto _ : state) {
    const u64 start = nm_os_tsc_ticks();
    Client client(bed.world);
    require(client.bind("p") == 0, "bound");
    client.close();
    ticks += nm_os_tsc_ticks() - start;
  }
  report(state, "tsc_ticks_per_binding", ticks, static_cast<double>(state.iterations()));
}
BENCHMARK(register_and_close)
    ->ArgNames({"queues", "slots", "kept"})
    ->Args({1, 512, 1})
    ->Args({1, 512, 0})
    ->Args({1, 4096, 1})
    ->Args({16, 4096, 1})
    ->Args({16, 4096, 0})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
