// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/commands/probe/examine.h"

#include <dirent.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>

#include "nmh_netif.h"
#include "pktgen/cli/commands/probe/ethtool.h"
#include "pktgen/cli/commands/probe/netdev.h"
#include "pktgen/measure/cores.h"
#include "pktgen/measure/fingerprint.h"
#include "pktgen/measure/proc.h"

namespace nmgen {
namespace {

using State = Finding::State;

// What a region of netmap may need at most, roughly.
constexpr uint64_t kEnoughLocked = uint64_t{512} << 20;

std::string read_word(const std::string& path) {
  return std::string(trimmed(read_text(path, 4096).value_or("")));
}

// One interface, examined.
class Examination {
 public:
  Examination(const nmh_netif& netif, const std::string& root)
      : netif_(netif), root_(root), name_(netif.name), tool_(read_ethtool(netif.name)) {
    has_peer_ = netif.peer_index != 0 && netif.peer_namespace == -1 &&
                nmh_netif_read(netif.peer_index, &peer_) == 0;
    if (has_peer_)
      peer_tool_ = read_ethtool(peer_.name);
  }

  std::vector<Finding> all() {
    driver();
    link();
    speed();
    fact("MTU",
         fmt::format("{} bytes, frames of up to {} without CRC", netif_.mtu, netif_.mtu + kHeader));
    promiscuity();
    receive_offloads();
    send_offloads();
    vlan_offloads();
    peer();
    flow_control();
    rings();
    queues();
    interrupts();
    coalescing();
    numa();
    governor();
    xdp();
    privileges();
    locked_memory();
    counters();
    return std::move(findings_);
  }

 private:
  static constexpr uint32_t kHeader = 14;

  void good(const char* name, std::string value) {
    findings_.push_back({name, State::kGood, std::move(value), ""});
  }
  void fact(const char* name, std::string value) {
    findings_.push_back({name, State::kFact, std::move(value), ""});
  }
  void lack(const char* name, std::string value, std::string remedy) {
    findings_.push_back({name, State::kLack, std::move(value), std::move(remedy)});
  }

  void driver() {
    std::string value = tool_.driver.empty() ? "unknown" : tool_.driver;
    if (netif_.parent[0] != 0)
      value += fmt::format(" on {}", netif_.parent);
    else if (netif_.kind[0] != 0)
      value += ", without hardware";
    fact("driver", value);
  }

  void link() {
    if ((netif_.flags & IFF_UP) == 0)
      return lack("link", "the interface is down", "ip link set " + name_ + " up");
    if ((netif_.flags & IFF_RUNNING) != 0)
      return good("link", "up");
    if (has_peer_ && (peer_.flags & IFF_UP) == 0)
      return lack("link", fmt::format("no carrier, as its peer {} is down", peer_.name),
                  fmt::format("ip link set {} up", peer_.name));
    if (netif_.peer_index != 0 && !has_peer_)
      return lack("link", "no carrier; its peer is in another network namespace",
                  "ip link set the peer up, where it is");
    if (netif_.tun_flags != 0)
      return lack("link", "no carrier, as no program has its other end",
                  "start what is behind it: nmgen bridge tap:" + name_ + " ...");
    lack("link", "no carrier", "connect its cable, and set the port at the other end up");
  }

  void speed() {
    if (netif_.parent[0] == 0)
      return fact("speed", "nothing limits it but the processor");
    if (!tool_.link || tool_.link->speed_mbps == 0)
      return fact("speed", "not known");
    const std::string value = fmt::format("{} Mbit/s", tool_.link->speed_mbps);
    if (tool_.link->half_duplex)
      return lack("speed", value + ", half duplex: sending and receiving disturb each other",
                  "ethtool -s " + name_ + " autoneg on, at both ends");
    good("speed", value + ", full duplex");
  }

