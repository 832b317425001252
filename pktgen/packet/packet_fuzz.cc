// SPDX-License-Identifier: BSD-2-Clause
// Everything in this folder that reads bytes it did not write: the summary, the probe, pcap files,
// addresses.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "pktgen/packet/address.h"
#include "pktgen/packet/pcap_file.h"
#include "pktgen/packet/probe.h"
#include "pktgen/packet/summary.h"

namespace {

void require(bool condition) {
  if (!condition)
    std::abort();
}

void summarise_any(std::span<const uint8_t> bytes, uint32_t magic) {
  for (char c : nmgen::summarise(bytes, magic))
    require(c >= ' ' && c <= '~');
  require(bytes.empty() == nmgen::hex_dump(bytes).empty());
}

// What can be read is what write_probe() would write.
void read_any_probe(const uint8_t* at, uint32_t magic) {
  nmgen::ProbeView view;
  bool right = nmgen::read_probe(at, magic, &view);
  require(right == (nmgen::probe_fault(at, magic) == nmgen::ProbeFault::kNone));
  uint8_t again[nmgen::kProbeBytes];
  nmgen::write_probe(again, nmgen::make_probe_template(magic, view.stream), view.sequence,
                     view.timestamp);
  // 0 and 0xffff are the same check to a receiver.
  uint16_t difference = static_cast<uint16_t>(nmgen::load16(at + 16) - nmgen::load16(again + 16));
  if (right)
    require(difference == 0 || nmgen::load16(again + 16) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::span<const uint8_t> bytes(data, size);
  uint32_t magic = size >= nmgen::kProbeBytes ? nmgen::load32(data) : 1;
  summarise_any(bytes, magic);
  if (size >= nmgen::kProbeBytes && magic != 0)
    read_any_probe(data, magic);
  nmgen::Result<std::vector<nmgen::CapturedFrame>> frames =
      nmgen::read_pcap_bytes(bytes, "fuzz.pcap");
  if (frames)
    for (const nmgen::CapturedFrame& frame : *frames)
      summarise_any(frame.bytes, magic);
  else
    require(!frames.error().sentence().empty());
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (nmgen::Result<nmgen::MacAddress> mac = nmgen::parse_mac(text))
    require(nmgen::parse_mac(nmgen::to_text(*mac)).value() == *mac);
  if (nmgen::Result<nmgen::Ipv4Address> ip = nmgen::parse_ipv4(text))
    require(nmgen::parse_ipv4(nmgen::to_text(*ip)).value() == *ip);
  if (nmgen::Result<nmgen::Ipv6Address> ip = nmgen::parse_ipv6(text))
    require(nmgen::parse_ipv6(nmgen::to_text(*ip)).value() == *ip);
  return 0;
}
