// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/openmetrics/metrics_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "reporters/testing/records.h"

namespace nmgen {
namespace {

using testing::HasSubstr;
using testing::Not;

// The whole answer to a request, over a connection of its own.
std::string asked(const MetricsServer& server, const std::string& request) {
  const std::string& url = server.url();
  const size_t colon = url.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(url.c_str() + colon + 1)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
      write(fd, request.data(), request.size()) == static_cast<ssize_t>(request.size())) {
    char piece[4096];
    for (ssize_t count = read(fd, piece, sizeof(piece)); count > 0;
         count = read(fd, piece, sizeof(piece)))
      answer.append(piece, static_cast<size_t>(count));
  }
  close(fd);
  return answer;
}

std::string request(const std::string& method, const std::string& path) {
  return method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
}

std::unique_ptr<MetricsServer> started() {
  Result<std::unique_ptr<MetricsServer>> server = MetricsServer::listen("127.0.0.1:0");
  EXPECT_TRUE(server) << server.error().sentence();
  return server ? std::move(*server) : nullptr;
}

TEST(MetricsServer, AnswersWithTheNewestText) {
  std::unique_ptr<MetricsServer> server = started();
  ASSERT_NE(server, nullptr);
  EXPECT_THAT(asked(*server, request("GET", "/metrics")), HasSubstr(" 503 "));
  const Record record = test::passed_record();
  server->on_start(record, 0);
  EXPECT_THAT(asked(*server, request("GET", "/metrics")), HasSubstr("nmgen_running 1\n"));
  server->on_interval(record, record.runs[0]);
  const std::string answer = asked(*server, request("GET", "/metrics"));
  EXPECT_THAT(answer, HasSubstr(" 200 "));
  EXPECT_THAT(answer, HasSubstr("application/openmetrics-text; version=1.0.0; charset=utf-8"));
  EXPECT_THAT(answer, HasSubstr("nmgen_frames_total{direction=\"tx\"} 59523808\n"));
  EXPECT_TRUE(answer.ends_with("# EOF\n"));
  EXPECT_THAT(asked(*server, request("HEAD", "/metrics")), Not(HasSubstr("# EOF")));
}

TEST(MetricsServer, OtherRequestsAreRefused) {
  std::unique_ptr<MetricsServer> server = started();
  ASSERT_NE(server, nullptr);
  server->publish("x");
  EXPECT_THAT(asked(*server, request("GET", "/")), HasSubstr(" 404 "));
  EXPECT_THAT(asked(*server, request("GET", "/metrics/../etc/passwd")), HasSubstr(" 404 "));
  EXPECT_THAT(asked(*server, request("DELETE", "/metrics")), HasSubstr(" 405 "));
  EXPECT_THAT(asked(*server, "nonsense\r\n\r\n"), Not(HasSubstr(" 200 ")));
}

TEST(MetricsServer, OnlyLoopback) {
  for (const char* address : {"0.0.0.0:9464", "192.0.2.1:9464", "[::]:9464", "example.org:9464"}) {
    Result<std::unique_ptr<MetricsServer>> server = MetricsServer::listen(address);
    ASSERT_FALSE(server) << address;
    EXPECT_THAT(server.error().sentence(), HasSubstr("127.0.0.1")) << address;
  }
}

TEST(MetricsServer, BadAddressesAndTakenPorts) {
  for (const char* address :
       {"", "9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:1x"})
    EXPECT_FALSE(MetricsServer::listen(address)) << address;
  std::unique_ptr<MetricsServer> server = started();
  ASSERT_NE(server, nullptr);
  const std::string& url = server->url();
  const size_t begin = url.find("127");
  Result<std::unique_ptr<MetricsServer>> second =
      MetricsServer::listen(url.substr(begin, url.rfind('/') - begin));
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().sentence(), HasSubstr("Address already in use; take another port"));
}

}  // namespace
}  // namespace nmgen
