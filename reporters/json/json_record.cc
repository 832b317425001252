// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/json/json_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "pktgen/measure/fingerprint.h"
#include "reporters/json/json_document.h"
#include "reporters/record_fields.h"
#include "reporters/report.h"

namespace nmgen {
namespace {

using Json = nlohmann::ordered_json;

constexpr DocumentKind kKind = {"record", "nmgen-result/1", "run the scenario again"};

// An object of JSON, filled field by field. The path of the first figure that JSON cannot hold goes
// to *bad.
class Writer {
 public:
  static constexpr bool kWrites = true;

  Writer(Json& object, std::string path, std::string* bad)
      : object_(object), path_(std::move(path)), bad_(bad) {
    object_ = Json::object();
  }

  template <class T>
  void operator()(const char* name, const T& value, const Meaning&) {
    write(object_[name], value, path_ + "/" + name);
  }

  template <class Function>
  void group(const char* name, const Meaning&, Function&& function) {
    Writer inner(object_[name], path_ + "/" + name, bad_);
    function(inner);
  }

 private:
  void write(Json& to, const std::string& value, const std::string&) { to = value; }
  void write(Json& to, bool value, const std::string&) { to = value; }
  void write(Json& to, int value, const std::string&) { to = value; }
  void write(Json& to, unsigned value, const std::string&) { to = value; }
  void write(Json& to, uint64_t value, const std::string&) { to = value; }
  void write(Json& to, Verdict value, const std::string&) { to = to_string(value); }
  void write(Json& to, const std::pair<uint64_t, uint64_t>& value, const std::string&) {
    to = Json::array({value.first, value.second});
  }
  void write(Json& to, double value, const std::string& path) {
    if (!std::isfinite(value) && bad_->empty())
      *bad_ = path;
    to = value;
  }
  template <class T>
  void write(Json& to, const std::vector<T>& values, const std::string& path) {
    to = Json::array();
    for (size_t i = 0; i < values.size(); i++) {
      Json entry;
      write(entry, values[i], path + "/" + std::to_string(i));
      to.push_back(std::move(entry));
    }
  }
  template <class T>
  void write(Json& to, const T& value, const std::string& path) {
    Writer inner(to, path, bad_);
    visit_fields(inner, value);
  }

  Json& object_;
  std::string path_;
  std::string* bad_;
};

// What is wrong with a record: words, empty if nothing is, and whether its fields are not those of
// this version.
struct Wrong {
  std::string words;
  bool other_fields = false;
};

// Takes an object of JSON apart. The first thing that is wrong goes to *wrong; what follows it is
// left alone.
class Reader {
 public:
  static constexpr bool kWrites = false;

  Reader(const Json& object, std::string path, Wrong* wrong)
      : object_(object), path_(std::move(path)), wrong_(wrong) {
    if (!object_.is_object())
      complain(path_, "is not an object");
  }

  template <class T>
  void operator()(const char* name, T& value, const Meaning& meaning) {
    if (const Json* found = find(name, meaning.optional))
      read(*found, value, path_ + "/" + name, meaning);
  }

  template <class Function>
  void group(const char* name, const Meaning&, Function&& function) {
    const Json* found = find(name);
    if (found == nullptr)
      return;
    Reader inner(*found, path_ + "/" + name, wrong_);
    if (wrong_->words.empty())
      function(inner);
    inner.finish();
  }

  // After all fields: whether there was one more.
  void finish() {
    if (!wrong_->words.empty())
      return;
    for (Json::const_iterator member = object_.begin(); member != object_.end(); ++member) {
      if (std::find(known_.begin(), known_.end(), member.key()) == known_.end())
        complain(path_ + "/" + member.key(), "is not a field of " + std::string(kKind.schema),
                 true);
    }
  }

 private:
  void complain(const std::string& path, const std::string& what, bool other_fields = false) {
    if (wrong_->words.empty())
      *wrong_ = {(path.empty() ? "the document" : path) + " " + what, other_fields};
  }

  const Json* find(const char* name, bool optional = false) {
    known_.emplace_back(name);
    if (!wrong_->words.empty())
      return nullptr;
    Json::const_iterator found = object_.find(name);
    if (found == object_.end()) {
      if (!optional)
        complain(path_ + "/" + name, "is missing", true);
      return nullptr;
    }
    return &*found;
  }

