#include "telemetry/cgroup.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/clock.h"
#include "telemetry/cgroup_paths.h"

namespace coolkit::telemetry {
namespace {

namespace fs = std::filesystem;

// A made-up / with only what a test writes.
class CgroupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::path(::testing::TempDir()) /
            ("cgroup_" + std::string(test->name()) + "_" + std::to_string(::getpid()));
    fs::remove_all(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  [[nodiscard]] CgroupFigures Read() const { return ReadCgroup(root_.string()); }

  fs::path root_;
};

constexpr const char* kV2Mount =
    "25 20 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

TEST_F(CgroupTest, FindsNothingOnAnEmptyMachine) {
  const CgroupFigures figures = Read();
  EXPECT_FALSE(figures.memory_limit_bytes);
  EXPECT_FALSE(figures.memory_usage_bytes);
  EXPECT_FALSE(figures.cpu_limit_cores);
  EXPECT_FALSE(figures.cpu_periods);
}

TEST_F(CgroupTest, ReadsV2InAContainerOfItsOwnNamespace) {
  Write("proc/self/cgroup", "0::/\n");
  Write("proc/self/mountinfo", kV2Mount);
  Write("sys/fs/cgroup/memory.max", "536870912\n");
  Write("sys/fs/cgroup/memory.current", "1000\n");
  Write("sys/fs/cgroup/memory.stat", "anon 600\nfile 400\nactive_file 100\ninactive_file 300\n");
  Write("sys/fs/cgroup/cpu.max", "150000 100000\n");
  Write("sys/fs/cgroup/cpu.stat",
        "usage_usec 1\nnr_periods 7\nnr_throttled 3\nthrottled_usec 1500000\nnr_bursts 0\n");
  const CgroupFigures figures = Read();
  EXPECT_EQ(figures.memory_limit_bytes, 536870912U);
  EXPECT_EQ(figures.memory_usage_bytes, 1000U);
  EXPECT_EQ(figures.memory_working_set_bytes, 700U);
  EXPECT_EQ(figures.cpu_limit_cores, 1.5);
  EXPECT_EQ(figures.cpu_periods, 7U);
  EXPECT_EQ(figures.cpu_throttled_periods, 3U);
  EXPECT_EQ(figures.cpu_throttled_seconds, 1.5);
}

TEST_F(CgroupTest, TakesTheSmallestLimitOnTheWayUp) {
  Write("proc/self/cgroup", "0::/kubepods/pod1/c1\n");
  Write("proc/self/mountinfo", kV2Mount);
  Write("sys/fs/cgroup/kubepods/memory.max", "3000\n");
  Write("sys/fs/cgroup/kubepods/pod1/memory.max", "1000\n");
  Write("sys/fs/cgroup/kubepods/pod1/c1/memory.max", "2000\n");
  Write("sys/fs/cgroup/kubepods/pod1/cpu.max", "50000 100000\n");
  Write("sys/fs/cgroup/kubepods/pod1/cpu.stat", "nr_periods 11\n");
  Write("sys/fs/cgroup/kubepods/pod1/c1/cpu.max", "max 100000\n");
  Write("sys/fs/cgroup/kubepods/pod1/c1/cpu.stat", "nr_periods 99\n");
  const CgroupFigures figures = Read();
  EXPECT_EQ(figures.memory_limit_bytes, 1000U);
  EXPECT_EQ(figures.cpu_limit_cores, 0.5);
  EXPECT_EQ(figures.cpu_periods, 11U);  // of the level that throttles
}

TEST_F(CgroupTest, MaxIsNoLimit) {
  Write("proc/self/cgroup", "0::/a\n");
  Write("sys/fs/cgroup/a/memory.max", "max\n");
  Write("sys/fs/cgroup/a/cpu.max", "max 100000\n");
  Write("sys/fs/cgroup/a/cpu.stat", "nr_periods 0\nnr_throttled 0\nthrottled_usec 0\n");
  const CgroupFigures figures = Read();
  EXPECT_FALSE(figures.memory_limit_bytes);
  EXPECT_FALSE(figures.cpu_limit_cores);
  EXPECT_EQ(figures.cpu_throttled_seconds, 0.0);
}

// A container that shares the host's cgroup namespace sees the host's path but only its own part
// of the tree, mounted at the usual place.
TEST_F(CgroupTest, FollowsTheMountRootOfAContainer) {
  Write("proc/self/cgroup", "0::/docker/abc/inner\n");
  Write("proc/self/mountinfo", "25 20 0:22 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
  Write("sys/fs/cgroup/memory.max", "5000\n");
  Write("sys/fs/cgroup/inner/memory.max", "4000\n");
  EXPECT_EQ(Read().memory_limit_bytes, 4000U);
}

TEST_F(CgroupTest, UsesTheMountWhenItsOwnPathIsNotVisible) {
  for (const char* path : {"/kubepods/pod9/c9", "/../../elsewhere", "/docker/abcdef"}) {
    Write("proc/self/cgroup", std::string("0::") + path + "\n");
    Write("proc/self/mountinfo", "25 20 0:22 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
    Write("sys/fs/cgroup/memory.max", "5000\n");
    EXPECT_EQ(Read().memory_limit_bytes, 5000U) << path;
  }
}

TEST_F(CgroupTest, ReadsV1) {
  Write("proc/self/cgroup", "5:cpu,cpuacct:/pod/c\n4:memory:/pod/c\n1:name=systemd:/\n");
  Write("proc/self/mountinfo",
        "30 20 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
        "31 20 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  Write("sys/fs/cgroup/memory/pod/memory.limit_in_bytes", "8000\n");
  Write("sys/fs/cgroup/memory/pod/c/memory.limit_in_bytes", "9000\n");
  Write("sys/fs/cgroup/memory/pod/c/memory.usage_in_bytes", "700\n");
  Write("sys/fs/cgroup/memory/pod/c/memory.stat", "inactive_file 5\ntotal_inactive_file 100\n");
  Write("sys/fs/cgroup/cpu,cpuacct/pod/c/cpu.cfs_quota_us", "200000\n");
  Write("sys/fs/cgroup/cpu,cpuacct/pod/c/cpu.cfs_period_us", "100000\n");
  Write("sys/fs/cgroup/cpu,cpuacct/pod/c/cpu.stat",
        "nr_periods 10\nnr_throttled 4\nthrottled_time 250000000\n");
  const CgroupFigures figures = Read();
  EXPECT_EQ(figures.memory_limit_bytes, 8000U);
  EXPECT_EQ(figures.memory_usage_bytes, 700U);
  EXPECT_EQ(figures.memory_working_set_bytes, 600U);
  EXPECT_EQ(figures.cpu_limit_cores, 2.0);
  EXPECT_EQ(figures.cpu_throttled_periods, 4U);
  EXPECT_EQ(figures.cpu_throttled_seconds, 0.25);
}

TEST_F(CgroupTest, TakesTheUnlimitedNumbersOfV1AsNone) {
  Write("proc/self/cgroup", "5:cpu:/\n4:memory:/\n");
  Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  Write("sys/fs/cgroup/memory/memory.stat", "hierarchical_memory_limit 9223372036854771712\n");
  Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  const CgroupFigures figures = Read();
  EXPECT_FALSE(figures.memory_limit_bytes);
  EXPECT_FALSE(figures.cpu_limit_cores);
}

TEST_F(CgroupTest, KnowsOfV1LimitsAboveTheMount) {
  Write("proc/self/cgroup", "4:memory:/\n");
  Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  Write("sys/fs/cgroup/memory/memory.stat", "cache 0\nhierarchical_memory_limit 6000\n");
  EXPECT_EQ(Read().memory_limit_bytes, 6000U);
}

// Both versions at once: a controller belongs to one of them.
TEST_F(CgroupTest, ReadsEachControllerWhereItIs) {
  Write("proc/self/cgroup", "4:memory:/m\n0::/u\n");
  Write("proc/self/mountinfo",
        "31 20 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "32 20 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  Write("sys/fs/cgroup/memory/m/memory.limit_in_bytes", "1234\n");
  Write("sys/fs/cgroup/unified/u/memory.max", "1\n");
  Write("sys/fs/cgroup/unified/u/cpu.max", "300000 100000\n");
  const CgroupFigures figures = Read();
  EXPECT_EQ(figures.memory_limit_bytes, 1234U);
  EXPECT_EQ(figures.cpu_limit_cores, 3.0);
}

TEST_F(CgroupTest, SurvivesGarbage) {
  const std::string noise("\x00\xff::\n: - \n:::\n", 14);
  for (const std::string& text :
       {std::string(), std::string("\n\n"), noise, std::string("-5"), std::string("1 2 3"),
        std::string("99999999999999999999999"), std::string(200'000, '7')}) {
    Write("proc/self/cgroup", text + "\n0::/g\n");
    Write("proc/self/mountinfo", text);
    for (const char* file :
         {"memory.max", "memory.current", "memory.stat", "cpu.max", "cpu.stat"}) {
      Write(std::string("sys/fs/cgroup/g/") + file, text);
    }
    const CgroupFigures figures = Read();
    EXPECT_FALSE(figures.memory_limit_bytes);
    EXPECT_FALSE(figures.memory_usage_bytes);
    EXPECT_FALSE(figures.cpu_limit_cores);
    EXPECT_FALSE(figures.cpu_throttled_seconds);
  }
}

TEST_F(CgroupTest, DoesNotDivideByAZeroPeriod) {
  Write("proc/self/cgroup", "0::/\n");
  Write("sys/fs/cgroup/cpu.max", "100000 0\n");
  EXPECT_FALSE(Read().cpu_limit_cores);
}

TEST_F(CgroupTest, ListsTheLevelsUpToTheMount) {
  Write("proc/self/cgroup", "0::/a/b/\n");
  Write("sys/fs/cgroup/a/b/x", "");
  const CgroupLocation location = LocateCgroup(root_.string() + "/", "memory");
  EXPECT_EQ(location.version, 2);
  const std::string top = root_.string() + "/sys/fs/cgroup";
  EXPECT_EQ(location.levels, (std::vector<std::string>{top + "/a/b", top + "/a", top}));
}

TEST(ReadProcess, IsPlausible) {
  const ProcessFigures before = ReadProcess();
  volatile std::uint64_t work = 0;
  for (int i = 0; i < 20'000'000; ++i) work = work + 1;
  const ProcessFigures after = ReadProcess();
  EXPECT_GT(after.cpu_seconds, before.cpu_seconds);
  EXPECT_GT(before.machine_memory_bytes, before.resident_bytes);
  EXPECT_NEAR(before.start_time_unix_seconds, after.start_time_unix_seconds, 0.1);
  const auto now = SystemClock().WallNow().time_since_epoch();
  EXPECT_LE(before.start_time_unix_seconds, std::chrono::duration<double>(now).count() + 0.1);
}

TEST(ReadProcess, CountsTheProcessorsItMayRunOn) {
  EXPECT_GE(ReadProcess().processors, 1U);
  EXPECT_LE(ReadProcess().processors, static_cast<unsigned>(::sysconf(_SC_NPROCESSORS_CONF)));
}

TEST(ReadProcess, CountsOpenFiles) {
  const std::uint64_t before = ReadProcess().open_fds;
  const int copy = ::dup(0);
  ASSERT_GE(copy, 0);
  EXPECT_EQ(ReadProcess().open_fds, before + 1);
  ::close(copy);
}

}  // namespace
}  // namespace coolkit::telemetry
