// SPDX-License-Identifier: BSD-2-Clause
// The live view's pages, drawn on a canvas of any size. Pure: the same figures give the same cells.
#pragma once

#include <string>

#include "reporters/live/canvas.h"
#include "reporters/live/history.h"

namespace nmgen {

enum class LivePage : uint8_t { kMain, kWorkers, kStreams, kHelp };
enum class LiveUnit : uint8_t { kPps, kBps, kPercent };

struct LiveViewState {
  LivePage page = LivePage::kMain;
  LiveUnit unit = LiveUnit::kPps;
  bool paused = false;
  bool owns_run = false;  // q ends the run; else it only leaves the view
  bool stopping = false;
  std::string message;  // instead of the keys
};

// Below that there is only a sentence.
inline constexpr int kLiveMinWidth = 60, kLiveMinHeight = 15;
// Of a look as plain text.
inline constexpr int kLiveTextWidth = 80, kLiveTextHeight = 24;

void draw_live(Canvas& canvas, const LiveHistory& history, const LiveViewState& state);

}  // namespace nmgen