  void promiscuity() {
    if (netif_.promiscuity > 0 || (netif_.flags & IFF_PROMISC) != 0)
      return good("promiscuity", "on: frames for any address are received");
    if (netif_.parent[0] == 0)
      return good("promiscuity", "off; what has no hardware filters no addresses");
    fact("promiscuity",
         "off; packet: and xdp: ports turn it on while they are there, for netmap: ports ip link "
         "set " +
             name_ + " promisc on");
  }

  // "a, b" of those features that are on.
  static std::string on(const EthtoolView& tool,
                        std::initializer_list<std::pair<const char*, const char*>> features,
                        const char* between = ", ") {
    std::string names;
    for (const auto& [feature, name] : features)
      if (tool.has(feature))
        names += (names.empty() ? "" : between) + std::string(name);
    return names;
  }

  void receive_offloads() {
    const std::string names = on(tool_, {{"rx-gro", "GRO"},
                                         {"rx-gro-hw", "GRO in hardware"},
                                         {"rx-lro", "LRO"},
                                         {"rx-udp-gro-forwarding", "UDP GRO"}});
    if (names.empty())
      return good("receive merging", "off");
    if (netif_.kind == std::string("veth"))
      return fact("receive merging", names +
                                         " on, which live frames of xdp: at its peer need; it "
                                         "merges none of nmgen's frames");
    if (netif_.parent[0] == 0)
      return fact("receive merging", names + " on; without a NIC below, it merges no frames");
    lack("receive merging", names + " on: frames are merged before they are received",
         "ethtool -K " + name_ +
             on(tool_,
                {{"rx-gro", " gro off"},
                 {"rx-gro-hw", " rx-gro-hw off"},
                 {"rx-lro", " lro off"},
                 {"rx-udp-gro-forwarding", " rx-udp-gro-forwarding off"}},
                ""));
  }

  void send_offloads() {
    const std::string names = on(tool_, {{"tx-tcp-segmentation", "TSO"},
                                         {"tx-generic-segmentation", "GSO"},
                                         {"tx-checksum-ip-generic", "checksum"},
                                         {"tx-checksum-ipv4", "checksum"}});
    if (names.empty())
      return good("send offloads", "off");
    fact("send offloads", names + " on; nmgen's own frames go past them");
  }

  void vlan_offloads() {
    const std::string names =
        on(tool_, {{"rx-vlan-hw-parse", "tags are taken out of received frames"},
                   {"rx-vlan-filter", "frames of VLANs that the host does not use are dropped"}});
    if (names.empty())
      return good("VLAN", "tags stay in frames");
    if (netif_.parent[0] == 0)
      return fact("VLAN", names + "; packet: ports put them back");
    lack("VLAN", names, fmt::format("ethtool -K {} rxvlan off rx-vlan-filter off", name_));
  }

  // What the other end of a veth pair does to frames on their way.
  void peer() {
    if (netif_.kind != std::string("veth"))
      return;
    if (!has_peer_)
      return fact("peer", "in another network namespace; probe it there");
    const std::string about = fmt::format("{}, ", peer_.name);
    if (!peer_tool_.has("rx-gro") && peer_.xdp_mode == 0)
      lack("peer", about + "without GRO or an XDP program: live frames of xdp: are not taken",
           fmt::format("ethtool -K {} gro on", peer_.name));
    else
      good("peer", about + "takes live frames of xdp:");
    const std::string offloads =
        on(peer_tool_, {{"tx-tcp-segmentation", "TSO"}, {"tx-checksum-ip-generic", "checksum"}});
    if (!offloads.empty())
      lack("peer offloads",
           fmt::format("{} of {} on: the host's frames come in too long, or, at xdp: and "
                       "netmap: ports, with no checksum yet",
                       offloads, peer_.name),
           fmt::format("ethtool -K {} tx off tso off; needed only where the host's own traffic "
                       "matters",
                       peer_.name));
  }