  void read(const Json& from, std::string& value, const std::string& path, const Meaning& meaning) {
    if (!from.is_string())
      return complain(path, "is not a string");
    value = from.get<std::string>();
    if (meaning.values.empty())
      return;
    const std::vector<std::string> values = values_of(meaning);
    if (std::find(values.begin(), values.end(), value) == values.end())
      complain(path, fmt::format("is not one of {}", fmt::join(values, ", ")));
  }
  void read(const Json& from, bool& value, const std::string& path, const Meaning&) {
    if (!from.is_boolean())
      return complain(path, "is neither true nor false");
    value = from.get<bool>();
  }
  void read(const Json& from, double& value, const std::string& path, const Meaning&) {
    if (!from.is_number() || !(from.get<double>() >= 0))
      return complain(path, "is not a number of at least 0");
    value = from.get<double>();
  }
  void read(const Json& from, uint64_t& value, const std::string& path, const Meaning&) {
    if (!from.is_number_unsigned())
      return complain(path, "is not a whole number of at least 0");
    value = from.get<uint64_t>();
  }
  void read(const Json& from, unsigned& value, const std::string& path, const Meaning& meaning) {
    uint64_t wide = 0;
    read(from, wide, path, meaning);
    if (wide > std::numeric_limits<unsigned>::max())
      return complain(path, "is too large");
    value = static_cast<unsigned>(wide);
  }
  void read(const Json& from, int& value, const std::string& path, const Meaning& meaning) {
    if (!from.is_number_integer() || from.get<int64_t>() < meaning.minimum ||
        from.get<int64_t>() > meaning.maximum)
      return complain(path,
                      meaning.maximum == INT_MAX
                          ? fmt::format("is not a whole number of at least {}", meaning.minimum)
                          : fmt::format("is not a whole number from {} to {}", meaning.minimum,
                                        meaning.maximum));
    value = from.get<int>();
  }
  void read(const Json& from, Verdict& value, const std::string& path, const Meaning&) {
    for (Verdict verdict : {Verdict::kPass, Verdict::kFail, Verdict::kInvalid}) {
      if (from.is_string() && from.get_ref<const std::string&>() == to_string(verdict)) {
        value = verdict;
        return;
      }
    }
    complain(path, "is not \"pass\", \"fail\" or \"invalid\"");
  }
  void read(const Json& from, std::pair<uint64_t, uint64_t>& value, const std::string& path,
            const Meaning& meaning) {
    if (!from.is_array() || from.size() != 2)
      return complain(path, "is not a list of two numbers");
    read(from[0], value.first, path + "/0", meaning);
    read(from[1], value.second, path + "/1", meaning);
  }
  template <class T>
  void read(const Json& from, std::vector<T>& values, const std::string& path,
            const Meaning& meaning) {
    if (!from.is_array())
      return complain(path, "is not a list");
    values.clear();
    for (size_t i = 0; i < from.size() && wrong_->words.empty(); i++) {
      T value{};
      read(from[i], value, path + "/" + std::to_string(i), meaning);
      values.push_back(std::move(value));
    }
  }
  template <class T>
  void read(const Json& from, T& value, const std::string& path, const Meaning&) {
    Reader inner(from, path, wrong_);
    visit_fields(inner, value);
    inner.finish();
  }

  const Json& object_;
  std::string path_;
  Wrong* wrong_;
  std::vector<std::string> known_;
};

bool holds_objects(const Json& value) {
  return value.is_object() ||
         (value.is_array() && std::any_of(value.begin(), value.end(), holds_objects));
}

// Like dump(2), but an interval, a worker and a histogram take a line each.
void lay_out(const Json& value, const std::string& indent, bool in_list, std::string* text) {
  const bool open =
      value.is_object()
          ? !in_list || std::any_of(value.begin(), value.end(),
                                    [](const Json& member) { return member.is_structured(); })
          : holds_objects(value);
  if (!open || value.empty()) {
    *text += value.dump(-1, ' ', false, Json::error_handler_t::replace);
    return;
  }
  const std::string inner = indent + "  ";
  *text += value.is_object() ? "{" : "[";
  const char* separator = "\n";
  for (Json::const_iterator member = value.begin(); member != value.end(); ++member) {
    *text += separator + inner;
    if (value.is_object())
      *text += Json(member.key()).dump() + ": ";
    lay_out(*member, inner, value.is_array(), text);
    separator = ",\n";
  }
  *text += "\n" + indent + (value.is_object() ? "}" : "]");
}

// What cannot be said by one field alone.
std::string inconsistency(const Record& record) {
  for (size_t i = 0; i < record.runs.size(); i++) {
    const std::string run = fmt::format("/runs/{}", i);
    for (const LatencyRecord* latency :
         {&record.runs[i].latency_ns, &record.runs[i].latency_intended_ns}) {
      const std::string path =
          run + (latency == &record.runs[i].latency_ns ? "/latency_ns" : "/latency_intended_ns");
      uint64_t count = 0;
      for (const std::pair<uint64_t, uint64_t>& bucket : latency->histogram)
        count += bucket.second;
      if (!latency->histogram.empty() && count != latency->count)
        return fmt::format("{}/histogram counts {} and {}/count says {}", path, count, path,
                           latency->count);
    }
    if (record.runs[i].loss.frames > record.runs[i].tx.frames)
      return fmt::format("{}/loss/frames is more than was sent", run);
  }
  return "";
}

// The commit that the program was built from which wrote the document; empty: it does not say.
std::string commit_of(const Json& document) {
  const Json::json_pointer field("/fingerprint/commit");
  return document.contains(field) && document[field].is_string()
             ? document[field].get<std::string>()
             : "";
}

}  // namespace

Result<std::string> record_to_json(const Record& record) {
  Json document;
  std::string bad;
  Writer writer(document, "", &bad);
  visit_fields(writer, record);
  if (!bad.empty())
    return fail("cannot write the record", bad + " is not a finite number",
                "this is a bug of nmgen; report it with the scenario");
  std::string text;
  lay_out(document, "", false, &text);
  return text + "\n";
}

Result<Record> record_from_json(std::string_view text, const std::string& name) {
  Result<Json> document = parse_document(text, name, kKind);
  if (!document)
    return tl::unexpected<Error>(document.error());

  Record record;
  Wrong wrong;
  Reader reader(*document, "", &wrong);
  visit_fields(reader, record);
  reader.finish();
  if (wrong.words.empty())
    wrong.words = inconsistency(record);
  if (wrong.words.empty())
    return record;
  const std::string what = "cannot read record " + name;
  const std::string commit = commit_of(*document);
  if (wrong.other_fields && !commit.empty() && commit != built_from_commit())
    return fail(what,
                fmt::format("{}: it is of another version of nmgen, built from commit {:.40}",
                            wrong.words, commit),
                fmt::format("{}, or read it with that version", kKind.again));
  return fail(what, wrong.words, "it was edited: " + kKind.restore());
}

constinit const Report json_report = {
    .name = "json",
    .about = "The record, of which all other reports are made",
    // Not .json, which the scenario may be called.
    .extension = ".result.json",
    .mark = "\"nmgen-result/1\"",
    .text = record_to_json,
};

}  // namespace nmgen
