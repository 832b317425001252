// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/openmetrics/metrics_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <mutex>
#include <string_view>
#include <utility>

#include "reporters/openmetrics/openmetrics.h"

namespace nmgen {
namespace {

constexpr const char* kRemedy = "use, for example, --metrics-listen 127.0.0.1:9464";
constexpr const char* kContentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";
constexpr unsigned kMaxConnections = 16;
constexpr unsigned kIdleSeconds = 10;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  std::string host;  // as in a URL
};

Result<Address> parse_address(const std::string& text) {
  const std::string what = fmt::format("cannot listen on \"{:.60}\"", text);
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos)
    return fail(what, "it is not ADDRESS:PORT", kRemedy);
  const std::string_view digits = std::string_view(text).substr(colon + 1);
  uint16_t port = 0;
  const std::from_chars_result parsed =
      std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size())
    return fail(what, "its port is not a number from 0 to 65535", kRemedy);
  Address address;
  address.host = text.substr(0, colon);
  if (address.host == "[::1]") {
    sockaddr_in6 in6{};
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    in6.sin6_addr = in6addr_loopback;
    std::memcpy(&address.storage, &in6, sizeof(in6));
    address.size = sizeof(in6);
    return address;
  }
  sockaddr_in in4{};
  in4.sin_family = AF_INET;
  in4.sin_port = htons(port);
  const std::string dotted = address.host == "localhost" ? "127.0.0.1" : address.host;
  if (inet_pton(AF_INET, dotted.c_str(), &in4.sin_addr) != 1)
    return fail(what, "its address is none of 127.0.0.1, [::1] and localhost", kRemedy);
  if (ntohl(in4.sin_addr.s_addr) >> 24 != IN_LOOPBACKNET)
    return fail(what, "only this machine may ask, as there is neither a password nor encryption",
                "listen on 127.0.0.1 and put a proxy before it");
  std::memcpy(&address.storage, &in4, sizeof(in4));
  address.size = sizeof(in4);
  return address;
}

// Bound and listening. Return: a descriptor, or an errno below 0.
int open_socket(const Address& address) {
  const int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -errno;
  const int on = 1;
  // Without it a second run would wait for the connections of the first to be forgotten.
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 ||
      ::listen(fd, kMaxConnections) != 0) {
    const int error = errno;
    close(fd);
    return -error;
  }
  return fd;
}

uint16_t port_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0)
    return 0;
  // The port is at the same place for both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

MHD_Result answer(MHD_Connection* connection, unsigned status, const char* type, const char* allow,
                  const std::string& text) {
  MHD_Response* response = MHD_create_response_from_buffer(
      text.size(), const_cast<char*>(text.data()), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr)
    return MHD_NO;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
  if (allow != nullptr)
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow);
  const MHD_Result result = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return result;
}

}  // namespace

struct MetricsServer::Server {
  MHD_Daemon* daemon = nullptr;
  std::string url;
  std::mutex mutex;
  std::string text;  // under mutex

  ~Server() {
    if (daemon != nullptr)
      MHD_stop_daemon(daemon);  // closes the socket too
  }

  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* path,
                               const char* method, const char*, const char*, size_t*, void**) {
    const std::string_view verb = method;
    if (verb != MHD_HTTP_METHOD_GET && verb != MHD_HTTP_METHOD_HEAD)
      return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain", "GET, HEAD",
                    "GET and HEAD only\n");
    if (std::string_view(path) != "/metrics")
      return answer(connection, MHD_HTTP_NOT_FOUND, "text/plain", nullptr, "see /metrics\n");
    Server* server = static_cast<Server*>(self);
    const std::lock_guard<std::mutex> lock(server->mutex);
    if (server->text.empty())
      return answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "text/plain", nullptr,
                    "the run has not begun\n");
    return answer(connection, MHD_HTTP_OK, kContentType, nullptr, server->text);
  }
};

MetricsServer::MetricsServer(std::unique_ptr<Server> server) : server_(std::move(server)) {}
MetricsServer::~MetricsServer() = default;

Result<std::unique_ptr<MetricsServer>> MetricsServer::listen(const std::string& address) {
  Result<Address> parsed = parse_address(address);
  if (!parsed)
    return tl::unexpected<Error>(parsed.error());
  const int fd = open_socket(*parsed);
  if (fd < 0)
    return fail_errno("cannot listen on " + address, -fd, "take another port, or port 0 for any");
  std::unique_ptr<Server> server = std::make_unique<Server>();
  server->url = fmt::format("http://{}:{}/metrics", parsed->host, port_of(fd));
  server->daemon = MHD_start_daemon(
      MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, nullptr, nullptr, &Server::on_request,
      server.get(), MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, kMaxConnections,
      MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds, MHD_OPTION_END);
  if (server->daemon == nullptr) {
    close(fd);
    return fail("cannot listen on " + address, "the HTTP server does not start",
                "free some memory or descriptors");
  }
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(server)));
}

const std::string& MetricsServer::url() const {
  return server_->url;
}

void MetricsServer::publish(const std::string& text) {
  const std::lock_guard<std::mutex> lock(server_->mutex);
  server_->text = text;
}

void MetricsServer::on_start(const Record& record, unsigned) {
  publish(openmetrics_text(record, RunRecord{}));
}

void MetricsServer::on_interval(const Record& record, const RunRecord& run) {
  publish(openmetrics_text(record, run));
}

}  // namespace nmgen
