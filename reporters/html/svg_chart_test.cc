// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/html/svg_chart.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace nmgen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(SvgChart, ALineIsDrawnFromLeftToRightWithinThePicture) {
  Chart chart{"Rate", Quantity::kFrameRate, "", {{"sent", {{0, 0}, {1, 5}, {2, 10}}}}};
  // Left, bottom; middle; right, top.
  EXPECT_THAT(chart_svg(chart), HasSubstr("d=\"M70.0 224.0L389.0 134.0L708.0 44.0\""));
}

TEST(SvgChart, AxesStartAtZeroAndHaveOneUnit) {
  const std::string rate =
      chart_svg({"Rate", Quantity::kFrameRate, "", {{"sent", {{1.02, 14e6}, {3, 14.88e6}}}}});
  for (const char* label : {">0 s<", ">1 s<", ">3 s<", ">Mpps<", ">0<", ">5<", ">15<"})
    EXPECT_THAT(rate, HasSubstr(label));
  const std::string time = chart_svg(
      {"Off", Quantity::kTimeNs, "in each interval", {{"all", {{0, 120e6}, {60, 480e6}}}}});
  for (const char* label : {">in each interval, ms<", ">500<", ">100<", ">60 s<"})
    EXPECT_THAT(time, HasSubstr(label));
}

TEST(SvgChart, ALogarithmicAxisHasDecades) {
  Chart chart{"L", Quantity::kNumber, "%", {{"probes", {{100, 1}, {1e6, 2}}}}, true};
  const std::string text = chart_svg(chart);
  for (const char* label : {">100 ns<", ">1 us<", ">10 us<", ">100 us<", ">1 ms<"})
    EXPECT_THAT(text, HasSubstr(label));
}

TEST(SvgChart, OnePointOrNoneOrAConstantIsNoDivisionByNothing) {
  const Quantity number = Quantity::kNumber;
  EXPECT_THAT(chart_svg({"a", number, "y", {}}), HasSubstr("nothing was measured"));
  for (const Chart& chart :
       {Chart{"a", number, "y", {{"l", {{5, 0}}}}}, Chart{"a", number, "y", {{"l", {{0, 7}}}}},
        Chart{"a", number, "y", {{"l", {{5, 7}, {5, 7}}}}, true}}) {
    const std::string text = chart_svg(chart);
    EXPECT_THAT(text, HasSubstr("class=\"line line0\""));
    EXPECT_THAT(text, Not(HasSubstr("nan")));
    EXPECT_THAT(text, Not(HasSubstr("inf")));
  }
}

// What a file may say that was edited: it has an axis, and the program goes on.
TEST(SvgChart, FiguresBeyondReasonAreDrawnToo) {
  const double most = std::numeric_limits<double>::max();
  for (const double figure : {most, 2 * most, -2 * most, 2 * most - 2 * most,
                              std::numeric_limits<double>::denorm_min()}) {
    const std::string text =
        chart_svg({"a", Quantity::kFrameRate, "y", {{"l", {{0, figure}, {std::fabs(figure), 7}}}}});
    EXPECT_THAT(text, HasSubstr("class=\"line line0\"")) << figure;
    EXPECT_THAT(text, Not(HasSubstr("nan"))) << figure;
    EXPECT_THAT(text, Not(HasSubstr("inf"))) << figure;
  }
}

TEST(SvgChart, ManyPointsAreThinnedButPeaksStay) {
  Chart chart{"a", Quantity::kNumber, "y", {{"l", {}}}};
  for (int i = 0; i < 100'000; i++)
    chart.lines[0].points.emplace_back(i, i == 54'321 ? 100 : 1);
  const std::string text = chart_svg(chart);
  EXPECT_LT(text.size(), 60'000U);
  EXPECT_THAT(text, HasSubstr(" 44.0L"));
}

}  // namespace
}  // namespace nmgen
