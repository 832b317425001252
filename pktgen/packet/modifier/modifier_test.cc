// SPDX-License-Identifier: BSD-2-Clause
// What holds of every modifier.
#include "pktgen/packet/modifier/modifier.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace nmgen {
namespace {

using nlohmann::json;

TEST(Modifier, EachMakesItsExampleAgainAndAgain) {
  for (const ModifierKind* kind : modifier_kinds()) {
    const FrameField& field = *find_field("udp.source_port");
    const Result<FieldModifier> one = kind->make(field, json::parse(kind->example));
    const Result<FieldModifier> other = kind->make(field, json::parse(kind->example));
    ASSERT_TRUE(one) << kind->key << ": " << one.error().sentence();
    EXPECT_EQ(one->field, &field) << kind->key;
    ASSERT_GT(one->count, 1u) << kind->key;
    bool changes = false;
    for (uint32_t k = 0; k < one->count; k++) {
      ASSERT_EQ(one->values->at(k, 1024), other->values->at(k, 1024)) << kind->key << " " << k;
      changes |= one->values->at(k, 1024) != one->values->at(0, 1024);
    }
    EXPECT_TRUE(changes) << kind->key;
  }
}

TEST(Modifier, StepCountsFromTheFieldsOwn) {
  const FieldModifier modifier = step("udp.source_port", 3);
  EXPECT_EQ(modifier.count, 3u);
  for (uint32_t k = 0; k < 3; k++)
    EXPECT_EQ(modifier.values->at(k, 1024), 1024 + k);
}

TEST(Modifier, StepTakesNoMoreThanTheFieldHas) {
  const Result<FieldModifier> modifier =
      step_modifier.make(*find_field("udp.source_port"), json(65537));
  ASSERT_FALSE(modifier);
  EXPECT_EQ(modifier.error().cause, "udp.source_port has 65536 values only");
  EXPECT_EQ(modifier.error().remedy, "use 1 to 65536");
  EXPECT_TRUE(step_modifier.make(*find_field("udp.source_port"), json(65536)));
}

}  // namespace
}  // namespace nmgen
