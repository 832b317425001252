// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as a scenario, and any bytes as a --set. Beside memory errors, it looks for broken
// promises: an error is one line; what is accepted is accepted again from its own canonical text,
// with the same hash; its frames can be built, and its rings and flows are within the engine's
// limits; a quantity is taken exactly where the schema's pattern takes it.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pktgen/packet/builder.h"
#include "pktgen/scenario/json_text.h"
#include "pktgen/scenario/parse.h"
#include "pktgen/scenario/schema.h"
#include "pktgen/scenario/units.h"

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

void check_quantity(const std::string& text) {
  constexpr struct {
    const char *key, *unit;
  } kKeys[] = {{"duration_s", "s"}, {"late_ms", "ms"},   {"pps", "pps"},
               {"bps_l1", "bit/s"}, {"hz", "Hz"},        {"speed_gbps", "Gbit/s"},
               {"percent", "%"},    {"size_no_crc", "B"}};
  for (const auto& item : kKeys) {
    const std::string key = item.key;
    nlohmann::json document = {{"schema", "nmgen-scenario/1"}};
    if (key == "duration_s")
      document[key] = text;
    else if (key == "late_ms")
      document["limits"][key] = text;
    else if (key == "hz")
      document["clock"] = {{"method", "duty"}, {key, text}};
    else if (key == "speed_gbps")
      document["ports"]["sim:a"][key] = text;
    else if (key == "size_no_crc")
      document["streams"]["a"][key] = text;
    else
      document["senders"] = nlohmann::json::array({{{"port", "sim:a"}, {"rate", {{key, text}}}}});
    const std::optional<double> value = nmgen::parse_quantity(text, item.unit);
    require(value.has_value() == nmgen::check_against_schema(document, "fuzz.json").has_value());
    require(!value || (std::isfinite(*value) && *value >= 0));
  }
}

}  // namespace

// The first line, if it begins with '!', is a --set for the rest. What begins with '?' is a
// quantity, "30 s".
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.starts_with('?') && nmgen::is_utf8(text)) {
    check_quantity(std::string(text.substr(1)));
    return 0;
  }
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
