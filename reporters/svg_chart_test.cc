// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/svg_chart.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace nmgen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(RoundSteps, AreRoundAndCoverTheRange) {
  EXPECT_THAT(round_steps(0, 10, 5), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(round_steps(0, 14.88e6, 5), ElementsAre(0, 5e6, 10e6, 15e6));
  EXPECT_THAT(round_steps(99.5, 100, 5), testing::SizeIs(6));
  EXPECT_THAT(round_steps(-3, 7, 2), ElementsAre(-5, 0, 5, 10));
}

TEST(SvgChart, ALineIsDrawnFromLeftToRightWithinThePicture) {
  Chart chart{"Rate", "s", "frames/s", {{"sent", {{1, 0}, {2, 10}}}}};
  // Left, bottom; right, top.
  EXPECT_THAT(chart_svg(chart), HasSubstr("d=\"M70.0 220.0L708.0 40.0\""));
}

TEST(SvgChart, ALogarithmicAxisHasDecades) {
  Chart chart{"L", "latency", "%", {{"probes", {{100, 1}, {1e6, 2}}}}, true};
  const std::string text = chart_svg(chart);
  for (const char* label : {">100ns<", ">1.00us<", ">10.0us<", ">100us<", ">1.00ms<"})
    EXPECT_THAT(text, HasSubstr(label));
}

TEST(SvgChart, OnePointOrNoneOrAConstantIsNoDivisionByNothing) {
  EXPECT_THAT(chart_svg({"a", "x", "y", {}}), HasSubstr("nothing was measured"));
  for (const Chart& chart : {Chart{"a", "x", "y", {{"l", {{5, 0}}}}},
                             Chart{"a", "x", "y", {{"l", {{5, 7}, {6, 7}}}}, false, false}}) {
    const std::string text = chart_svg(chart);
    EXPECT_THAT(text, HasSubstr("class=\"line line0\""));
    EXPECT_THAT(text, Not(HasSubstr("nan")));
    EXPECT_THAT(text, Not(HasSubstr("inf")));
  }
}

TEST(SvgChart, ManyPointsAreThinnedButPeaksStay) {
  Chart chart{"a", "x", "y", {{"l", {}}}};
  for (int i = 0; i < 100'000; i++)
    chart.lines[0].points.emplace_back(i, i == 54'321 ? 100 : 1);
  const std::string text = chart_svg(chart);
  EXPECT_LT(text.size(), 60'000U);
  EXPECT_THAT(text, HasSubstr(" 40.0L"));
}

}  // namespace
}  // namespace nmgen
