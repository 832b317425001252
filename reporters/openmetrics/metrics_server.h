// SPDX-License-Identifier: BSD-2-Clause
// OpenMetrics over HTTP while a run is under way, on a loopback address only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "pktgen/error.h"
#include "pktgen/measure/observer.h"

namespace nmgen {

// Answers GET and HEAD of /metrics with the text that was published last, by a thread of its own
// that sleeps between requests (libmicrohttpd). 503 before the first text.
class MetricsServer final : public RunObserver {
 public:
  // `address`: 127.0.0.1:PORT, [::1]:PORT or localhost:PORT; port 0: any that is free. Errors: an
  // address of another form or that is not this machine's own, a port that is taken.
  static Result<std::unique_ptr<MetricsServer>> listen(const std::string& address);
  ~MetricsServer() override;

  // Where to ask: "http://127.0.0.1:9100/metrics".
  const std::string& url() const;

  void publish(const std::string& text);

  void on_start(const Record& record, unsigned index) override;
  void on_interval(const Record& record, const RunRecord& run) override;

 private:
  struct Server;
  explicit MetricsServer(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

}  // namespace nmgen
