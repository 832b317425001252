// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/text_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace nmgen {
namespace {

constexpr const char* kRemedy = "give a path that can be written";

// Where the bytes go: beside `target` first, or right into it.
struct OutputPath {
  std::string target;     // without symbolic links
  std::string temporary;  // empty: write into the target
};

Result<OutputPath> find_output(const std::string& path) {
  const std::string what = "cannot write " + path;
  if (path.empty())
    return fail("cannot write a file", "its path is empty", kRemedy);
  OutputPath output{path, ""};
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode))
      return fail(what, "it is a directory", "give the path of a file in it", EISDIR);
    if (!S_ISREG(status.st_mode))
      return output;
    std::unique_ptr<char, void (*)(void*)> real(realpath(path.c_str(), nullptr), std::free);
    if (real != nullptr)
      output.target = real.get();
  } else if (errno != ENOENT) {
    return fail_errno(what, errno, kRemedy);
  } else if (lstat(path.c_str(), &status) == 0) {
    return fail(what, "it is a symbolic link to nowhere", "remove the link, or give another path",
                ENOENT);
  }
  const size_t slash = output.target.rfind('/');
  const size_t name = slash == std::string::npos ? 0 : slash + 1;
  if (name == output.target.size())
    return fail(what, "there is no such directory", "make the directory first", ENOENT);
  output.temporary = fmt::format("{}.{:.200}.{}.tmp", output.target.substr(0, name),
                                 output.target.substr(name), getpid());
  return output;
}

tl::unexpected<Error> fail_writing(const std::string& path, int code) {
  if (code == ENOENT)
    return fail("cannot write " + path, "there is no such directory", "make the directory first",
                code);
  return fail_errno("cannot write " + path, code,
                    code == ENOSPC ? "free some space, or give another path" : kRemedy);
}

// Return: 0 or an errno.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t count = write(fd, text.data(), text.size());
    if (count < 0 && errno != EINTR)
      return errno;
    if (count > 0)
      text.remove_prefix(static_cast<size_t>(count));
  }
  return 0;
}

// Return: 0 or an errno; closes fd either way. A pipe or a terminal cannot be synced, and needs
// not.
int sync_and_close(int fd) {
  int error = fsync(fd) == 0 || errno == EINVAL || errno == EROFS ? 0 : errno;
  return close(fd) == 0 || error != 0 ? error : errno;
}

// Makes the new file; 0666 so that the user's umask decides.
int open_temporary(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
}

}  // namespace

Result<void> check_writable(const std::string& path) {
  if (path == "-")
    return {};
  Result<OutputPath> output = find_output(path);
  if (!output)
    return tl::unexpected<Error>(output.error());
  if (output->temporary.empty()) {
    // Not opened: opening a pipe waits for its reader.
    return access(path.c_str(), W_OK) == 0 ? Result<void>() : fail_writing(path, errno);
  }
  // A signal that ends the program waits, so that the file does not stay.
  sigset_t all, former;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &former);
  const int fd = open_temporary(output->temporary);
  const int error = fd < 0 ? errno : 0;
  if (fd >= 0) {
    close(fd);
    unlink(output->temporary.c_str());
  }
  pthread_sigmask(SIG_SETMASK, &former, nullptr);
  return fd >= 0 ? Result<void>() : fail_writing(path, error);
}

Result<void> write_text(std::string_view text, const std::string& path) {
  if (path == "-") {
    int error = write_all(STDOUT_FILENO, text);
    return error == 0 ? Result<void>() : fail_writing("to standard output", error);
  }
  Result<OutputPath> output = find_output(path);
  if (!output)
    return tl::unexpected<Error>(output.error());
  const bool direct = output->temporary.empty();
  int fd = direct ? open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY)
                  : open_temporary(output->temporary);
  if (fd < 0)
    return fail_writing(path, errno);
  int error = write_all(fd, text);
  int close_error = sync_and_close(fd);
  if (error == 0)
    error = close_error;
  if (error == 0 && !direct && rename(output->temporary.c_str(), output->target.c_str()) != 0)
    error = errno;
  if (error != 0) {
    if (!direct)
      unlink(output->temporary.c_str());
    return fail_writing(path, error);
  }
  return {};
}

}  // namespace nmgen
