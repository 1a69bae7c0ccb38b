#include "store/sqlite/database_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace coolkit::store {
namespace {

std::string DirectoryOf(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string SystemMessage(int error) {
  return std::error_code(error, std::generic_category()).message();
}

std::unexpected<Error> Refuse(ErrorCode code, const std::string& path, const std::string& why) {
  return Fail(code, "database " + path + ": " + why);
}

// What faccessat(2) says about `subject`, which belongs to the database `path`.
Result<void> CheckAccess(const std::string& path, const std::string& subject, int mode) {
  if (::faccessat(AT_FDCWD, subject.c_str(), mode, AT_EACCESS) == 0) return {};
  const std::string of = subject == path ? "it" : "its directory " + subject;
  if (errno == EROFS) {
    return Refuse(ErrorCode::kStorageError, path, of + " is on a read-only file system");
  }
  if (errno == EACCES || errno == EPERM) {
    return Refuse(ErrorCode::kStorageError, path, "no permission to read and write " + of);
  }
  return Refuse(ErrorCode::kStorageError, path, of + ": " + SystemMessage(errno));
}

}  // namespace

Result<void> CheckDatabaseFile(const std::string& path, bool create) {
  const std::string directory = DirectoryOf(path);
  struct stat directory_info{};
  if (::stat(directory.c_str(), &directory_info) != 0) {
    if (errno == ENOENT) {
      return Refuse(ErrorCode::kInvalidRequest, path, "there is no directory " + directory);
    }
    return Refuse(ErrorCode::kStorageError, path,
                  "its directory " + directory + ": " + SystemMessage(errno));
  }
  if (!S_ISDIR(directory_info.st_mode)) {
    return Refuse(ErrorCode::kInvalidRequest, path, directory + " is not a directory");
  }
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno != ENOENT) return Refuse(ErrorCode::kStorageError, path, SystemMessage(errno));
    if (!create) return Refuse(ErrorCode::kDatabaseUnavailable, path, "there is no such file");
  } else if (S_ISDIR(info.st_mode)) {
    return Refuse(ErrorCode::kInvalidRequest, path, "it is a directory, not a file");
  } else if (!S_ISREG(info.st_mode)) {
    return Refuse(ErrorCode::kInvalidRequest, path, "it is not a regular file");
  } else if (Result<void> access = CheckAccess(path, path, R_OK | W_OK); !access) {
    return access;
  }
  // The write-ahead log and its index are created beside the database.
  return CheckAccess(path, directory, W_OK | X_OK);
}

std::string FileIdentity(const std::string& path) {
  struct statx info{};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_BTIME, &info) != 0) return {};
  std::string identity = std::to_string(info.stx_ino);
  if ((info.stx_mask & STATX_BTIME) != 0) {
    identity +=
        "." + std::to_string(info.stx_btime.tv_sec) + "." + std::to_string(info.stx_btime.tv_nsec);
  }
  return identity;
}

}  // namespace coolkit::store
