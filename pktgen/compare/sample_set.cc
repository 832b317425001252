// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/compare/sample_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>
#include <utility>

#include "pktgen/scenario/sha256.h"
#include "reporters/json/json_document.h"
#include "reporters/json/json_record.h"

namespace nmgen {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr DocumentKind kKind = {"baseline", "nmgen-baseline/1",
                                "take it again with nmgen baseline"};
// A full record of the largest scenario is below this.
constexpr std::uintmax_t kMaxFileBytes = 64U << 20;
constexpr double kTscTolerance = 0.001;  // TSC rates are measured, to about 10 ppm

std::string digest_of(const Json& document) {
  Json rest = document;
  rest.erase("digest");
  return "sha256:" + sha256_hex(rest.dump());
}

Json sample_to_json(const Sample& sample) {
  Json json = {{"started_at", sample.started_at},
               {"commit", sample.commit},
               {"verdict", to_string(sample.verdict)}};
  for (size_t i = 0; i < kMetrics; ++i)
    if (sample.values[i] >= 0)
      json[traits(static_cast<Metric>(i)).key] = sample.values[i];
  return json;
}

bool sample_from_json(const Json& json, Sample& sample) {
  if (!json.is_object() || !json.contains("started_at") || !json["started_at"].is_string() ||
      !json.contains("commit") || !json["commit"].is_string() || !json.contains("verdict"))
    return false;
  sample.started_at = json["started_at"].get<std::string>();
  sample.commit = json["commit"].get<std::string>();
  bool known = false;
  for (Verdict verdict : {Verdict::kPass, Verdict::kFail, Verdict::kInvalid}) {
    if (json["verdict"] != to_string(verdict))
      continue;
    sample.verdict = verdict;
    known = true;
  }
  for (size_t i = 0; i < kMetrics; ++i) {
    Json::const_iterator found = json.find(traits(static_cast<Metric>(i)).key);
    if (found != json.end() && (!found->is_number() || !(found->get<double>() >= 0)))
      return false;
    sample.values[i] = found == json.end() ? -1 : found->get<double>();
  }
  return known;
}

Result<std::string> read_file(const std::string& path) {
  const std::string what = "cannot read " + path;
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error)
    return fail(what, error.message(), "give a record, a baseline, or a directory of records",
                error.value());
  if (size > kMaxFileBytes)
    return fail(what, "it is too large to be a record", "give a file that nmgen wrote");
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file)
    return fail(what, "it cannot be opened", "check that you may read it");
  return text.str();
}

// One file: a baseline's samples, or a record's, into `set`.
Result<void> add_file(SampleSet& set, const std::string& path) {
  Result<std::string> text = read_file(path);
  if (!text)
    return tl::unexpected<Error>(text.error());
  // A baseline says so in its first line; everything else has to be a record.
  if (text->substr(0, 80).find("nmgen-baseline/") != std::string::npos) {
    Result<SampleSet> baseline = baseline_from_json(*text, path);
    if (!baseline)
      return tl::unexpected<Error>(baseline.error());
    if (!set.samples.empty())
      return fail("cannot take " + path, "it is a baseline in a directory with other files",
                  "give the baseline alone");
    set = std::move(*baseline);
    return {};
  }
  Result<Record> record = record_from_json(*text, path);
  if (!record)
    return tl::unexpected<Error>(record.error());
  return add_sample(set, *record, path);
}

}  // namespace

Result<void> add_sample(SampleSet& set, const Record& record, const std::string& name,
                        Sample (*figures)(const Record&)) {
  if (record.scenario_hash != "sha256:" + sha256_hex(record.scenario_text))
    return fail("cannot use " + name, "its scenario does not have the hash that it names",
                "it was edited: " + kKind.restore());
  if (record.runs.empty())
    return fail("cannot use " + name, "there is no run in it",
                "run the scenario again, to its end");
  if (set.samples.empty()) {
    set.about = record;
    set.about.runs.clear();
    set.about.verdict_reasons.clear();
    set.about.tx_pps = set.about.rx_pps = Spread();
    set.about.tx_mean_pps = set.about.rx_mean_pps = 0;
  } else if (record.scenario_hash != set.about.scenario_hash) {
    return fail("cannot combine " + name + " with the others",
                fmt::format("it has another scenario (\"{}\", not \"{}\", or other values)",
                            record.scenario_name, set.about.scenario_name),
                "compare runs of one scenario");
  } else if (std::vector<std::string> differ =
                 differences(set.about.fingerprint, record.fingerprint);
             !differ.empty() || drivers_of(record) != drivers_of(set.about)) {
    return fail("cannot combine " + name + " with the others",
                differ.empty() ? "it has another device"
                               : "it was made under other conditions: " + differ[0],
                "compare the runs of each machine separately");
  }
  set.samples.push_back(figures(record));
  return {};
}

