// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/live_segment.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <new>
#include <system_error>

namespace nmgen {
namespace {

constexpr uint64_t kMagic = 0x32764c6e65676d6e;  // "nmgenLv2"

// The names of all counters, in their order.
constexpr std::string_view kCounterNames =
#define WORKER_COUNTER(name, ...) #name " "
#define HIDDEN_COUNTER(name, ...) #name " "
#define SAMPLED_COUNTER(name, ...) #name " "
#define PORT_COUNTER(name, ...) #name " "
#include "pktgen/measure/figure_list.h"
    ;

// What is not the same is another nmgen's: sizes, and which counters there are (FNV-1a).
constexpr uint32_t layout() {
  uint32_t hash = 2166136261;
  for (const size_t size :
       {sizeof(LiveHeader), sizeof(LivePort), sizeof(LiveWorker), sizeof(LiveStream)})
    hash = (hash ^ static_cast<uint32_t>(size)) * 16777619;
  for (const char letter : kCounterNames)
    hash = (hash ^ static_cast<uint8_t>(letter)) * 16777619;
  return hash;
}
constexpr uint32_t kLayout = layout();
constexpr const char* kPrefix = "nmgen.";
// More than any scenario has; a bound for what another process claims.
constexpr uint32_t kMaxEntries = 4096;

std::string path_of(const std::string& directory, pid_t pid) {
  return fmt::format("{}/{}{}", directory, kPrefix, pid);
}

// Whether the file's maker holds it. It takes the lock before the file has its name, and the kernel
// takes it away when the process ends, however that happens.
bool is_held(int fd) {
  if (flock(fd, LOCK_SH | LOCK_NB) != 0)
    return errno == EWOULDBLOCK;
  flock(fd, LOCK_UN);
  return false;
}

// A file of a run, under its name or the one that it has until then.
struct Entry {
  std::string path;
  pid_t pid = 0;
  bool named = false;
  bool held = false;
};

std::vector<Entry> entries_of(const std::string& directory) {
  std::vector<Entry> found;
  DIR* entries = opendir(directory.c_str());
  if (entries == nullptr)
    return found;
  while (const dirent* each = readdir(entries)) {
    std::string_view name = each->d_name;
    Entry entry;
    entry.named = !name.starts_with('.');
    if (!entry.named)
      name.remove_prefix(1);
    if (!name.starts_with(kPrefix))
      continue;
    name.remove_prefix(std::string_view(kPrefix).size());
    const char* end = name.data() + name.size();
    const std::from_chars_result parsed = std::from_chars(name.data(), end, entry.pid);
    if (parsed.ec != std::errc() || parsed.ptr != end || entry.pid <= 0)
      continue;
    entry.path = fmt::format("{}/{}", directory, each->d_name);
    const int fd = ::open(entry.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
      continue;
    entry.held = is_held(fd);
    close(fd);
    found.push_back(std::move(entry));
  }
  closedir(entries);
  return found;
}

// Removes what killed runs have left. A file is held before it has its name; one without may have
// been made a moment ago.
void sweep(const std::string& directory) {
  for (const Entry& entry : entries_of(directory))
    if (!entry.held && (entry.named || (kill(entry.pid, 0) != 0 && errno == ESRCH)))
      unlink(entry.path.c_str());
}

}  // namespace

void LiveSegment::lay_out(const LiveShape& shape) {
  ports_ = sizeof(LiveHeader);
  workers_ = ports_ + shape.ports * sizeof(LivePort);
  streams_ = workers_ + shape.workers * sizeof(LiveWorker);
  histograms_ = streams_ + shape.streams * sizeof(LiveStream);
  bytes_ = histograms_ + 2 * shape.receivers * sizeof(HistogramBuckets);
}

std::shared_ptr<LiveSegment> LiveSegment::create(const LiveShape& shape,
                                                 const std::string& directory) {
  sweep(directory);
  std::shared_ptr<LiveSegment> segment(new LiveSegment);
  LiveSegment& made = *segment;
  made.owner_ = true;
  made.lay_out(shape);
  made.path_ = path_of(directory, getpid());
  made.temporary_ = fmt::format("{}/.{}{}", directory, kPrefix, getpid());
  // The memory has to be there now: on a full tmpfs a worker would die of SIGBUS later.
  int error = 0;
  made.fd_ =
      ::open(made.temporary_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made.fd_ < 0 || flock(made.fd_, LOCK_EX | LOCK_NB) != 0)
    error = errno;
  else
    error = posix_fallocate(made.fd_, 0, static_cast<off_t>(made.bytes_));
  void* memory = MAP_FAILED;
  if (error == 0)
    memory =
        mmap(nullptr, made.bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, made.fd_, 0);
  if (error == 0 && memory == MAP_FAILED)
    error = errno;
  if (error != 0) {
    made.why_private_ = fmt::format("cannot share the counters in {}: {}", directory,
                                    std::generic_category().message(error));
    if (made.fd_ >= 0) {
      unlink(made.temporary_.c_str());
      close(made.fd_);
      made.fd_ = -1;
    }
    memory = mmap(nullptr, made.bytes_, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED)
      throw std::bad_alloc();
  }
  made.memory_ = static_cast<char*>(memory);

  LiveHeader* header = new (made.memory_) LiveHeader;
  header->magic = kMagic;
  header->layout = kLayout;
  header->pid = getpid();
  header->ports = shape.ports;
  header->workers = shape.workers;
  header->receivers = shape.receivers;
  header->streams = shape.streams;
  for (size_t i = 0; i < shape.ports; i++)
    new (&made.port(i)) LivePort;
  for (size_t i = 0; i < shape.workers; i++)
    new (&made.worker(i)) LiveWorker;
  for (size_t i = 0; i < shape.streams; i++)
    new (&made.stream(i)) LiveStream;
  for (size_t i = 0; i < 2 * shape.receivers; i++)
    new (made.at<HistogramBuckets>(made.histograms_) + i) HistogramBuckets{};
  return segment;
}

void LiveSegment::publish() {
  if (fd_ < 0)
    return;
  // Over what a run of the same process number may have left.
  if (rename(temporary_.c_str(), path_.c_str()) != 0) {
    why_private_ = fmt::format("cannot name {}: {}", path_, std::generic_category().message(errno));
    return;
  }
  temporary_.clear();
}

LiveSegment::~LiveSegment() {
  if (owner_ && fd_ >= 0) {
    struct stat mine {
    }, named{};
    const std::string& path = temporary_.empty() ? path_ : temporary_;
    // Only our own: the name may be another run's of this process by now.
    if (fstat(fd_, &mine) == 0 && stat(path.c_str(), &named) == 0 && mine.st_ino == named.st_ino)
      unlink(path.c_str());
  }
  if (memory_ != nullptr)
    munmap(memory_, bytes_);
  if (fd_ >= 0)
    close(fd_);
}

Result<std::shared_ptr<LiveSegment>> LiveSegment::open(pid_t pid, const std::string& directory) {
  const std::string what = fmt::format("cannot show the run of process {}", pid);
  const char* remedy = "nmgen top --list lists the runs";
  const std::string path = path_of(directory, pid);
  std::shared_ptr<LiveSegment> segment(new LiveSegment);
  segment->fd_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (segment->fd_ < 0 && errno == ENOENT)
    return fail(what, "there is no such run", remedy, ENOENT);
  if (segment->fd_ < 0)
    return fail_errno(what, errno, "run nmgen top as the user who started it");
  if (!is_held(segment->fd_))
    return fail(what, "it has ended", remedy, ESRCH);
  struct stat status {};
  LiveHeader header;
  const char* other = "use the nmgen program that runs it";
  if (fstat(segment->fd_, &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size < static_cast<off_t>(sizeof(LiveHeader)) ||
      pread(segment->fd_, static_cast<void*>(&header), sizeof(header), 0) !=
          static_cast<ssize_t>(sizeof(header)) ||
      header.magic != kMagic || header.layout != kLayout)
    return fail(what, "its counters have another layout", other, EPROTO);
  const LiveShape shape{header.ports, header.workers, header.receivers, header.streams};
  if (std::max({shape.ports, shape.workers, shape.receivers, shape.streams}) > kMaxEntries ||
      shape.receivers > shape.workers)
    return fail(what, "its counters are damaged", "start it again", EPROTO);
  segment->lay_out(shape);
  if (status.st_size < static_cast<off_t>(segment->bytes_))
    return fail(what, "its counters are truncated", "start it again", EPROTO);
  void* memory =
      mmap(nullptr, segment->bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, segment->fd_, 0);
  if (memory == MAP_FAILED)
    return fail_errno(what, errno, "free some memory");
  segment->memory_ = static_cast<char*>(memory);
  for (size_t i = 0; i < shape.workers; i++) {
    const LiveWorker& worker = segment->worker(i);
    if (worker.port >= shape.ports || worker.first_stream > shape.streams ||
        worker.streams > shape.streams - worker.first_stream)
      return fail(what, "its counters are damaged", "start it again", EPROTO);
  }
  return segment;
}

std::vector<LiveRunName> LiveSegment::list(const std::string& directory) {
  sweep(directory);
  std::vector<LiveRunName> runs;
  for (const Entry& entry : entries_of(directory))
    if (entry.named && entry.held)
      if (Result<std::shared_ptr<LiveSegment>> segment = open(entry.pid, directory))
        runs.push_back({entry.pid, std::string((*segment)->header().scenario.view())});
  std::sort(runs.begin(), runs.end(),
            [](const LiveRunName& a, const LiveRunName& b) { return a.pid < b.pid; });
  return runs;
}

bool LiveSegment::is_alive() const {
  return owner_ || is_held(fd_);
}

}  // namespace nmgen
