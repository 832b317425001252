// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/commands/ci/revision.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "pktgen/compare/sampler.h"

namespace nmgen {
namespace {

namespace fs = std::filesystem;

// The first line of what a command prints; empty where it fails.
Result<std::string> line_of(const std::vector<std::string>& command) {
  std::error_code error;
  const std::string file =
      (fs::temp_directory_path(error) / fmt::format("nmgen-line-{}", getpid())).string();
  Result<int> code = run_program(command, file, "");
  std::string line;
  std::getline(std::ifstream(file) >> std::ws, line);
  fs::remove(file, error);
  if (!code)
    return tl::unexpected<Error>(code.error());
  return *code == 0 ? line : "";
}

}  // namespace

Result<std::string> program_of(const std::string& text) {
  const std::string what = "cannot compare with " + text;
  std::error_code error;
  if (fs::is_regular_file(text, error)) {
    if (access(text.c_str(), X_OK) != 0)
      return fail(what, "the file is not a program", "give the path of an nmgen program");
    return fs::absolute(text).string();
  }
  Result<std::string> root = line_of({"git", "rev-parse", "--show-toplevel"});
  Result<std::string> commit =
      line_of({"git", "rev-parse", "--verify", "--quiet", "--end-of-options", text + "^{commit}"});
  if (!root || !commit || root->empty() || commit->empty())
    return fail(what, "it is neither a program nor a git revision of this checkout",
                "give the path of an nmgen program, or for example HEAD~1");
  const std::string directory = *root + "/build/against/" + *commit;
  const std::string program = directory + "/build/release/bin/nmgen";
  const std::string log = directory + ".log";
  // ccache, which the build uses, keeps the objects only: cloning, configuring and linking again
  // would take some seconds each time.
  if (fs::exists(program, error))
    return program;
  fs::remove_all(directory, error);
  fs::create_directories(*root + "/build/against", error);
  fmt::print(stderr, "building {:.12} for the comparison; {}\n", *commit, log);
  // A clone of its own, so that the program says the right commit.
  const std::vector<std::vector<std::string>> steps = {
      {"git", "clone", "--quiet", "--shared", "--no-checkout", *root, directory},
      {"git", "-C", directory, "checkout", "--quiet", "--detach", *commit},
      {"cmake", "-S", directory, "--preset", "release", "-DNMGEN_BENCH=OFF"},
      {"cmake", "--build", directory + "/build/release", "--target", "nmgen"},
  };
  for (const std::vector<std::string>& step : steps) {
    // cmake resolves presets in the source directory, whatever the working directory is.
    Result<int> code = run_program(step, log, log + ".errors");
    if (!code)
      return tl::unexpected<Error>(code.error());
    if (*code != 0)
      return fail(what, fmt::format("{} failed with exit code {}", step[0], *code),
                  fmt::format("see {} and {}.errors", log, log));
  }
  return program;
}

}  // namespace nmgen
