// SPDX-License-Identifier: BSD-2-Clause
#include <gmock/gmock.h>

#include "reporters/report.h"
#include "reporters/testing/records.h"

namespace nmgen {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Html, SaysWhatTheRecordSays) {
  const std::string text = *html_report.text(test::passed_record());
  EXPECT_THAT(text, HasSubstr("<h1>64b-10g <span class=\"verdict pass\">pass</span></h1>"));
  EXPECT_THAT(text, HasSubstr("simulated 82599, 10 Gbit/s: a result of the model, not of a NIC"));
  EXPECT_THAT(text, HasSubstr("<td>29,761,904</td><td>14.881M</td><td>10.000</td>"));
  EXPECT_THAT(text, HasSubstr("Latency histogram"));
  EXPECT_THAT(text, HasSubstr("<td>tx0</td>"));
  EXPECT_THAT(text, HasSubstr("Example CPU @ 2.60GHz"));
  EXPECT_THAT(text, HasSubstr("{\n  &quot;schema&quot;: &quot;nmgen-scenario/1&quot;\n}"));
}

TEST(Html, NeedsNoNetworkAndNoScript) {
  const std::string text = *html_report.text(test::passed_record());
  for (const char* word : {"http:", "https:", "<script", "@import", "url(", "<link", "<img"})
    EXPECT_THAT(text, Not(HasSubstr(word)));
}

TEST(Html, AnIntervalIsAStepAndGapsAreInMs) {
  const std::string text = *html_report.text(test::passed_record());
  // Two intervals of 14.88 of 15 Mpps: each from its start to its end.
  EXPECT_THAT(text, HasSubstr("d=\"M70.0 45.4L389.0 45.4L389.0 45.4L708.0 45.4\""));
  EXPECT_THAT(text, HasSubstr("<th>off core, ms</th><th>longest gap, ms</th>"));
  EXPECT_THAT(text, HasSubstr("<td>0.750</td><td>0.411</td>"));
  EXPECT_THAT(text, HasSubstr("<td>18.3 us</td>"));
}

TEST(Html, ATextThatIsNoJsonIsShownAsItIs) {
  Record record = test::passed_record();
  record.scenario_text = "{ not json";
  EXPECT_THAT(*html_report.text(record), HasSubstr("<pre>{ not json</pre>"));
}

TEST(Html, WithoutLatencyItSaysSo) {
  const std::string text = *html_report.text(test::invalid_record());
  EXPECT_THAT(text, HasSubstr("verdict invalid"));
  EXPECT_THAT(text, HasSubstr("Not measured: the frames have no probes."));
  EXPECT_THAT(text, Not(HasSubstr("Share of line rate")));
}

TEST(Html, AnEmptyRecordHasAPageToo) {
  EXPECT_THAT(*html_report.text(Record{}), HasSubstr("nothing was measured"));
}

TEST(Html, StrangeTextIsNoMarkup) {
  Record record = test::passed_record();
  record.fingerprint.kernel = "</td><script>alert(1)</script>";
  EXPECT_THAT(*html_report.text(record), Not(HasSubstr("<script")));
}

}  // namespace
}  // namespace nmgen
