#include "tests/bench/machine.h"

#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include <fmt/format.h>

namespace catlog::bench {
namespace {

constexpr double bytes_per_gib = 1024.0 * 1024 * 1024;

std::string file_system_of(const std::filesystem::path& directory) {
  struct statfs info {};
  if (::statfs(directory.c_str(), &info) != 0) return "an unknown file system";
  switch (static_cast<unsigned long>(info.f_type)) {
    case EXT4_SUPER_MAGIC:
      return "ext4";
    case XFS_SUPER_MAGIC:
      return "xfs";
    case BTRFS_SUPER_MAGIC:
      return "btrfs";
    case OVERLAYFS_SUPER_MAGIC:
      return "overlayfs";
    case TMPFS_MAGIC:
      return "tmpfs (nothing is durable there: the numbers mean little)";
    default:
      return fmt::format("file system {:#x}", static_cast<unsigned long>(info.f_type));
  }
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  constexpr std::string_view name = "model name";
  for (std::string line; std::getline(info, line);)
    if (line.starts_with(name) && line.find(": ") != std::string::npos) return line.substr(line.find(": ") + 2);
  return "an unknown processor";
}

}  // namespace

Machine machine_with(const std::filesystem::path& directory) {
  Machine machine;
  machine.processor = processor();
  machine.cores = std::thread::hardware_concurrency();
  machine.memory_gib =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / bytes_per_gib;
  utsname system{};
  ::uname(&system);
  machine.kernel = fmt::format("{} {} {}", system.sysname, system.release, system.machine);
  machine.file_system = file_system_of(directory);
  if (::getloadavg(&machine.load, 1) != 1) machine.load = 0;
  return machine;
}

}  // namespace catlog::bench
