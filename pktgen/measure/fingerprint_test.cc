// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cctype>
#include <filesystem>
#include <fstream>

#include "pktgen/measure/cores.h"

namespace nmgen {
namespace {

using testing::HasSubstr;

class TemporaryTree : public testing::Test {
 protected:
  TemporaryTree() {
    std::string name = (std::filesystem::temp_directory_path() / "nmgen-XXXXXX").string();
    root_ = mkdtemp(name.data()) != nullptr ? name : "";
  }
  ~TemporaryTree() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    std::filesystem::path file = std::filesystem::path(root_) / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  std::string root_;
};

TEST(MitigationsText, OneCompactLine) {
  EXPECT_EQ(
      summarise_mitigations({{"l1tf", "Not affected\n"},
                             {"mds", "Not affected\n"},
                             {"retbleed", "Mitigation: Enhanced IBRS\n"},
                             {"spectre_v2", "Vulnerable; IBPB: disabled\n"}}),
      "retbleed=Enhanced IBRS | spectre_v2=Vulnerable; IBPB: disabled | not affected by 2 of 4");
  EXPECT_EQ(summarise_mitigations({{"mds", "Not affected"}}), "not affected by 1 of 1");
  EXPECT_EQ(summarise_mitigations({{"mds", "Vulnerable"}}), "mds=Vulnerable");
  EXPECT_EQ(summarise_mitigations({}), "unknown");
}

using Mitigations = TemporaryTree;
TEST_F(Mitigations, FromADirectoryInOrder) {
  write("b", "Mitigation: PTI\n");
  write("a", "Vulnerable\n");
  EXPECT_EQ(read_mitigations(root_), "a=Vulnerable | b=PTI");
  EXPECT_EQ(read_mitigations(root_ + "/missing"), "unknown");
}

using Governor = TemporaryTree;
TEST_F(Governor, SameMixedOrNone) {
  write("cpu0/cpufreq/scaling_governor", "performance\n");
  write("cpu1/cpufreq/scaling_governor", "performance\n");
  write("cpu2/cpufreq/scaling_governor", "powersave\n");
  EXPECT_EQ(governor_of({0, 1}, root_), "performance");
  EXPECT_EQ(governor_of({0, 1, 2}, root_), "mixed: performance, powersave");
  EXPECT_EQ(governor_of({3}, root_), "none");
  EXPECT_EQ(governor_of({}, root_), "none");
}

TEST(KernelParameters, WhereTheMachineStartsFromIsLeftOut) {
  EXPECT_EQ(kernel_parameters("BOOT_IMAGE=/vmlinuz root=UUID=1-2 ro quiet isolcpus=2,3"),
            "ro quiet isolcpus=2,3");
  EXPECT_EQ(kernel_parameters("  nohz_full=1   rootwait resume=/dev/sda2 initrd=/i "),
            "nohz_full=1 rootwait");
  EXPECT_EQ(kernel_parameters("quiet rdinit=/first init=/sbin/init -- --verbose isolcpus=1"),
            "quiet");
  EXPECT_EQ(kernel_parameters("dyndbg=\"file a -- +p\" quiet -- x"),
            "dyndbg=\"file a -- +p\" quiet");
  EXPECT_EQ(kernel_parameters("a=\"not closed -- init=/x"), "a=\"not closed -- init=/x");
  EXPECT_EQ(kernel_parameters("root=/dev/sda1"), "none");
  EXPECT_EQ(kernel_parameters(""), "none");
}

TEST(Virtualisation, Names) {
  EXPECT_EQ(describe_virtualisation(false, "", "Some Maker Box"), "none");
  EXPECT_EQ(describe_virtualisation(true, "KVMKVMKVM", ""), "KVM");
  EXPECT_EQ(describe_virtualisation(true, "TCGTCGTCGTCG", "QEMU Standard PC"),
            "QEMU TCG, QEMU Standard PC");
  EXPECT_EQ(describe_virtualisation(true, "NewVisor", ""), "NewVisor");
  EXPECT_EQ(describe_virtualisation(true, "", "Maker"), "hypervisor of unknown make, Maker");
}

TEST(Fingerprint, OfThisMachineIsFilled) {
  Fingerprint print = take_fingerprint(2.5e9);
  for (const std::string& text :
       {print.cpu_model, print.governor, print.kernel, print.command_line, print.mitigations,
        print.virtualisation, print.compiler_flags, print.commit, print.clock_source})
    EXPECT_NE(text, "");
  EXPECT_EQ(print.cores, allowed_cores().size());
  EXPECT_THAT(print.kernel, HasSubstr("Linux"));
  EXPECT_THAT(print.compiler, testing::MatchesRegex("(GNU|Clang) [0-9.]+"));
  EXPECT_THAT(print.compiler_flags, HasSubstr("-Wall"));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // What runs for every frame is not compiled as the rest is.
  EXPECT_THAT(print.compiler_flags, HasSubstr("hot code: -O3"));
#endif
  EXPECT_EQ(print.tsc_hz, 2.5e9);
  EXPECT_GE(print.load, 0);
  EXPECT_EQ(print.mitigations.find('\n'), std::string::npos);
}

TEST(Fingerprint, CommitIsAHashOrUnknown) {
  std::string commit = built_from_commit();
  if (commit == "unknown") {
    EXPECT_FALSE(built_from_dirty_tree());
    return;
  }
  EXPECT_GE(commit.size(), 40U);
  for (char letter : commit)
    EXPECT_TRUE(std::isxdigit(static_cast<unsigned char>(letter))) << commit;
}

}  // namespace
}  // namespace nmgen
