// SPDX-License-Identifier: BSD-2-Clause
#include <gmock/gmock.h>

#include "reporters/report.h"
#include "reporters/testing/records.h"

namespace nmgen {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Junit, APassIsOneTestCase) {
  const std::string text = *junit_report.text(test::passed_record());
  EXPECT_THAT(text, HasSubstr("tests=\"1\" failures=\"0\" errors=\"0\" time=\"2.000\""));
  EXPECT_THAT(text, HasSubstr("<testcase classname=\"nmgen\" name=\"64b-10g\" time=\"2.000\">"));
  EXPECT_THAT(text, HasSubstr("timestamp=\"2026-01-02T03:04:05\""));
  EXPECT_THAT(text, HasSubstr("a result of the model, not of a NIC"));
  EXPECT_THAT(text, Not(HasSubstr("<failure")));
  EXPECT_THAT(text, Not(HasSubstr("<error")));
}

TEST(Junit, InvalidIsAnErrorAndFailAFailure) {
  Record record = test::invalid_record();
  std::string text = *junit_report.text(record);
  EXPECT_THAT(text, HasSubstr("failures=\"0\" errors=\"1\""));
  EXPECT_THAT(text, HasSubstr("<error type=\"invalid\" message=\"Run 1: netmap:eth0 sent too "
                              "little.\">Run 1: netmap:eth0 sent too little.\n"
                              "Run 2: The run was interrupted.\n</error>"));
  record.verdict = Verdict::kFail;
  record.verdict_reasons = {"1 < 2 & \"lost\"."};
  text = *junit_report.text(record);
  EXPECT_THAT(text, HasSubstr("failures=\"1\" errors=\"0\""));
  EXPECT_THAT(text, HasSubstr("message=\"1 &lt; 2 &amp; &quot;lost&quot;.\""));
}

}  // namespace
}  // namespace nmgen