std::string baseline_to_json(const SampleSet& set) {
  Json document = {{"schema", kKind.schema}};
  // A record without figures is always finite.
  document["about"] = Json::parse(record_to_json(set.about).value_or("{}"));
  document["samples"] = Json::array();
  for (const Sample& sample : set.samples)
    document["samples"].push_back(sample_to_json(sample));
  std::string text = fmt::format("{{\"schema\": {},\n\"about\": {},\n\"samples\": [",
                                 document["schema"].dump(), document["about"].dump());
  const char* separator = "\n  ";
  for (const Json& sample : document["samples"]) {
    text += separator + sample.dump();
    separator = ",\n  ";
  }
  // Numbers as they will be read, so that the digest is over the same text.
  return text + fmt::format("\n],\n\"digest\": \"{}\"}}\n", digest_of(document));
}

Result<SampleSet> baseline_from_json(std::string_view text, const std::string& name) {
  const std::string what = "cannot read baseline " + name;
  Result<Json> parsed = parse_document(text, name, kKind);
  if (!parsed)
    return tl::unexpected<Error>(parsed.error());
  const Json& document = *parsed;
  if (!document.contains("digest") || document["digest"] != digest_of(document))
    return fail(what, "its digest does not match its contents",
                "it was edited: " + kKind.restore());
  if (!document.contains("about") || !document.contains("samples") ||
      !document["samples"].is_array())
    return fail(what, "/about or /samples is missing", kKind.restore());
  Result<Record> about = record_from_json(document["about"].dump(), name);
  if (!about)
    return tl::unexpected<Error>(about.error());
  SampleSet set;
  set.name = name;
  set.about = std::move(*about);
  for (const Json& entry : document["samples"]) {
    Sample sample;
    if (!sample_from_json(entry, sample))
      return fail(what, fmt::format("/samples/{} is not a sample", set.samples.size()),
                  kKind.restore());
    set.samples.push_back(std::move(sample));
  }
  if (set.samples.empty())
    return fail(what, "there are no samples in it", kKind.again);
  return set;
}

Result<SampleSet> load_samples(const std::string& path) {
  SampleSet set;
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    if (Result<void> added = add_file(set, path); !added)
      return tl::unexpected<Error>(added.error());
    set.name = path;
    return set;
  }
  std::vector<std::string> files;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path().extension() == ".json")
      files.push_back(entry->path().string());
  std::sort(files.begin(), files.end());
  if (files.empty())
    return fail("cannot read samples from " + path, "there is no record in it",
                "give a directory of files that `nmgen run --out` wrote");
  for (const std::string& file : files)
    if (Result<void> added = add_file(set, file); !added)
      return tl::unexpected<Error>(added.error());
  set.name = path;
  return set;
}

std::vector<std::string> differences(const Fingerprint& base, const Fingerprint& next) {
  std::vector<std::string> found;
  const struct {
    const char* name;
    const std::string &base, &next;
  } kTexts[] = {
      {"processor", base.cpu_model, next.cpu_model},
      {"governor", base.governor, next.governor},
      {"kernel", base.kernel, next.kernel},
      {"kernel command line", base.command_line, next.command_line},
      {"mitigations", base.mitigations, next.mitigations},
      {"virtualisation", base.virtualisation, next.virtualisation},
      {"compiler", base.compiler, next.compiler},
      {"compiler flags", base.compiler_flags, next.compiler_flags},
      {"clock source", base.clock_source, next.clock_source},
  };
  for (const auto& text : kTexts)
    if (text.base != text.next)
      found.push_back(fmt::format("{}: \"{}\" against \"{}\"", text.name, text.base, text.next));
  if (base.cores != next.cores)
    found.push_back(fmt::format("cores: {} against {}", base.cores, next.cores));
  if (std::fabs(base.tsc_hz - next.tsc_hz) > kTscTolerance * base.tsc_hz)
    found.push_back(
        fmt::format("TSC: {:.1f} MHz against {:.1f} MHz", base.tsc_hz / 1e6, next.tsc_hz / 1e6));
  return found;
}

}  // namespace nmgen
