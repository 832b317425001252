// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as a baseline, as they are and with the digest that they should have: refused in one
// line, or read, written and read again as they were, and no worse than themselves.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "pktgen/compare/compare.h"
#include "pktgen/compare/sample_set.h"
#include "pktgen/scenario/sha256.h"

namespace {

using Json = nlohmann::ordered_json;

void require(bool promise) {
  if (!promise)
    std::abort();
}

void check(std::string_view text) {
  nmgen::Result<nmgen::SampleSet> set = nmgen::baseline_from_json(text, "fuzz");
  if (!set) {
    const std::string sentence = set.error().sentence();
    require(!sentence.empty() && sentence.find('\n') == std::string::npos);
    return;
  }
  const std::string written = nmgen::baseline_to_json(*set);
  nmgen::Result<nmgen::SampleSet> again = nmgen::baseline_from_json(written, "fuzz");
  require(again.has_value() && nmgen::baseline_to_json(*again) == written);
  nmgen::Result<nmgen::Comparison> comparison =
      nmgen::compare_samples(*set, *again, nmgen::Origin::kKept);
  require(comparison.has_value() && comparison->outcome != nmgen::Outcome::kRegress &&
          comparison->outcome != nmgen::Outcome::kImprove);
  require(!nmgen::comparison_text(*comparison).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text);
  Json document = Json::parse(text, nullptr, false);
  if (!document.is_object())
    return 0;
  document.erase("digest");
  document["digest"] = "sha256:" + nmgen::sha256_hex(document.dump());
  check(document.dump());
  return 0;
}
