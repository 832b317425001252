// SPDX-License-Identifier: BSD-2-Clause
// nmgen run FILE
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "pktgen/cli/command.h"
#include "pktgen/cli/stop_signal.h"
#include "pktgen/scenario/parse.h"
#include "pktgen/worker/engine.h"
#include "reporters/console.h"
#include "reporters/record_file.h"

namespace nmgen {
namespace {

struct RunOptions {
  std::string file;
  std::vector<std::string> overrides;
  std::string duration, out;
  bool quiet = false;
};

// --duration as an override, so that its bounds are the schema's.
Result<std::string> duration_override(const std::string& text) {
  double seconds = 0;
  const char* end = text.data() + text.size();
  std::from_chars_result result = std::from_chars(text.data(), end, seconds);
  if (result.ec != std::errc() || result.ptr != end || !std::isfinite(seconds) || text.empty())
    return fail(fmt::format("cannot take --duration \"{:.40}\"", text),
                "it is not a number of seconds", "use, for example, --duration 10");
  return "duration_s=" + text;
}

int exit_code(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return kExitPass;
    case Verdict::kFail:
      return kExitFail;
    case Verdict::kInvalid:
      break;
  }
  return kExitInvalid;
}

int run(const RunOptions& options) {
  if (options.file.empty())
    return complain(
        "no scenario is given; name its file, for example nmgen run scenarios/64b-10g.json");
  std::vector<std::string> overrides = options.overrides;
  if (!options.duration.empty()) {
    Result<std::string> duration = duration_override(options.duration);
    if (!duration)
      return complain(duration.error());
    overrides.push_back(*duration);
  }
  Result<Scenario> scenario = load_scenario(options.file, overrides);
  if (!scenario)
    return complain(scenario.error());
  if (!options.out.empty()) {
    Result<void> writable = check_writable(options.out);
    if (!writable)
      return complain(writable.error());
  }

  // The record alone on standard output can be piped into another program.
  FILE* screen = options.out == "-" ? stderr : stdout;
  ConsoleOptions shown = console_options(screen);
  shown.receives = !scenario->receivers.empty();
  shown.duration_s = scenario->duration_s;
  shown.repeat = scenario->repeat;
  Console console(screen, shown);

  Result<Record> record =
      run_scenario(*scenario, options.quiet ? nullptr : &console, catch_stop_signals());
  if (!record) {
    if (!options.quiet)
      console.abandon();
    return complain(record.error());
  }
  // Before the summary: whatever becomes of the screen, the record is safe.
  Result<void> written;
  if (!options.out.empty())
    written = write_record(*record, options.out);
  if (options.quiet)
    fmt::print(screen, "{}", verdict_text(*record, Paint(shown.colour)));
  else
    console.finish(*record);
  std::fflush(screen);
  return written ? exit_code(record->verdict) : complain(written.error());
}

}  // namespace

void add_run_command(CLI::App& app, Action* action) {
  CLI::App* command = app.add_subcommand("run", "Run a scenario: send, receive, judge");
  std::shared_ptr<RunOptions> options = std::make_shared<RunOptions>();
  command->add_option("FILE", options->file, "The scenario")->type_name("");
  command
      ->add_option("--set", options->overrides,
                   "Change a value of the scenario, e.g. senders.0.rate.pps=1000000; as often as "
                   "you like")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  command->add_option("--duration", options->duration, "Seconds to measure, after the warm-up")
      ->type_name("SECONDS");
  command
      ->add_option("--out", options->out,
                   "Write the record (JSON) there; '-': to standard output, and the rest to "
                   "standard error")
      ->type_name("FILE");
  command->add_flag("-q,--quiet", options->quiet, "Say the verdict and its reasons only");
  command->footer(
      "\nExample:\n"
      "  nmgen run scenarios/64b-10g.json --duration 30 --out result.json\n"
      "\nCtrl-C ends the run in order, with its record; a second one ends it at once.\n"
      "Exit codes: 0 pass, 1 fail, 2 bad use or bad input, 3 invalid run.");
  command->callback([options, action] { *action = [options] { return run(*options); }; });
}

}  // namespace nmgen
