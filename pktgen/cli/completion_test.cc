// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace nmgen {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(CompletionTest, WordsAreCommandsAndLongOptions) {
  std::string text;
  unsigned number = 0;
  bool quiet = false;
  const Command program = {.name = "prog",
                           .commands = {{.name = "run",
                                         .options = {{"FILE", &text},
                                                     {"--set", &text},
                                                     {"-r,--rings", &number},
                                                     {"--quiet", &quiet}}},
                                        {.name = "vale", .commands = {{.name = "list"}}},
                                        {.name = "secret", .is_hidden = true}}};
  const std::string script = bash_completion(program);
  EXPECT_THAT(script,
              HasSubstr("\"\") COMPREPLY=($(compgen -W \"run vale --help\" -- \"$word\"))"));
  EXPECT_THAT(
      script,
      HasSubstr("run) COMPREPLY=($(compgen -f -W \"--set --rings --quiet --help\" -- \"$word\"))"));
  EXPECT_THAT(script, HasSubstr("vale) COMPREPLY=($(compgen -W \"list"));
  EXPECT_THAT(script, Not(HasSubstr("secret")));
  EXPECT_THAT(script, HasSubstr("complete -o filenames -F _prog prog\n"));
}

}  // namespace
}  // namespace nmgen
