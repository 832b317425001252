// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/port_name.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

namespace nmgen {
namespace {

constexpr std::string_view kHostedPrefix = "hosted:";
constexpr std::string_view kKernelPrefix = "netmap:";
constexpr std::string_view kVale = "vale";
constexpr uint32_t kMostRings = 4096;    // ids of a ring have 12 bits in a legacy request
constexpr uint32_t kMostMemory = 65535;  // nr_mem_id

// A port of a switch: valeX:Y.
bool is_vale_name(std::string_view name) {
  return name.starts_with(kVale) && name.find(':') != std::string_view::npos;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes the suffixes off the end of a name, last one first.
class NameParser {
 public:
  explicit NameParser(const std::string& text) { name_.text = text; }

  Result<PortName> parse() {
    std::string_view rest = name_.text;
    const size_t colon = rest.find(':');
    if (colon != std::string_view::npos)
      name_.driver = nmh_driver_find(rest.data(), colon);
    if (name_.driver != nullptr) {
      name_.home = PortHome::kDriver;
      rest.remove_prefix(colon + 1);
    } else if (rest.starts_with(kHostedPrefix)) {
      name_.home = PortHome::kHosted;
      rest.remove_prefix(kHostedPrefix.size());
    } else if (rest.starts_with(kKernelPrefix)) {
      rest.remove_prefix(kKernelPrefix.size());
    } else if (!is_vale_name(rest)) {
      return wrong("its kind is not known",
                   "write it like sim:left, netmap:eth0, vale0:1 or hosted:vale0:1");
    }
    Result<void> result;
    if (!is_file()) {
      result = take_memory(&rest);
      if (result)
        result = take_flags(&rest);
      if (result)
        result = take_rings(&rest);
    }
    if (result)
      result = check_rest(rest);
    if (!result)
      return tl::unexpected<Error>(result.error());
    name_.name = rest;
    return std::move(name_);
  }

 private:
  tl::unexpected<Error> wrong(std::string cause, std::string remedy) const {
    return fail("\"" + name_.text + "\" is not the name of a port", std::move(cause),
                std::move(remedy));
  }

  bool is_file() const { return name_.driver != nullptr && name_.driver->names_files; }

  // The whole of `digits` as a number up to `most`.
  static bool read_number(std::string_view digits, uint32_t most, uint32_t* number) {
    const char* end = digits.data() + digits.size();
    const std::from_chars_result read = std::from_chars(digits.data(), end, *number);
    return !digits.empty() && read.ec == std::errc() && read.ptr == end && *number <= most;
  }

  Result<void> take_memory(std::string_view* rest) {
    const size_t at = rest->rfind('@');
    if (at == std::string_view::npos)
      return {};
    uint32_t id = 0;
    if (!read_number(rest->substr(at + 1), kMostMemory, &id) || id == 0)
      return wrong("@ is not followed by a memory region",
                   "write the number of a region, 1 to 65535, like netmap:eth0@1");
    name_.mem_id = static_cast<uint16_t>(id);
    *rest = rest->substr(0, at);
    return {};
  }

  Result<void> take_flags(std::string_view* rest) {
    const size_t slash = rest->rfind('/');
    if (slash == std::string_view::npos)
      return {};
    for (const char flag : rest->substr(slash + 1)) {
      switch (flag) {
        case 'x':
          name_.flags |= NR_EXCLUSIVE;
          break;
        case 'z':
          name_.flags |= NR_ZCOPY_MON;
          break;
        case 't':
          name_.flags |= NR_MONITOR_TX;
          break;
        case 'r':
          name_.flags |= NR_MONITOR_RX;
          break;
        case 'R':
          name_.flags |= NR_RX_RINGS_ONLY;
          break;
        case 'T':
          name_.flags |= NR_TX_RINGS_ONLY;
          break;
        default:
          return wrong(std::string("there is no flag '") + flag + "'",
                       "after the slash use any of x, z, t, r, R and T");
      }
    }
    *rest = rest->substr(0, slash);
    return {};
  }

  // "-N" only where all that follows is digits: an interface may be called veth-a.
  Result<void> take_rings(std::string_view* rest) {
    if (rest->ends_with('*')) {
      name_.mode = NR_REG_NIC_SW;
      rest->remove_suffix(1);
      return {};
    }
    if (rest->ends_with('^')) {
      name_.mode = NR_REG_SW;
      rest->remove_suffix(1);
      return {};
    }
    size_t digits = rest->size();
    while (digits > 0 && is_digit((*rest)[digits - 1]))
      digits--;
    if (digits == 0 || digits == rest->size())
      return {};
    const char mark = (*rest)[digits - 1];
    if (mark != '^' && mark != '-')
      return {};
    uint32_t ring = 0;
    if (!read_number(rest->substr(digits), kMostRings - 1, &ring))
      return wrong("its ring number is too large", "use 0 to 4095");
    name_.mode = mark == '^' ? NR_REG_ONE_SW : NR_REG_ONE_NIC;
    name_.ring_id = static_cast<uint16_t>(ring);
    *rest = rest->substr(0, digits - 1);
    return {};
  }

  Result<void> check_rest(std::string_view rest) const {
    if (rest.empty() || rest.front() == '{' || rest.front() == '}')
      return wrong("it has no name after the colon", "write it like netmap:eth0");
    if (rest.size() >= NETMAP_REQ_IFNAMSIZ)
      return wrong("it is too long", is_file()
                                         ? "use at most 63 characters, and name the file in an "
                                           "option of the port"
                                         : "use at most 63 characters");
    for (const char c : rest)
      if (c <= ' ' || c >= 0x7f ||
          (is_file() ? c == '{' || c == '}' : c == '^' || c == '*' || c == '/'))
        return wrong(c > ' ' && c < 0x7f ? std::string("'") + c + "' is not allowed there"
                                         : "it has a space or a character that is not ASCII",
                     "write it like netmap:eth0, netmap:eth0{1 or vale0:1");
    const size_t pipe = rest.find_first_of("{}");
    if (pipe != std::string_view::npos &&
        (pipe + 1 == rest.size() || rest.find_first_of("{}", pipe + 1) != std::string_view::npos))
      return wrong("its pipe has no name", "write its two ends like netmap:x{1 and netmap:x}1");
    const bool vale = is_vale_name(rest);
    if (vale && rest.find(':') + 1 == rest.size())
      return wrong("its switch's port has no name", "write it like vale0:1");
    if (name_.home == PortHome::kHosted && !vale && pipe == std::string_view::npos)
      return wrong("hosted: is for VALE ports and pipes of the netmap in this process",
                   "write it like hosted:vale0:1 or hosted:x{1, or sim:left for a device");
    return {};
  }

  PortName name_;
};

}  // namespace

bool PortName::is_vale() const {
  return is_vale_name(name);
}

bool PortName::is_pipe() const {
  return name.find_first_of("{}") != std::string::npos;
}

bool PortName::chooses_rings() const {
  return mode != NR_REG_ALL_NIC || flags != 0;
}

std::string PortName::interface() const {
  if (home != PortHome::kKernel || is_vale())
    return "";
  return name.substr(0, name.find_first_of("{}"));
}

Result<PortName> parse_port_name(const std::string& text) {
  return NameParser(text).parse();
}

}  // namespace nmgen
