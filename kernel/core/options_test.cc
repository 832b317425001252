// SPDX-License-Identifier: BSD-2-Clause
// The list of options: what stops its walk, what each option's status says, and what is copied out.
#include <gtest/gtest.h>

#include <vector>

#include "kernel/core/testing/port.h"
#include "kernel/hosted/testing/pages.h"

namespace nmgen::test {
namespace {

constexpr uint32_t kUntouched = 0xdeadbeef;
constexpr uint32_t kUnknown = 77;

nmreq_option option(uint32_t type, void* next = nullptr, uint64_t size = 0) {
  nmreq_option o = {};
  o.nro_next = reinterpret_cast<uintptr_t>(next);
  o.nro_reqtype = type;
  o.nro_status = kUntouched;
  o.nro_size = size;
  return o;
}

void link(nmreq_option* from, nmreq_option* to) {
  from->nro_next = reinterpret_cast<uintptr_t>(to);
}

struct Options : testing::Test {
  int bind(void* first) {
    client.reg = {};
    client.reg.nr_mode = NR_REG_ALL_NIC;
    return client.bind_request("p", first);
  }
  // Nothing of a REGISTER that failed is left: the next one succeeds.
  void expect_unbound() {
    EXPECT_EQ(client.reg.nr_memsize, 0u) << "bodies are copied out on success only";
    EXPECT_EQ(nm_client_mem(client.get()), nullptr);
    EXPECT_EQ(client.bind("p"), 0) << client.reason();
  }
  World world;
  TestPort port{world, "p", port_config(1, 64), Wire::kBlackHole};
  Client client{world};
};

TEST_F(Options, NoneIsFine) {
  EXPECT_EQ(bind(nullptr), 0);
}

TEST_F(Options, AnUnknownOneFailsRegister) {
  nmreq_option o = option(kUnknown);
  EXPECT_EQ(bind(&o), -EOPNOTSUPP);
  EXPECT_EQ(o.nro_status, static_cast<uint32_t>(EOPNOTSUPP));
  EXPECT_EQ(o.nro_reqtype, kUnknown);
  EXPECT_NE(client.reason().find("77"), std::string::npos) << client.reason();
  expect_unbound();
}

TEST_F(Options, KnownOnesThatNothingHandlesFailItToo) {
  for (uint32_t type = 1; type < NETMAP_REQ_OPT_MAX; ++type) {
    nmreq_opt_extmem large = {};
    large.nro_opt = option(type);
    EXPECT_EQ(bind(&large), -EOPNOTSUPP) << type;
    EXPECT_EQ(large.nro_opt.nro_status, static_cast<uint32_t>(EOPNOTSUPP)) << type;
  }
  expect_unbound();
}

TEST_F(Options, EveryStatusIsCopiedOut) {
  std::vector<nmreq_option> list(20);
  for (size_t i = 0; i < list.size(); ++i)
    list[i] = option(100 + static_cast<uint32_t>(i), i + 1 < list.size() ? &list[i + 1] : nullptr);
  EXPECT_EQ(bind(&list[0]), -EOPNOTSUPP);
  for (const nmreq_option& o : list)
    EXPECT_EQ(o.nro_status, static_cast<uint32_t>(EOPNOTSUPP));
  expect_unbound();
}

TEST_F(Options, TypeZeroIsInvalid) {
  nmreq_option last = option(kUnknown), zero = option(0, &last), first = option(kUnknown, &zero);
  EXPECT_EQ(bind(&first), -EINVAL);
  EXPECT_EQ(first.nro_status, static_cast<uint32_t>(EOPNOTSUPP));
  EXPECT_EQ(zero.nro_status, static_cast<uint32_t>(EINVAL));
  EXPECT_EQ(last.nro_status, kUntouched) << "the walk ends where the list is wrong";
  expect_unbound();
}

TEST_F(Options, ADuplicateIsInvalidOnBoth) {
  nmreq_opt_csb a = {}, b = {};
  nmreq_option between = option(kUnknown, &b);
  a.nro_opt = option(NETMAP_REQ_OPT_CSB, &between);
  b.nro_opt = option(NETMAP_REQ_OPT_CSB);
  EXPECT_EQ(bind(&a), -EINVAL);
  EXPECT_EQ(a.nro_opt.nro_status, static_cast<uint32_t>(EINVAL));
  EXPECT_EQ(b.nro_opt.nro_status, static_cast<uint32_t>(EINVAL));
  EXPECT_EQ(between.nro_status, static_cast<uint32_t>(EOPNOTSUPP));
  expect_unbound();
}

TEST_F(Options, ALoopOfKnownOnesIsInvalid) {
  nmreq_opt_csb a = {};
  nmreq_opt_offsets b = {};
  a.nro_opt = option(NETMAP_REQ_OPT_CSB, &b);
  b.nro_opt = option(NETMAP_REQ_OPT_OFFSETS, &a);
  EXPECT_EQ(bind(&a), -EINVAL);
  EXPECT_EQ(a.nro_opt.nro_status, static_cast<uint32_t>(EINVAL));
  EXPECT_EQ(b.nro_opt.nro_status, static_cast<uint32_t>(EOPNOTSUPP));
  expect_unbound();
}

TEST_F(Options, ALoopOfUnknownOnesIsTooLong) {
  nmreq_option self = option(kUnknown);
  link(&self, &self);
  EXPECT_EQ(bind(&self), -EMSGSIZE);
  EXPECT_EQ(self.nro_status, static_cast<uint32_t>(EOPNOTSUPP));

  nmreq_option a = option(kUnknown), b = option(kUnknown + 1, &a);
  link(&a, &b);
  EXPECT_EQ(bind(&a), -EMSGSIZE);
  expect_unbound();
}

// 56 bytes of body and 168 heads of 24 are 4088; one more head passes the limit.
TEST_F(Options, BodyAndOptionsTakeAtMost4096Bytes) {
  std::vector<nmreq_option> list(169);
  for (size_t i = 0; i < list.size(); ++i)
    list[i] = option(kUnknown, i + 1 < list.size() ? &list[i + 1] : nullptr);
  EXPECT_EQ(bind(&list[0]), -EMSGSIZE);
  EXPECT_EQ(list[167].nro_status, static_cast<uint32_t>(EOPNOTSUPP));
  EXPECT_EQ(list[168].nro_status, kUntouched);
  link(&list[167], nullptr);
  EXPECT_EQ(bind(&list[0]), -EOPNOTSUPP);
  expect_unbound();
}

// The length is looked at before the types, as far as the list has an end.
TEST_F(Options, AListThatIsTooLongIsThatWhateverIsInIt) {
  for (uint32_t first : {uint32_t{0}, uint32_t{NETMAP_REQ_OPT_CSB}, kUnknown}) {
    std::vector<nmreq_option> list(102);
    for (size_t i = 0; i < list.size(); ++i)
      list[i] = option(kUnknown, i + 1 < list.size() ? &list[i + 1] : nullptr);
    list[0].nro_reqtype = first;
    list[1].nro_reqtype = first;
    list[100] = option(NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS, &list[101], 2000);
    EXPECT_EQ(bind(&list[0]), -EMSGSIZE) << first;
    EXPECT_EQ(list[0].nro_status, static_cast<uint32_t>(EOPNOTSUPP));
    EXPECT_EQ(list[99].nro_status, static_cast<uint32_t>(EOPNOTSUPP));
    EXPECT_EQ(list[101].nro_status, kUntouched);
    list[100].nro_size = 1000;
    EXPECT_EQ(bind(&list[0]), first == kUnknown ? -EOPNOTSUPP : -EINVAL) << "it fits";
  }
  expect_unbound();
}

// The size of this one is the client's word.
TEST_F(Options, AVariableOneIsCountedInFull) {
  nmreq_option o = option(NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS, nullptr, 4096 - 56);
  EXPECT_EQ(bind(&o), -EOPNOTSUPP);
  o = option(NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS, nullptr, 4096 - 55);
  EXPECT_EQ(bind(&o), -EMSGSIZE);
  o = option(NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS, nullptr, ~uint64_t{0});
  EXPECT_EQ(bind(&o), -EMSGSIZE);
  expect_unbound();
}

// A size that wraps the sum around must not make room for more options than there is room for.
TEST_F(Options, ASizeThatWrapsTheSumIsTooLong) {
  std::vector<nmreq_option> list(400);
  for (size_t i = 0; i < list.size(); ++i)
    list[i] = option(kUnknown, i + 1 < list.size() ? &list[i + 1] : nullptr);
  list[160].nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS;
  list[160].nro_size = uint64_t{0} - (56 + 160 * 24);
  EXPECT_EQ(bind(&list[0]), -EMSGSIZE);
  EXPECT_EQ(list[200].nro_status, kUntouched);
  expect_unbound();
}

TEST_F(Options, PointersThatCannotBeReadFault) {
  EXPECT_EQ(bind(reinterpret_cast<void*>(uintptr_t{8})), -EFAULT);
  EXPECT_EQ(bind(reinterpret_cast<void*>(~uintptr_t{0} - 7)), -EFAULT);
  nmreq_option first = option(kUnknown, reinterpret_cast<void*>(uintptr_t{0xffff800000000000}));
  EXPECT_EQ(bind(&first), -EFAULT);
  EXPECT_EQ(first.nro_status, static_cast<uint32_t>(EOPNOTSUPP)) << "copied out as far as it got";
  expect_unbound();
}

struct Edge : Options {
  const Pages pages{1};
};

TEST_F(Edge, AnOptionOverTheEdgeFaults) {
  nmreq_option* o = reinterpret_cast<nmreq_option*>(pages.end() - sizeof(nmreq_option));
  *o = option(kUnknown);
  EXPECT_EQ(bind(o), -EOPNOTSUPP);
  EXPECT_EQ(o->nro_status, static_cast<uint32_t>(EOPNOTSUPP));
  EXPECT_EQ(bind(pages.end() - 16), -EFAULT);
  expect_unbound();
}

TEST_F(Edge, BodyAndHeaderFault) {
  nmreq_header h = Client::header(NETMAP_REQ_REGISTER, "p", pages.end() - 8);
  EXPECT_EQ(client.control(&h), -EFAULT);
  EXPECT_EQ(client.control(reinterpret_cast<nmreq_header*>(pages.end() - 8)), -EFAULT);
  EXPECT_EQ(client.control(nullptr), -EFAULT);
  expect_unbound();
}

// A REGISTER whose answer cannot be written has not happened: its client does not know where its
// rings are.
TEST_F(Edge, ABodyThatCannotBeWrittenLeavesNothingBound) {
  nmreq_register* body = reinterpret_cast<nmreq_register*>(pages.begin());
  *body = {};
  body->nr_mode = NR_REG_ALL_NIC;
  pages.make_read_only(0);
  nmreq_header h = Client::header(NETMAP_REQ_REGISTER, "p", body);
  EXPECT_EQ(client.control(&h), -EFAULT);
  EXPECT_EQ(port.kring(NM_TX, 0)->users, 0u);
  expect_unbound();
}

TEST_F(Edge, AStatusThatCannotBeWrittenFaults) {
  nmreq_option* o = reinterpret_cast<nmreq_option*>(pages.begin());
  *o = option(kUnknown);
  pages.make_read_only(0);
  nmreq_port_info_get info = {};
  nmreq_header h = Client::header(NETMAP_REQ_PORT_INFO_GET, "p", &info, o);
  EXPECT_EQ(client.control(&h), -EFAULT);
}

// Other requests have no options of their own; they say so in the status, and do what they are for.
TEST_F(Options, OtherRequestsReportThemAndGoOn) {
  nmreq_option o = option(kUnknown);
  nmreq_port_info_get info = {};
  nmreq_header h = Client::header(NETMAP_REQ_PORT_INFO_GET, "p", &info, &o);
  EXPECT_EQ(client.control(&h), 0);
  EXPECT_EQ(o.nro_status, static_cast<uint32_t>(EOPNOTSUPP));
  EXPECT_EQ(info.nr_tx_slots, 64u);
}

// What the header's last byte is, is ours to say.
TEST_F(Options, TheHeaderIsAlwaysCopiedOut) {
  nmreq_register body = {};
  nmreq_header h = Client::header(NETMAP_REQ_REGISTER, "", &body);
  std::memset(h.nr_name, 'x', sizeof(h.nr_name));
  EXPECT_EQ(client.control(&h), -ENXIO);
  EXPECT_EQ(h.nr_name[62], 'x');
  EXPECT_EQ(h.nr_name[63], '\0');
}

}  // namespace
}  // namespace nmgen::test
