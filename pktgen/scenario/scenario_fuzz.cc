// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as a scenario, and any bytes as a --set. Beside memory errors, it looks for broken
// promises: an error is one line; what is accepted is accepted again from its own canonical text,
// with the same hash; its frames can be built, and its rings and flows are within the engine's
// limits.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "pktgen/packet/builder.h"
#include "pktgen/scenario/parse.h"

namespace {

void require(bool promise) {
  if (!promise)
    std::abort();
}

void check_error(const nmgen::Error& error) {
  std::string sentence = error.sentence();
  require(!sentence.empty() && sentence.find('\n') == std::string::npos);
  require(!error.what.empty() && !error.cause.empty() && !error.remedy.empty());
}

void check_scenario(const nmgen::Scenario& scenario) {
  nmgen::Result<nmgen::Scenario> again = nmgen::parse_scenario_text(scenario.text, scenario.file);
  require(again.has_value() && again->hash == scenario.hash && again->text == scenario.text);
  require(!scenario.streams.empty() && !scenario.name.empty());
  for (const nmgen::StreamSpec& stream : scenario.streams) {
    require(nmgen::build_frame(stream.frame).has_value());
    require(stream.flows >= 1 && stream.flows <= 1u << 20);
  }
  for (const nmgen::SenderSpec& sender : scenario.senders) {
    require(!sender.streams.empty() && sender.workers >= 1 && sender.batch >= 1);
    for (const std::string& name : sender.streams) {
      require(scenario.stream(name) != nullptr);
      if (scenario.probe_every != 0)
        require(nmgen::build_frame(scenario.stream(name)->frame, nmgen::ProbeSpace::kReserved)
                    .has_value());
    }
  }
}

}  // namespace

// The first line, if it begins with '!', is a --set for the rest.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> overrides;
  if (text.starts_with('!')) {
    size_t end = std::min(text.find('\n'), text.size());
    overrides.emplace_back(text.substr(1, end - 1));
    text.remove_prefix(end);
  }
  nmgen::Result<nmgen::Scenario> scenario =
      nmgen::parse_scenario_text(text, "fuzz.json", overrides);
  if (scenario)
    check_scenario(*scenario);
  else
    check_error(scenario.error());
  return 0;
}
