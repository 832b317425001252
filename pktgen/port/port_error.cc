// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/port/port_error.h"

#include <cerrno>

namespace nmgen {

const char* remedy_of_port(int error) {
  switch (error) {
    case EMSGSIZE:
      return "send smaller frames, or raise the MTU of its interface";
    case ENETDOWN:
    case ENODEV:
    case ENXIO:
      return "see with ip link whether its interface is there and up";
    case ENOLINK:
      return "turn on GRO at the other end of its veth (ethtool -K PEER gro on), or set \"send\" "
             "to \"socket\" in \"ports\"";
    case EBADMSG:
      return "its file is truncated or damaged after the frames that were read: copy or capture it "
             "again";
    case EREMCHG:
      return "what receives its frames, or monitors them, keeps their buffers and gives others "
             "(zero "
             "copy), so that other frames were sent: let it copy them";
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return "free some space for its file, or send fewer frames";
    default:
      return "check that its port exists and, of a worker, that its core is online";
  }
}

}  // namespace nmgen
