// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/worker/placement.h"

#include <gtest/gtest.h>

namespace nmgen {
namespace {

Scenario scenario_of(unsigned senders, unsigned receivers) {
  Scenario scenario;
  if (senders > 0)
    scenario.senders.emplace_back().workers = senders;
  if (receivers > 0)
    scenario.receivers.emplace_back().workers = receivers;
  return scenario;
}

TEST(Placement, ACoreForEachWorkerAndTheObserverWhereThereAreEnough) {
  const Placement placement = place_workers(scenario_of(1, 1), {0, 1, 2, 3});
  EXPECT_NE(placement.senders[0], placement.receivers[0]);
  EXPECT_NE(placement.observer, placement.senders[0]);
  EXPECT_NE(placement.observer, placement.receivers[0]);
  EXPECT_FALSE(placement.shared);
}

TEST(Placement, TheObserverSharesWithASenderAndNotWithAReceiver) {
  const Placement placement = place_workers(scenario_of(1, 1), {4, 7});
  EXPECT_EQ(placement.observer, placement.senders[0]);
  EXPECT_NE(placement.observer, placement.receivers[0]);
  EXPECT_FALSE(placement.shared);
}

TEST(Placement, NamedCoresAreKept) {
  Scenario scenario = scenario_of(2, 1);
  scenario.senders[0].cores = {3, 1};
  const Placement placement = place_workers(scenario, {0, 1, 2, 3});
  EXPECT_EQ(placement.senders, (std::vector<int>{3, 1}));
  EXPECT_EQ(placement.receivers[0], 0);
  EXPECT_EQ(placement.observer, 2);
}

TEST(Placement, TooManyWorkersShareEvenly) {
  const Placement placement = place_workers(scenario_of(4, 0), {0, 1});
  EXPECT_TRUE(placement.shared);
  int on_core[2] = {0, 0};
  for (int core : placement.senders)
    on_core[core]++;
  EXPECT_EQ(on_core[0], 2);
  EXPECT_EQ(on_core[1], 2);
}

TEST(Placement, OneCoreServesAll) {
  const Placement placement = place_workers(scenario_of(1, 1), {5});
  EXPECT_EQ(placement.senders[0], 5);
  EXPECT_EQ(placement.receivers[0], 5);
  EXPECT_EQ(placement.observer, 5);
  EXPECT_TRUE(placement.shared);
}

}  // namespace
}  // namespace nmgen
