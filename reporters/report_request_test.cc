// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/report_request.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "reporters/testing/records.h"

namespace nmgen {
namespace {

using testing::HasSubstr;

std::string refused(const std::vector<std::string>& lists) {
  Result<std::vector<ReportRequest>> requests = parse_reports(lists, "s");
  return requests ? "" : requests.error().sentence();
}

TEST(ReportRequest, NamesAndFiles) {
  Result<std::vector<ReportRequest>> requests =
      parse_reports({"console,json=r.json,csv", "openmetrics,html=-", "junit=a=b.xml"}, "64b-10g");
  ASSERT_TRUE(requests);
  ASSERT_EQ(requests->size(), 6U);
  const std::vector<std::pair<const Report*, std::string>> expected = {
      {&console_report, ""},        {&json_report, "r.json"},
      {&csv_report, "64b-10g.csv"}, {&openmetrics_report, "64b-10g.prom"},
      {&html_report, "-"},          {&junit_report, "a=b.xml"}};
  for (size_t i = 0; i < expected.size(); i++) {
    EXPECT_EQ((*requests)[i].report, expected[i].first) << i;
    EXPECT_EQ((*requests)[i].path, expected[i].second) << i;
  }
}

TEST(ReportRequest, RefusalsAreSentences) {
  EXPECT_THAT(refused({"yaml"}), HasSubstr("there is no such report; use console"));
  EXPECT_THAT(refused({""}), HasSubstr("there is no such report"));
  EXPECT_THAT(refused({"csv,"}), HasSubstr("there is no such report"));
  EXPECT_THAT(refused({"csv="}), HasSubstr("no file is named"));
  EXPECT_THAT(refused({"console=x"}), HasSubstr("the console has no file"));
  EXPECT_THAT(refused({"csv,csv=b"}), HasSubstr("named twice"));
  EXPECT_THAT(refused({"csv=-", "html=-"}), HasSubstr("to the same file"));
  EXPECT_THAT(refused({std::string(5000, 'x')}), testing::SizeIs(testing::Lt(400)));
}

TEST(ReportRequest, WritesEachAndTellsTheFirstError) {
  const std::string directory = testing::TempDir();
  const std::vector<ReportRequest> requests = {
      {&csv_report, directory + "/none/x.csv"},
      {&html_report, directory + "/report_request_test.html"}};
  EXPECT_FALSE(check_reports(requests));
  const Record record = test::passed_record();
  Result<void> written = write_reports(requests, record);
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().sentence(), HasSubstr("no such directory"));
  std::ifstream file(requests[1].path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), *html_report.text(record));
}

}  // namespace
}  // namespace nmgen
