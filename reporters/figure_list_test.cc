// SPDX-License-Identifier: BSD-2-Clause
// Each line of pktgen/measure/figure_list.h arrives wherever figures go: no file but the list has
// to know its name.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "pktgen/measure/live_segment.h"
#include "reporters/json/json_record.h"
#include "reporters/json/record_schema.h"
#include "reporters/live/history.h"
#include "reporters/report.h"
#include "reporters/testing/records.h"
#include "reporters/units.h"

namespace nmgen {
namespace {

using nlohmann::json;
using testing::ContainsRegex;
using testing::HasSubstr;

#define NAME(name) #name,
const std::vector<std::string> kWorkerFields = {
#define WORKER_FIELD(type, name, ...) NAME(name)
#include "pktgen/measure/figure_list.h"
};
const std::vector<std::string> kWorkerCounters = {
#define WORKER_COUNTER(name, ...) NAME(name)
#include "pktgen/measure/figure_list.h"
};
const std::vector<std::string> kDirectionFields = {
#define DIRECTION_FIELD(type, name, ...) NAME(name)
#include "pktgen/measure/figure_list.h"
};
const std::vector<std::string> kLatencyFields = {
#define LATENCY_FIELD(type, name, ...) NAME(name)
#include "pktgen/measure/figure_list.h"
};
const std::vector<std::string> kIntervalFields = {
#define INTERVAL_FIELD(type, name, ...) NAME(name)
#include "pktgen/measure/figure_list.h"
};
const std::vector<std::string> kRunFields = {
#define RUN_FIELD(type, name, ...) NAME(name)
#include "pktgen/measure/figure_list.h"
};
const std::vector<std::string> kSummaryFields = {
#define SUMMARY_FIELD(type, name, ...) NAME(name)
#include "pktgen/measure/figure_list.h"
};
#undef NAME

std::vector<std::string> names_of(const nlohmann::ordered_json& object) {
  std::vector<std::string> names;
  for (nlohmann::ordered_json::const_iterator each = object.begin(); each != object.end(); ++each)
    names.push_back(each.key());
  return names;
}

TEST(FigureList, TheRecordHasItsLinesInTheirOrder) {
  const nlohmann::ordered_json record =
      nlohmann::ordered_json::parse(*record_to_json(test::passed_record()));
  const nlohmann::ordered_json& run = record["runs"][0];
  EXPECT_EQ(names_of(run), kRunFields);
  EXPECT_EQ(names_of(run["workers"][0]), kWorkerFields);
  EXPECT_EQ(names_of(run["tx"]), kDirectionFields);
  EXPECT_EQ(names_of(run["latency_ns"]), kLatencyFields);
  EXPECT_EQ(names_of(run["intervals"][0]), kIntervalFields);
  EXPECT_EQ(names_of(record["summary"]), kSummaryFields);
}

TEST(FigureList, TheSchemaDescribesEachLine) {
  const json schema = json::parse(record_schema());
  const auto described = [&](const std::string& object, const std::vector<std::string>& fields) {
    const json& properties = schema["definitions"][object]["properties"];
    EXPECT_EQ(properties.size(), fields.size()) << object;
    for (const std::string& field : fields)
      EXPECT_TRUE(properties.contains(field) && !properties[field]["description"].empty())
          << object << "/" << field;
  };
  described("run", kRunFields);
  described("worker", kWorkerFields);
  described("direction", kDirectionFields);
  described("latency", kLatencyFields);
  described("interval", kIntervalFields);
}

TEST(FigureList, CsvHasAColumnForEachLineOfAnInterval) {
  const std::string text = *csv_report.text(test::passed_record());
  std::istringstream head(text.substr(0, text.find('\n')));
  std::vector<std::string> columns;
  for (std::string column; std::getline(head, column, ',');)
    columns.push_back(column);
  ASSERT_EQ(columns.size(), 1 + kIntervalFields.size());
  EXPECT_EQ(std::vector<std::string>(columns.begin() + 1, columns.end()), kIntervalFields);
}

TEST(FigureList, ReportsHaveTheFiguresOfEachStream) {
  Record record = test::passed_record();
  record.runs[0].streams = test::two_streams();
  record.runs.push_back(record.runs[0]);
  const std::string metrics = *openmetrics_report.text(record);
  for (const char* line : {"nmgen_stream_sent_frames_total{stream=\"voice\"} 19523808\n",
                           "nmgen_stream_received_frames_total{stream=\"voice\"} 19523778\n",
                           "nmgen_stream_lost_frames_total{stream=\"voice\"} 44\n",
                           "nmgen_stream_reordered_frames_total{stream=\"voice\"} 10\n",
                           "nmgen_stream_duplicate_frames_total{stream=\"voice\"} 14\n",
                           "nmgen_stream_received_frames_total{stream=\"bulk\"} 40000000\n"})
    EXPECT_THAT(metrics, HasSubstr(line));
  const std::string markdown = *markdown_report.text(record);
  EXPECT_THAT(markdown,
              ContainsRegex("voice +\\| +2 \\| +9,761,904 \\| +9,761,889 \\| +22 \\| +2.254 "
                            "\\| +5 \\| +7 \\| +18.3us \\| +45.8us"));
  const std::string html = *html_report.text(record);
  EXPECT_THAT(html, HasSubstr("<h2>Streams</h2>"));
  EXPECT_THAT(html, HasSubstr("<td>9,761,889</td><td>22</td><td>2.254</td><td>5</td><td>7</td>"));
  const json stream = json::parse(*record_to_json(record))["runs"][1]["streams"][0];
  EXPECT_EQ(stream["loss"]["frames"], 22);
  EXPECT_EQ(stream["latency_ns"]["p99"], 45792);
}

// The value of each counter of each worker, at its name, in the reports that show all of them.
TEST(FigureList, ReportsHaveEachCounterOfAWorker) {
  Record record = test::passed_record();
  uint64_t next = 1001;
  for (WorkerRecord& worker : record.runs[0].workers) {
#define WORKER_COUNTER(name, ...) worker.name = next++;
#include "pktgen/measure/figure_list.h"
  }
  const std::string metrics = *openmetrics_report.text(record);
  const std::string html = *html_report.text(record);
  const std::string markdown = *markdown_report.text(record);
  uint64_t value = 1001;
  for (const std::string& name : kWorkerCounters) {
    const uint64_t sent = value++, received = sent + kWorkerCounters.size();
    EXPECT_THAT(metrics, HasSubstr(fmt::format("nmgen_worker_{}_total{{worker=\"tx0\",role="
                                               "\"sender\",port=\"sim:left\"}} {}\n",
                                               name, sent)));
    EXPECT_THAT(html, HasSubstr(fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>", name,
                                            grouped(sent), grouped(received))));
    EXPECT_THAT(markdown, ContainsRegex(fmt::format("\n\\| {} +\\| +{} \\| +{} \\|\n", name,
                                                    grouped(sent), grouped(received))));
  }
}

// Every counter has a value of its own, from the memory that watchers map to their sample of it.
TEST(FigureList, WatchersSeeEachCounter) {
  std::shared_ptr<LiveSegment> segment = LiveSegment::create({1, 1, 0, 0}, "/nowhere");
  uint64_t next = 1;
#define WORKER_COUNTER(name, ...) segment->worker(0).counters.name.add(next++);
#define HIDDEN_COUNTER(name, ...) segment->worker(0).counters.name.add(next++);
#define SAMPLED_COUNTER(name, ...) segment->worker(0).sampled.name.set(next++);
#define PORT_COUNTER(name, ...) segment->port(0).counters.name.set(next++);
#include "pktgen/measure/figure_list.h"
  std::optional<LiveSample> sample = take_sample(*segment);
  ASSERT_TRUE(sample);
  std::multiset<uint64_t> seen;
#define WORKER_COUNTER(name, ...) seen.insert(sample->workers[0].counters.name);
#define HIDDEN_COUNTER(name, ...) seen.insert(sample->workers[0].counters.name);
#define SAMPLED_COUNTER(name, ...) seen.insert(sample->workers[0].name);
#define PORT_COUNTER(name, ...) seen.insert(sample->ports[0].name);
#include "pktgen/measure/figure_list.h"
  EXPECT_EQ(seen.size(), next - 1);
  for (uint64_t value = 1; value < next; value++)
    EXPECT_EQ(seen.count(value), 1U) << value;
}

// Two runs of one worker: what it counted adds up, and nothing else of the record gets lost.
TEST(FigureList, OverRunsEachCounterAddsUp) {
  WorkerRecord sum = test::passed_record().runs[0].workers[0];
  const WorkerRecord one = sum;
  add_worker(sum, one);
#define WORKER_COUNTER(name, ...) EXPECT_EQ(sum.name, 2 * one.name) << #name;
#include "pktgen/measure/figure_list.h"
  EXPECT_EQ(sum.name, one.name);
  EXPECT_EQ(sum.core_hz, one.core_hz);
  EXPECT_EQ(sum.off_core_ms, 2 * one.off_core_ms);
  EXPECT_EQ(sum.longest_gap_us, one.longest_gap_us);
}

TEST(FigureList, ACounterStartsAnewWithAPhase) {
  WorkerCounters counters;
#define WORKER_COUNTER(name, ...) counters.name.add(7);
#define HIDDEN_COUNTER(name, ...) counters.name.add(7);
#include "pktgen/measure/figure_list.h"
  const CounterValues before = CounterValues::read(counters);
  CounterValues twice = before;
  twice += before;
  counters.clear();
  const CounterValues after = CounterValues::read(counters);
#define WORKER_COUNTER(name, ...)      \
  EXPECT_EQ(before.name, 7U) << #name; \
  EXPECT_EQ(twice.name, 14U) << #name; \
  EXPECT_EQ(after.name, 0U) << #name;
#define HIDDEN_COUNTER WORKER_COUNTER
#include "pktgen/measure/figure_list.h"
}

}  // namespace
}  // namespace nmgen
