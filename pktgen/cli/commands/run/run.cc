// SPDX-License-Identifier: BSD-2-Clause
// nmgen run FILE
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "pktgen/cli/command.h"
#include "pktgen/cli/commands/report_help.h"
#include "pktgen/cli/exit_code.h"
#include "pktgen/cli/stop_signal.h"
#include "pktgen/scenario/parse.h"
#include "pktgen/worker/engine.h"
#include "reporters/console/console.h"
#include "reporters/live/live.h"
#include "reporters/openmetrics/metrics_server.h"
#include "reporters/report_request.h"

namespace nmgen {
namespace {

struct RunOptions {
  std::string file;
  std::vector<std::string> overrides;
  std::vector<std::string> reports;
  std::vector<std::string> durations;  // the last one counts
  std::vector<std::string> nices;      // the same
  std::string out, metrics_listen;
  bool quiet = false, live = false, force = false;

  std::vector<Option> table() {
    return {{"FILE", &file},
            {"--set", &overrides},
            {"--duration", &durations},
            {"--nice", &nices},
            {"--out", &out},
            {"--report", &reports},
            {"--force", &force},
            {"--metrics-listen", &metrics_listen},
            {"--live", &live},
            {"-q,--quiet", &quiet}};
  }
};

// What --report, --out and --quiet ask for together; without --report there is the console.
Result<std::vector<ReportRequest>> reports_of(const RunOptions& options,
                                              const std::string& scenario_name) {
  std::vector<std::string> lists = options.reports;
  if (lists.empty() && !options.quiet)
    lists.emplace_back("console");
  Result<std::vector<ReportRequest>> requests = parse_reports(lists, scenario_name);
  if (!requests)
    return requests;
  if (!options.out.empty()) {
    for (const ReportRequest& request : *requests)
      if (request.report == &json_report || request.path == options.out)
        return fail(
            fmt::format("cannot take --out \"{:.60}\"", options.out),
            fmt::format("--report has {} in {} already", request.report->name, request.path),
            "name the record's file once");
    requests->push_back({&json_report, options.out});
  }
  if (Result<void> writable =
          check_reports(*requests, {.inputs = {options.file}, .force = options.force});
      !writable)
    return tl::unexpected<Error>(writable.error());
  return requests;
}

bool has_console(const std::vector<ReportRequest>& requests) {
  return std::any_of(requests.begin(), requests.end(), [](const ReportRequest& request) {
    return request.report == &console_report;
  });
}

int run(const RunOptions& options) {
  if (options.file.empty())
    return complain(
        "no scenario is given; name its file, for example nmgen run scenarios/64b-10g.json");
  std::vector<std::string> overrides = options.overrides;
  if (!options.durations.empty())
    overrides.push_back("duration_s=" + options.durations.back());
  if (!options.nices.empty())
    overrides.push_back("nice=" + options.nices.back());
  Result<Scenario> scenario = load_scenario(options.file, overrides);
  if (!scenario)
    return complain(scenario.error());
  Result<std::vector<ReportRequest>> reports = reports_of(options, scenario->name);
  if (!reports)
    return complain(reports.error());

  // A report alone on standard output can be piped into another program.
  const bool piped = std::any_of(reports->begin(), reports->end(),
                                 [](const ReportRequest& request) { return request.path == "-"; });
  FILE* screen = piped ? stderr : stdout;
  ConsoleOptions shown = console_options(screen);
  shown.receives = !scenario->receivers.empty();
  shown.duration_s = scenario->duration_s;
  shown.repeat = scenario->repeat;
  Console console(screen, shown);
  ObserverList observers;
  const bool talks = has_console(*reports) && !options.quiet;
  if (talks && !options.live)
    observers.add(&console);
  std::unique_ptr<MetricsServer> metrics;
  if (!options.metrics_listen.empty()) {
    Result<std::unique_ptr<MetricsServer>> server = MetricsServer::listen(options.metrics_listen);
    if (!server)
      return complain(server.error());
    metrics = std::move(*server);
    observers.add(metrics.get());
    fmt::print(screen, "metrics: {}\n", metrics->url());
    std::fflush(screen);
  }

  const std::atomic<bool>& stop = catch_stop_signals();
  std::unique_ptr<LiveView> live;
  if (options.live) {
    Result<std::unique_ptr<Terminal>> terminal = Terminal::open();
    if (!terminal)
      return complain(terminal.error());
    catch_lost_terminal(&Terminal::restore_now);
    live = std::make_unique<LiveView>(std::move(*terminal), &ask_to_stop);
    observers.add(live.get());
  }

  Result<Record> record = run_scenario(*scenario, &observers, stop);
  // The terminal is the user's again before a word is printed.
  live.reset();
  if (!record) {
    if (talks && !options.live)
      console.abandon();
    return complain(record.error());
  }
  // Before the summary: whatever becomes of the screen, the record is safe.
  const Result<void> written = write_reports(*reports, *record);
  if (talks)
    console.finish(*record);
  else
    fmt::print(screen, "{}", verdict_text(*record, Paint(shown.colour)));
  std::fflush(screen);
  return written ? exit_code(record->verdict) : complain(written.error());
}

}  // namespace

Command run_command() {
  Command command = make_command(run);
  command.lists = {report_help()};
  return command;
}

}  // namespace nmgen
