// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/markup.h"

#include <gtest/gtest.h>

namespace nmgen {
namespace {

TEST(Markup, WhatIsMarkupIsEscaped) {
  EXPECT_EQ(escape_markup("<a href=\"x\">&'</a>"),
            "&lt;a href=&quot;x&quot;&gt;&amp;&#39;&lt;/a&gt;");
}

TEST(Markup, TextOfAnyLanguageStays) {
  const std::string text = "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82 tab\tline\n";
  EXPECT_EQ(escape_markup(text), text);
}

TEST(Markup, WhatXmlForbidsIsReplaced) {
  const std::string sign = "\xef\xbf\xbd";
  EXPECT_EQ(escape_markup(std::string_view("\0\x1b", 2)), sign + sign);
  EXPECT_EQ(escape_markup("\xff"), sign);
  EXPECT_EQ(escape_markup("\xe2\x82"), sign + sign);                // cut short
  EXPECT_EQ(escape_markup("\xc0\xaf"), sign + sign);                // longer than need be
  EXPECT_EQ(escape_markup("\xe0\x80\xaf"), sign + sign + sign);     // the same
  EXPECT_EQ(escape_markup("\xed\xa0\x80"), sign + sign + sign);     // a surrogate
  EXPECT_EQ(escape_markup("\xef\xbf\xbe"), sign + sign + sign);     // U+FFFE
  EXPECT_EQ(escape_markup("\xf4\x90\x80\x80").substr(0, 3), sign);  // above U+10FFFF
}

}  // namespace
}  // namespace nmgen
