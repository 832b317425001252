// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/html/svg_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "reporters/axis.h"
#include "reporters/markup.h"

namespace nmgen {
namespace {

constexpr double kWidth = 720, kHeight = 250;
constexpr double kLeft = 70, kRight = 12, kTop = 44, kBottom = 26;
constexpr double kSketchWidth = kWidth - kLeft - kRight, kSketchHeight = kHeight - kTop - kBottom;

// More points than columns of the picture add nothing to it.
constexpr size_t kMaxPoints = 1400;

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void take(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

// Of runs of points that are closer than the picture can show, the lowest and the highest.
std::vector<std::pair<double, double>> thinned(const std::vector<std::pair<double, double>>& all) {
  if (all.size() <= kMaxPoints)
    return all;
  std::vector<std::pair<double, double>> kept;
  const size_t groups = kMaxPoints / 2;
  for (size_t i = 0; i < groups; i++) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(i * all.size() / groups);
    const auto end = all.begin() + static_cast<std::ptrdiff_t>((i + 1) * all.size() / groups);
    auto [low, high] = std::minmax_element(
        first, end, [](const auto& a, const auto& b) { return a.second < b.second; });
    if (low > high)
      std::swap(low, high);
    kept.push_back(*low);
    if (low != high)
      kept.push_back(*high);
  }
  return kept;
}

// No figure of a run is larger, but one in a file that was edited may be, and sums of such
// overflow.
constexpr double kLargest = 1e100;

double tamed(double value) {
  if (std::isnan(value) || std::fabs(value) < 1 / kLargest)
    return 0;
  return std::clamp(value, -kLargest, kLargest);
}

Chart tamed(Chart chart) {
  for (ChartLine& line : chart.lines)
    for (std::pair<double, double>& point : line.points)
      point = {tamed(point.first), tamed(point.second)};
  return chart;
}

class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart) {
    for (const ChartLine& line : chart.lines) {
      for (const std::pair<double, double>& point : line.points) {
        x_.take(place_on_x(point.first));
        y_.take(point.second);
      }
    }
    empty_ = !(x_.low <= x_.high);
    if (empty_)
      return;
    y_.low = 0;
    if (!chart.log_x)
      x_.low = 0;
    if (y_.high <= y_.low)
      y_.high = y_.low + 1;
    if (x_.high <= x_.low)
      x_.high = x_.low + 1;
    y_steps_ = round_steps(y_.low, y_.high, 5);
    y_.high = y_steps_.back();
    unit_ = unit_for(chart.quantity, y_.high);
  }

  std::string svg() {
    text_ = fmt::format(
        "<svg viewBox=\"0 0 {:g} {:g}\" role=\"img\" aria-label=\"{}\">\n"
        "<text class=\"title\" x=\"{:g}\" y=\"16\">{}</text>\n",
        kWidth, kHeight, escape_markup(chart_.title), kLeft, escape_markup(chart_.title));
    if (empty_) {
      text_ +=
          fmt::format("<text class=\"label\" x=\"{:g}\" y=\"{:g}\">nothing was measured</text>\n",
                      kLeft, kHeight / 2);
      return text_ + "</svg>\n";
    }
    add_axes();
    for (size_t i = 0; i < chart_.lines.size(); i++)
      add_line(i);
    return text_ + "</svg>\n";
  }

 private:
  double place_on_x(double x) const { return chart_.log_x ? std::log10(x) : x; }
  double px(double placed) const {
    return kLeft + kSketchWidth * (placed - x_.low) / (x_.high - x_.low);
  }
  double py(double y) const { return kTop + kSketchHeight * (y_.high - y) / (y_.high - y_.low); }

  void add_text(const char* kind, double x, double y, const char* anchor, const std::string& text) {
    text_ +=
        fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n",
                    kind, x, y, anchor, escape_markup(text));
  }

  void add_gridline(double x1, double x2, double y1, double y2) {
    text_ += fmt::format(
        "<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>\n", x1, x2,
        y1, y2);
  }

  void add_axes() {
    for (const double y : y_steps_) {
      add_gridline(kLeft, kWidth - kRight, py(y), py(y));
      add_text("label", kLeft - 6, py(y) + 4, "end", fmt::format("{:.6g}", y / unit_.size));
    }
    for (const double x : x_steps()) {
      const double at = px(place_on_x(x));
      add_gridline(at, at, kTop, kHeight - kBottom);
      // One at the right end would be cut by the picture's edge.
      const bool last = at > kWidth - 24;
      add_text("label", last ? kWidth : at, kHeight - kBottom + 17, last ? "end" : "middle",
               x_figure(x));
    }
    text_ += fmt::format("<path class=\"axis\" d=\"M{:g} {:g}V{:g}H{:g}\"/>\n", kLeft, kTop,
                         kHeight - kBottom, kWidth - kRight);
    const char* between = chart_.y_label.empty() || unit_.name.empty() ? "" : ", ";
    add_text("label", kLeft, kTop - 8, "start", chart_.y_label + between + unit_.name);
  }

  // "5 s", "100 us"
  std::string x_figure(double x) const {
    return chart_.log_x ? time_label(x) : fmt::format("{:.6g} s", x);
  }

  // Of a logarithmic axis: 1, 2 and 5 in each decade, or the decades alone where those are many.
  std::vector<double> x_steps() const {
    std::vector<double> steps;
    if (!chart_.log_x) {
      for (const double x : round_steps(x_.low, x_.high, 8))
        if (x >= x_.low && x <= x_.high)
          steps.push_back(x);
      return steps;
    }
    const bool fine = x_.high - x_.low < 3;
    for (const double x : decade_steps(std::pow(10.0, x_.low), std::pow(10.0, x_.high)))
      if (fine || is_decade(x))
        steps.push_back(x);
    return steps;
  }

  void add_line(size_t index) {
    const ChartLine& line = chart_.lines[index];
    std::string path;
    for (const std::pair<double, double>& point : thinned(line.points))
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", px(place_on_x(point.first)),
                          py(point.second));
    if (line.points.size() == 1)
      path += "h2";
    if (!path.empty())
      text_ += fmt::format("<path class=\"line line{}\" d=\"{}\"><title>{}</title></path>\n", index,
                           path, escape_markup(line.name));
    // The legend, right of the title.
    const double at = kWidth - kRight - 122 * static_cast<double>(chart_.lines.size() - index);
    text_ += fmt::format("<path class=\"line line{}\" d=\"M{:g} 12h22\"/>\n", index, at);
    add_text("label", at + 27, 16, "start", line.name);
  }

  const Chart& chart_;
  Range x_, y_;
  std::vector<double> y_steps_;
  Unit unit_;
  bool empty_ = true;
  std::string text_;
};

}  // namespace

std::string chart_svg(const Chart& chart) {
  const Chart drawn = tamed(chart);
  return Drawing(drawn).svg();
}

}  // namespace nmgen
