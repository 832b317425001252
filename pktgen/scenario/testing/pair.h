// SPDX-License-Identifier: BSD-2-Clause
// For tests of scenarios and of what runs them: a stream, and a sender and a receiver at the two
// ends of a simulated cable.
#pragma once

#include <string>
#include <vector>

#include "pktgen/scenario/port_options.h"

namespace nmgen::test {

inline StreamSpec udp_stream(const std::string& name, unsigned size = 60, unsigned weight = 1) {
  StreamSpec stream;
  stream.name = name;
  stream.frame.size_no_crc = size;
  stream.frame.network = Ipv4Spec{};
  stream.frame.transport = UdpSpec{};
  stream.weight = weight;
  return stream;
}

// sim:left sends "udp" as fast as possible to sim:right; `options`: of either port.
inline Scenario pair_scenario(const std::vector<PortOption>& options = {}) {
  Scenario scenario;
  scenario.name = "test";
  scenario.ports = {*make_port("sim:left", options, "sim:right"),
                    *make_port("sim:right", options, "sim:left")};
  scenario.streams = {udp_stream("udp")};
  SenderSpec sender;
  sender.port = "sim:left";
  sender.streams = {"udp"};
  scenario.senders = {sender};
  ReceiverSpec receiver;
  receiver.port = "sim:right";
  scenario.receivers = {receiver};
  return scenario;
}

}  // namespace nmgen::test