  void flow_control() {
    if (!tool_.pause)
      return good("flow control", "none");
    if (!tool_.pause->rx && !tool_.pause->tx)
      return good("flow control", "off");
    lack("flow control",
         fmt::format("on ({}): a slow receiver stops the sender, and no loss is seen",
                     tool_.pause->rx && tool_.pause->tx ? "both ways"
                     : tool_.pause->rx                  ? "sender obeys"
                                                        : "receiver asks"),
         fmt::format("ethtool -A {} autoneg off rx off tx off", name_));
  }

  void rings() {
    if (!tool_.ring || tool_.ring->rx_most == 0)
      return fact("rings", "not told by the driver");
    const EthtoolRing& ring = *tool_.ring;
    const std::string value =
        fmt::format("rx {} of {}, tx {} of {} slots", ring.rx, ring.rx_most, ring.tx, ring.tx_most);
    if (ring.rx >= ring.rx_most)
      return good("rings", value);
    lack("rings", value + ": a receiver that is late for a moment loses frames",
         fmt::format("ethtool -G {} rx {}", name_, ring.rx_most));
  }

  void queues() {
    std::string value = fmt::format("{} rx, {} tx", netif_.rx_queues, netif_.tx_queues);
    if (tool_.queues > 0)
      value = fmt::format("{} of at most {}", tool_.queues, tool_.most_queues);
    if (!tool_.rss_table.empty()) {
      const std::set<uint32_t> used(tool_.rss_table.begin(), tool_.rss_table.end());
      value += fmt::format("; RSS spreads flows over {} of them", used.size());
    }
    fact("queues", value);
  }

  // Which cores the interrupts of the device's queues go to.
  void interrupts() {
    if (netif_.parent[0] == 0)
      return;
    std::map<std::string, std::vector<int>> by_core;
    const std::string directory = root_ + "/sys/class/net/" + name_ + "/device/msi_irqs";
    if (DIR* entries = opendir(directory.c_str())) {
      while (const dirent* entry = readdir(entries)) {
        const int irq = std::atoi(entry->d_name);
        const std::string base = fmt::format("{}/proc/irq/{}/", root_, irq);
        std::string cores = read_word(base + "effective_affinity_list");
        if (cores.empty())
          cores = read_word(base + "smp_affinity_list");
        if (irq > 0 && !cores.empty())
          by_core[cores].push_back(irq);
      }
      closedir(entries);
    }
    if (by_core.empty())
      return fact("interrupts", "not told by the kernel");
    std::string value;
    std::optional<std::pair<std::string, std::vector<int>>> crowded;
    for (const auto& [cores, irqs] : by_core) {
      value += fmt::format("{}{} on core {}", value.empty() ? "" : ", ", irqs.size(), cores);
      if (irqs.size() > 1 && (!crowded || irqs.size() > crowded->second.size()))
        crowded = {cores, irqs};
    }
    if (tool_.queues < 2 || !crowded || by_core.size() > 1 || allowed_cores().size() < 2)
      return fact("interrupts", value);
    lack("interrupts", value + ": one core does the work of all queues",
         fmt::format("echo {} > /proc/irq/{}/smp_affinity_list, and so on, a core for each queue",
                     allowed_cores().back(), crowded->second.back()));
  }

  void coalescing() {
    if (!tool_.rx_coalesce_us || *tool_.rx_coalesce_us == 0)
      return;
    lack("coalescing",
         fmt::format("interrupts wait up to {} us: latency has that much more",
                     *tool_.rx_coalesce_us),
         fmt::format("ethtool -C {} adaptive-rx off rx-usecs 0, for tests of latency", name_));
  }

  void numa() {
    if (netif_.parent[0] == 0)
      return;
    const std::string node = read_word(root_ + "/sys/class/net/" + name_ + "/device/numa_node");
    if (node.empty() || node == "-1")
      return fact("NUMA node", "none");
    const std::string cores =
        read_word(root_ + "/sys/devices/system/node/node" + node + "/cpulist");
    fact("NUMA node", fmt::format("{}, with cores {}: give these to its workers", node, cores));
  }

