// SPDX-License-Identifier: BSD-2-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "pktgen/packet/fields.h"
#include "pktgen/packet/modifier/modifier.h"
#include "pktgen/packet/testing/frames.h"

namespace nmgen {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<FieldModifier> random_of(const char* field, const char* options) {
  return random_modifier.make(*find_field(field), json::parse(options));
}

std::vector<uint32_t> values_of(const char* field, const char* options, uint32_t own = 1024) {
  const Result<FieldModifier> modifier = random_of(field, options);
  EXPECT_TRUE(modifier) << modifier.error().sentence();
  std::vector<uint32_t> values;
  for (uint32_t k = 0; modifier && k < modifier->count; k++)
    values.push_back(modifier->values->at(k, own));
  return values;
}

// A seed means these values, in this version and in all later ones.
TEST(RandomModifier, ASeedIsAPromise) {
  EXPECT_THAT(values_of("udp.source_port", R"({"count": 4, "seed": 7})"),
              ElementsAre(36711, 9134, 38509, 34042));
  EXPECT_THAT(values_of("ipv4.source", R"({"count": 3})"),
              ElementsAre(2910524674u, 2883043977u, 3823696386u));
}

TEST(RandomModifier, OtherSeedsAndFieldsHaveOtherValues) {
  std::set<std::vector<uint32_t>> seen;
  for (const char* field : {"udp.source_port", "udp.destination_port"})
    for (const char* options :
         {R"({"count": 100})", R"({"count": 100, "seed": 2})", R"({"count": 100, "seed": 0})"})
      seen.insert(values_of(field, options));
  EXPECT_EQ(seen.size(), 6u);
  EXPECT_EQ(values_of("udp.source_port", R"({"count": 100})"),
            values_of("udp.source_port", R"({"count": 100, "seed": 1})"));
}

// Chi-squared over 256 values: 255 degrees of freedom, not rejected at 1 in 10^6 (394).
TEST(RandomModifier, ValuesAreUniformOverTheirRange) {
  constexpr uint32_t kFrom = 1000, kValues = 256, kCount = 1 << 18;
  for (uint32_t seed = 0; seed < 20; seed++) {
    const json options = {
        {"count", kCount}, {"seed", seed}, {"from", kFrom}, {"to", kFrom + kValues - 1}};
    std::array<double, kValues> times{};
    for (const uint32_t value : values_of("udp.source_port", options.dump().c_str())) {
      ASSERT_GE(value, kFrom);
      ASSERT_LT(value, kFrom + kValues);
      times[value - kFrom]++;
    }
    const double expected = double{kCount} / kValues;
    double chi_squared = 0;
    for (const double each : times)
      chi_squared += (each - expected) * (each - expected) / expected;
    EXPECT_LT(chi_squared, 394) << seed;
    EXPECT_GT(chi_squared, 150) << seed;  // nor are they dealt out evenly
  }
}

TEST(RandomModifier, AMaskLeavesTheOtherBits) {
  std::set<uint32_t> seen;
  for (const uint32_t value :
       values_of("ipv4.source", R"({"count": 1000, "mask": 3840})", 0xc6120a01))
    seen.insert(value);
  EXPECT_EQ(seen.size(), 16u);
  for (const uint32_t value : seen)
    EXPECT_EQ(value & ~0xf00u, 0xc6120a01 & ~0xf00u);
}

TEST(RandomModifier, AllBitsOfAFieldAreRandom) {
  for (const FrameField& field : field_table()) {
    const json options = {{"count", 1000}};
    const Result<FieldModifier> modifier = random_modifier.make(field, options);
    ASSERT_TRUE(modifier);
    uint32_t ones = 0, zeros = 0;
    for (uint32_t k = 0; k < modifier->count; k++) {
      ones |= modifier->values->at(k, 0);
      zeros |= ~modifier->values->at(k, UINT32_MAX);
    }
    const uint32_t all = static_cast<uint32_t>(field.values() - 1);
    EXPECT_EQ(ones & all, all) << field.name;
    EXPECT_EQ(zeros & all, all) << field.name;
  }
}

// Frames of two workers, prepared each for itself, in any order: the same, and their checksums are
// right.
TEST(RandomModifier, EveryWorkerHasTheSameFrames) {
  for (const test::NamedSpec& kind : test::every_kind()) {
    const Result<BuiltFrame> frame = build_frame(kind.spec);
    ASSERT_TRUE(frame);
    std::vector<FieldModifier> modifiers;
    for (const FrameField& field : field_table())
      if (field.layer->is_in(*frame))
        modifiers.push_back(*random_modifier.make(field, json{{"count", 5}, {"seed", 3}}));
    const Result<FrameVariations> one = FrameVariations::prepare(*frame, modifiers);
    const Result<FrameVariations> other = FrameVariations::prepare(*frame, modifiers);
    ASSERT_TRUE(one && other);
    std::vector<uint8_t> in_place = frame->bytes;
    for (uint64_t flow = 0; flow < one->flows() && flow < 2000; flow++) {
      const uint64_t backwards = one->flows() - 1 - flow;
      one->set_flow(in_place.data(), backwards);
      ASSERT_EQ(in_place, other->flow_bytes(backwards)) << kind.name << " flow " << backwards;
      ASSERT_TRUE(test::checksums_are_right(*frame, in_place)) << kind.name;
    }
  }
}

TEST(RandomModifier, WhatCannotBeIsASentence) {
  const struct {
    const char *options, *cause;
  } kCases[] = {
      {R"({"count": 2, "to": 65536})", "65536 is more than udp.source_port can be"},
      {R"({"count": 2, "mask": 131072})", "131072 is more than udp.source_port can be"},
      {R"({"count": 2, "from": 9, "to": 8})", "from 9 to 8 is empty"},
      {R"({"count": 2, "mask": 0})", "the mask has no bits"},
  };
  for (const auto& each : kCases) {
    const Result<FieldModifier> modifier = random_of("udp.source_port", each.options);
    ASSERT_FALSE(modifier) << each.options;
    EXPECT_THAT(modifier.error().sentence(), HasSubstr(each.cause));
  }
}

}  // namespace
}  // namespace nmgen
