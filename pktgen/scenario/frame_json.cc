// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/frame_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "pktgen/packet/address.h"
#include "pktgen/packet/builder.h"
#include "pktgen/packet/field_table.h"
#include "pktgen/packet/modifier/modifier.h"
#include "pktgen/scenario/error_text.h"

namespace nmgen {
namespace {

using nlohmann::json;

constexpr uint64_t kMaxFlows = uint64_t{1} << 20;

// RFC 5180's benchmarking prefix is 2001:2::/48 (erratum 1752).
constexpr Ipv6Address kIpv6Source{0x20, 0x01, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr Ipv6Address kIpv6Destination{0x20, 0x01, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1};

uint16_t hex16(std::string_view text) {  // "0x88b5", of the form that the schema asks for
  unsigned value = 0;
  std::from_chars(text.data() + 2, text.data() + text.size(), value, 16);
  return static_cast<uint16_t>(value);
}

// One layer's object, with the place for errors.
class Layer {
 public:
  Layer(const json& object, const std::string& file, std::string path)
      : object_(object), file_(file), path_(std::move(path)) {}

  bool has(const char* key) const { return object_.contains(key); }
  std::string path_of(const char* key) const { return child_path(path_, key); }
  std::string text_of(const char* key) const { return object_.at(key).get<std::string>(); }

  // A number or a bool, left as it is where the key is absent.
  template <typename T>
  void read(const char* key, T& out) const {
    if (has(key))
      out = object_.at(key).get<T>();
  }

  // An address, likewise. The first error is kept.
  template <typename T>
  void read_address(const char* key, T& out, Result<T> (*parse)(std::string_view),
                    const char* remedy) {
    if (!has(key) || error_)
      return;
    std::string text = text_of(key);
    Result<T> parsed = parse(text);
    if (parsed)
      out = *parsed;
    else
      error_ =
          fail_at(file_, path_of(key), in_quotes(text) + " is not such an address", remedy).value();
  }
  void read_mac(const char* key, MacAddress& out) {
    read_address(key, out, parse_mac, "write it like 02:00:00:00:00:01");
  }
  void read_ipv4(const char* key, Ipv4Address& out) {
    read_address(key, out, parse_ipv4, "write it like 198.18.0.1");
  }
  void read_ipv6(const char* key, Ipv6Address& out) {
    read_address(key, out, parse_ipv6, "write it like 2001:2::1");
  }

  const std::optional<Error>& error() const { return error_; }

 private:
  const json& object_;
  const std::string& file_;
  std::string path_;
  std::optional<Error> error_;
};

class StreamReader {
 public:
  StreamReader(const json& document, const std::string& file, const std::string& path)
      : document_(document), file_(file), path_(path) {}

  Result<StreamSpec> read(const std::string& name) {
    StreamSpec stream;
    stream.name = name;
    if (document_.contains("weight"))
      stream.weight = document_.at("weight").get<unsigned>();
    if (document_.contains("size_no_crc"))
      stream.frame.size_no_crc = document_.at("size_no_crc").get<unsigned>();
    for (Result<void> (StreamReader::*step)(StreamSpec&) :
         {&StreamReader::read_exclusions, &StreamReader::read_ethernet, &StreamReader::read_vlan,
          &StreamReader::read_network, &StreamReader::read_transport, &StreamReader::read_payload,
          &StreamReader::check_size, &StreamReader::read_vary}) {
      Result<void> result = (this->*step)(stream);
      if (!result)
        return tl::unexpected<Error>(result.error());
    }
    return stream;
  }

 private:
  bool has(const char* key) const { return document_.contains(key); }
  std::string path_of(const char* key) const { return child_path(path_, key); }
  Layer layer(const char* key) const { return Layer(document_.at(key), file_, path_of(key)); }
  bool has_transport() const { return has("udp") || has("tcp") || has("icmp"); }

  static Result<void> done(const Layer& layer) {
    if (layer.error())
      return tl::unexpected<Error>(*layer.error());
    return {};
  }

  Result<void> check_one_of(const std::vector<const char*>& keys) const {
    std::vector<std::string> given;
    for (const char* key : keys)
      if (has(key))
        given.emplace_back(key);
    if (given.size() < 2)
      return {};
    return fail_at(file_, path_, "a frame cannot have " + listed(given, "and") + " together",
                   "keep one of them");
  }

  Result<void> read_exclusions(StreamSpec&) {
    Result<void> result = check_one_of({"ipv4", "ipv6", "arp"});
    if (result)
      result = check_one_of({"udp", "tcp", "icmp"});
    if (!result)
      return result;
    if (has("arp") && has_transport())
      return fail_at(file_, path_, "ARP carries no transport layer",
                     "remove arp, or udp, tcp and icmp");
    if (has("arp") && has("payload"))
      return fail_at(file_, path_of("payload"), "ARP carries no payload", "remove it");
    return {};
  }

  Result<void> read_ethernet(StreamSpec& stream) {
    if (!has("ethernet"))
      return {};
    Layer ethernet = layer("ethernet");
    ethernet.read_mac("source", stream.frame.source);
    ethernet.read_mac("destination", stream.frame.destination);
    if (ethernet.has("type")) {
      stream.frame.ethertype = hex16(ethernet.text_of("type"));
      if (has("ipv4") || has("ipv6") || has("arp") || has_transport())
        return fail_at(file_, ethernet.path_of("type"),
                       "the layer above Ethernet says what its type is",
                       "remove it, or ipv4, ipv6, arp and what they carry");
    }
    return done(ethernet);
  }

  Result<void> read_vlan(StreamSpec& stream) {
    if (!has("vlan"))
      return {};
    for (size_t i = 0; i < document_.at("vlan").size(); ++i) {
      Layer tag(document_.at("vlan").at(i), file_, child_path(path_of("vlan"), i));
      VlanTag vlan;
      tag.read("id", vlan.id);
      tag.read("priority", vlan.priority);
      tag.read("drop_eligible", vlan.drop_eligible);
      if (tag.has("tpid"))
        vlan.tpid = hex16(tag.text_of("tpid"));
      stream.frame.vlans.push_back(vlan);
    }
    return {};
  }

  Result<void> read_network(StreamSpec& stream) {
    if (has("arp"))
      return read_arp(stream);
    if (has("ipv6"))
      return read_ipv6(stream);
    if (!has("ipv4") && !has_transport())
      return {};
    Ipv4Spec ipv4;
    if (!has("ipv4")) {
      stream.frame.network = ipv4;
      return {};
    }
    Layer layer = this->layer("ipv4");
    layer.read_ipv4("source", ipv4.source);
    layer.read_ipv4("destination", ipv4.destination);
    layer.read("ttl", ipv4.ttl);
    layer.read("tos", ipv4.tos);
    layer.read("identification", ipv4.identification);
    layer.read("dont_fragment", ipv4.dont_fragment);
    layer.read("protocol", ipv4.protocol);
    stream.frame.network = ipv4;
    if (layer.has("protocol") && has_transport())
      return fail_at(file_, layer.path_of("protocol"), "the transport layer says what it is",
                     "remove it, or udp, tcp and icmp");
    return done(layer);
  }

  Result<void> read_ipv6(StreamSpec& stream) {
    Layer layer = this->layer("ipv6");
    Ipv6Spec ipv6;
    ipv6.source = kIpv6Source;
    ipv6.destination = kIpv6Destination;
    layer.read_ipv6("source", ipv6.source);
    layer.read_ipv6("destination", ipv6.destination);
    layer.read("hop_limit", ipv6.hop_limit);
    layer.read("traffic_class", ipv6.traffic_class);
    layer.read("flow_label", ipv6.flow_label);
    layer.read("next_header", ipv6.next_header);
    stream.frame.network = ipv6;
    if (layer.has("next_header") && has_transport())
      return fail_at(file_, layer.path_of("next_header"), "the transport layer says what it is",
                     "remove it, or udp, tcp and icmp");
    return done(layer);
  }

  Result<void> read_arp(StreamSpec& stream) {
    Layer layer = this->layer("arp");
    ArpSpec arp;
    arp.sender_mac = stream.frame.source;
    arp.sender_ip = Ipv4Spec().source;
    arp.target_ip = Ipv4Spec().destination;
    if (layer.has("operation"))
      arp.operation = layer.text_of("operation") == "reply" ? 2 : 1;
    layer.read_mac("sender_mac", arp.sender_mac);
    layer.read_mac("target_mac", arp.target_mac);
    layer.read_ipv4("sender_ip", arp.sender_ip);
    layer.read_ipv4("target_ip", arp.target_ip);
    stream.frame.network = arp;
    return done(layer);
  }

  Result<void> read_transport(StreamSpec& stream) {
    if (has("udp")) {
      Layer layer = this->layer("udp");
      UdpSpec udp;
      layer.read("source_port", udp.source_port);
      layer.read("destination_port", udp.destination_port);
      layer.read("checksum", udp.checksum);
      stream.frame.transport = udp;
      if (!udp.checksum && has("ipv6"))
        return fail_at(file_, layer.path_of("checksum"), "UDP over IPv6 must have a checksum",
                       "remove it, or use ipv4");
    } else if (has("tcp")) {
      read_tcp(stream);
    } else if (has("icmp")) {
      Layer layer = this->layer("icmp");
      IcmpSpec icmp;
      layer.read("type", icmp.type);
      layer.read("code", icmp.code);
      layer.read("identifier", icmp.identifier);
      layer.read("sequence", icmp.sequence);
      stream.frame.transport = icmp;
    }
    return {};
  }

  void read_tcp(StreamSpec& stream) const {
    Layer layer = this->layer("tcp");
    TcpSpec tcp;
    layer.read("source_port", tcp.source_port);
    layer.read("destination_port", tcp.destination_port);
    layer.read("sequence", tcp.sequence);
    layer.read("acknowledgement", tcp.acknowledgement);
    layer.read("window", tcp.window);
    if (layer.has("flags")) {
      // From bit 0 up (RFC 9293, section 3.1).
      constexpr std::array<const char*, 8> kFlags = {"FIN", "SYN", "RST", "PSH",
                                                     "ACK", "URG", "ECE", "CWR"};
      tcp.flags = 0;
      for (const json& flag : document_.at("tcp").at("flags"))
        for (unsigned bit = 0; bit < kFlags.size(); ++bit)
          if (flag == kFlags[bit])
            tcp.flags = static_cast<uint8_t>(tcp.flags | 1u << bit);
    }
    stream.frame.transport = tcp;
  }

  Result<void> read_payload(StreamSpec& stream) {
    if (!has("payload"))
      return {};
    const std::string& text = document_.at("payload").get_ref<const std::string&>();
    if (text.size() % 2 != 0)
      return fail_at(file_, path_of("payload"),
                     fmt::format("{} has {} digits", in_quotes(text), text.size()),
                     "write two hexadecimal digits for each byte");
    for (size_t i = 0; i < text.size(); i += 2) {
      uint8_t byte = 0;
      const char* start = text.data() + i;
      std::from_chars_result digits = std::from_chars(start, start + 2, byte, 16);
      if (digits.ec != std::errc() || digits.ptr != start + 2)
        return fail_at(file_, path_of("payload"),
                       fmt::format("{} at digit {} is no hexadecimal byte",
                                   in_quotes(std::string_view(start, 2)), i + 1),
                       "use the digits 0 to 9 and a to f");
      stream.frame.payload.push_back(byte);
    }
    return {};
  }

  Result<void> check_size(StreamSpec& stream) {
    unsigned least = smallest_size(stream.frame);
    if (stream.frame.size_no_crc >= least)
      return {};
    return fail_at(
        file_, path_of("size_no_crc"),
        fmt::format("{} bytes do not hold this frame's headers", stream.frame.size_no_crc),
        fmt::format("use {} or more", least));
  }

  // The schema lets exactly one modifier through.
  Result<FieldModifier> read_modifier(const json& entry, const FrameField& field,
                                      const std::string& path) {
    FieldModifier modifier = step(field.name, 1);
    for (const ModifierKind* kind : modifier_kinds()) {
      if (!entry.contains(kind->key))
        continue;
      Result<FieldModifier> made = kind->make(field, entry.at(kind->key));
      if (!made)
        return fail_at(file_, child_path(path, kind->key), made.error().cause, made.error().remedy);
      modifier = std::move(*made);
      if (modifier.count > kMaxFlows / flows_)
        return fail_at(file_, child_path(path, kind->key),
                       fmt::format("the counts make {} flows", flows_ * modifier.count),
                       fmt::format("keep their product at {} or less", kMaxFlows));
      flows_ *= modifier.count;
    }
    return modifier;
  }

  Result<void> read_vary(StreamSpec& stream) {
    if (!has("vary"))
      return {};
    // Headers without room for a probe or a payload: where fields are is the same.
    FrameSpec headers = stream.frame;
    headers.size_no_crc = std::max(headers.size_no_crc, smallest_size(headers));
    const Result<BuiltFrame> frame = build_frame(headers);
    if (!frame)
      return tl::unexpected<Error>(frame.error());
    for (size_t i = 0; i < document_.at("vary").size(); ++i) {
      const json& entry = document_.at("vary").at(i);
      const std::string path = child_path(path_of("vary"), i);
      const FrameField& field = *find_field(entry.at("field").get<std::string>());
      if (!field.layer->is_in(*frame))
        return fail_at(
            file_, child_path(path, "field"), fmt::format("this frame has no {}", field.name),
            fmt::format("add \"{}\" to the stream, or vary another field", field.layer->name));
      for (const FieldModifier& other : stream.vary)
        if (other.field == &field)
          return fail_at(file_, child_path(path, "field"),
                         fmt::format("{} is varied twice", field.name),
                         "keep one, with the product of the counts");
      Result<FieldModifier> modifier = read_modifier(entry, field, path);
      if (!modifier)
        return tl::unexpected<Error>(modifier.error());
      stream.vary.push_back(std::move(*modifier));
    }
    stream.flows = flows_;
    return {};
  }

  const json& document_;
  const std::string& file_;
  const std::string& path_;
  uint64_t flows_ = 1;  // of the fields so far
};

}  // namespace

Result<StreamSpec> stream_from_json(const json& document, const std::string& name,
                                    const std::string& file, const std::string& path) {
  return StreamReader(document, file, path).read(name);
}

}  // namespace nmgen