  void governor() {
    const std::string name = governor_of(allowed_cores(), root_ + "/sys/devices/system/cpu");
    if (name == "none")
      return fact("governor", "none: no frequency scaling on this machine");
    if (name == "performance")
      return good("governor", name);
    lack("governor", name, "cpupower frequency-set -g performance");
  }

  void xdp() {
    const std::optional<XdpFeatures> features = read_xdp_features(netif_.index);
    fact("XDP", !features             ? "this kernel does not tell, as it is older than 6.3"
                : features->zero_copy ? to_text(*features)
                                      : to_text(*features) + "; no zero copy");
    if (netif_.xdp_mode == 0)
      return good("XDP program", "none attached");
    lack("XDP program",
         "another program's is attached: it sees frames first, and xdp: ports cannot be opened",
         fmt::format("stop that program, or ip link set {} xdp off", name_));
  }

  void privileges() {
    const std::string status = read_text(root_ + "/proc/self/status").value_or("");
    const size_t at = status.find("CapEff:");
    capabilities_ =
        at == std::string::npos ? 0 : std::strtoull(status.c_str() + at + 7, nullptr, 16);
    const auto has = [this](unsigned capability) { return (capabilities_ >> capability & 1) != 0; };
    std::string lacking;
    const auto need = [&lacking](bool there, const char* what) {
      if (!there)
        lacking += (lacking.empty() ? "" : "; ") + std::string(what);
    };
    need(has(CAP_NET_RAW), "no CAP_NET_RAW, for packet: and xdp:");
    need(has(CAP_NET_ADMIN), "no CAP_NET_ADMIN, for tap: and xdp:");
    need(has(CAP_BPF) || has(CAP_SYS_ADMIN), "no CAP_BPF, for xdp:");
    if (lacking.empty())
      return good("privileges", "CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF");
    lack("privileges", lacking,
         "run nmgen as root, or setcap cap_net_raw,cap_net_admin,cap_bpf+ep its file");
  }

  void locked_memory() {
    rlimit limit{};
    getrlimit(RLIMIT_MEMLOCK, &limit);
    if ((capabilities_ >> CAP_IPC_LOCK & 1) != 0)
      return good("locked memory", "no limit, with CAP_IPC_LOCK");
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= kEnoughLocked)
      return good("locked memory", limit.rlim_cur == RLIM_INFINITY
                                       ? "no limit"
                                       : fmt::format("{} MiB", limit.rlim_cur >> 20));
    lack("locked memory", fmt::format("{} kiB: too little for xdp:", limit.rlim_cur >> 10),
         "ulimit -l unlimited");
  }

  void counters() {
    const std::string value =
        fmt::format("dropped rx {}, tx {}; errors rx {}, tx {}, since it was made",
                    netif_.rx_dropped, netif_.tx_dropped, netif_.rx_errors, netif_.tx_errors);
    fact("counters", value);
  }

  nmh_netif netif_;
  std::string root_, name_;
  EthtoolView tool_, peer_tool_;
  nmh_netif peer_{};
  bool has_peer_ = false;
  uint64_t capabilities_ = 0;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> examine_interface(const nmh_netif& netif, const std::string& root) {
  return Examination(netif, root).all();
}

Result<std::vector<Finding>> examine_interface(const std::string& name, const std::string& root) {
  nmh_netif netif{};
  if (int error = nmh_netif_find(name.c_str(), &netif); error != 0) {
    const std::string what = "cannot probe " + name;
    if (error == -ENODEV)
      return fail(what, "there is no such interface", "see ip link", -error);
    return fail_errno(what, -error, "check that rtnetlink may be used here");
  }
  return examine_interface(netif, root);
}

}  // namespace nmgen
