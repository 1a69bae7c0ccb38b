// Why: disks fail. A SQLite VFS over the real one that fails the n-th operation of a kind, once or
// from then on, and that remembers what was synced, so that a test can look at the files as they
// would be after a crash of the process or a loss of power. It does not really sync: fast.
#pragma once

#include <sqlite3.h>

#include <cstring>
#include <fstream>
#include <map>
#include <string>

#include "base/check.h"
#include "base/mutex.h"

namespace coolkit::store {

enum class FaultKind { kOpen, kRead, kWrite, kWriteFull, kSync, kTruncate, kShmMap };

class FaultVfs {
 public:
  explicit FaultVfs(std::string name) : name_(std::move(name)), real_(sqlite3_vfs_find(nullptr)) {
    vfs_ = *real_;
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.zName = name_.c_str();
    vfs_.pAppData = this;
    vfs_.pNext = nullptr;
    vfs_.xOpen = &Open;
    CHECK(sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK);
  }
  ~FaultVfs() { sqlite3_vfs_unregister(&vfs_); }
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }

  // The n-th operation of this kind from now on (0: the next one) fails; `forever`: all after it.
  void Arm(FaultKind kind, int n, bool forever) {
    const MutexLock lock(mutex_);
    kind_ = kind;
    left_ = n;
    forever_ = forever;
    armed_ = true;
    hit_ = false;
  }
  void Disarm() {
    const MutexLock lock(mutex_);
    armed_ = false;
  }
  [[nodiscard]] bool hit() const {
    const MutexLock lock(mutex_);
    return hit_;
  }

  // A disk that hangs: every sync waits until it is let go.
  void HoldSyncs(bool hold) {
    const MutexLock lock(mutex_);
    hold_syncs_ = hold;
    changed_.NotifyAll();
  }
  // Until one hangs.
  void AwaitHeldSync() {
    const MutexLock lock(mutex_);
    while (held_ == 0) changed_.Wait(mutex_);
  }

  // Writes what the database and its log would hold after a loss of power that drops every byte
  // that was not synced.
  void WriteSyncedImage(const std::string& database, const std::string& to) {
    const MutexLock lock(mutex_);
    for (const char* part : {"", "-wal"}) {
      const auto image = synced_.find(database + part);
      if (image == synced_.end()) continue;
      std::ofstream(to + part, std::ios::binary) << image->second;
    }
  }

 private:
  struct File {
    sqlite3_file base;
    FaultVfs* vfs;
    const char* path;  // SQLite keeps it as long as the file is open
    sqlite3_file* real;
  };
  static File* Of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
  static sqlite3_file* Real(sqlite3_file* file) { return Of(file)->real; }

  bool Fails(FaultKind kind) {
    const MutexLock lock(mutex_);
    if (!armed_ || kind != kind_) return false;
    if (left_ > 0) {
      --left_;
      return false;
    }
    hit_ = true;
    if (!forever_) armed_ = false;
    return true;
  }

  void WaitWhileHeld() {
    const MutexLock lock(mutex_);
    if (!hold_syncs_) return;
    ++held_;
    changed_.NotifyAll();
    while (hold_syncs_) changed_.Wait(mutex_);
    --held_;
  }

  static int Open(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* file, int flags,
                  int* out_flags) {
    auto* self = static_cast<FaultVfs*>(vfs->pAppData);
    std::memset(static_cast<void*>(file), 0, sizeof(File));
    if (self->Fails(FaultKind::kOpen)) return SQLITE_CANTOPEN;
    Of(file)->vfs = self;
    Of(file)->path = path;
    Of(file)->real = reinterpret_cast<sqlite3_file*>(Of(file) + 1);
    const int code = self->real_->xOpen(self->real_, path, Real(file), flags, out_flags);
    if (Real(file)->pMethods != nullptr) file->pMethods = Methods();
    return code;
  }

  static int Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
    FaultVfs* self = Of(file)->vfs;
    if (self->Fails(FaultKind::kWriteFull)) {
      // As a real disk does it: a part is written.
      static_cast<void>(Real(file)->pMethods->xWrite(Real(file), bytes, size / 2, at));
      return SQLITE_FULL;
    }
    const int code = Real(file)->pMethods->xWrite(Real(file), bytes, size, at);
    // The worst error: all bytes arrived, and nobody knows.
    return self->Fails(FaultKind::kWrite) ? SQLITE_IOERR_WRITE : code;
  }
  static int Sync(sqlite3_file* file, int /*flags*/) {
    FaultVfs* self = Of(file)->vfs;
    self->WaitWhileHeld();
    if (self->Fails(FaultKind::kSync)) return SQLITE_IOERR_FSYNC;
    if (Of(file)->path == nullptr) return SQLITE_OK;
    std::ifstream now(Of(file)->path, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(now), {});
    const MutexLock lock(self->mutex_);
    self->synced_[Of(file)->path] = std::move(bytes);
    return SQLITE_OK;
  }
  static int Read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 at) {
    if (Of(file)->vfs->Fails(FaultKind::kRead)) return SQLITE_IOERR_READ;
    return Real(file)->pMethods->xRead(Real(file), bytes, size, at);
  }
  static int Truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (Of(file)->vfs->Fails(FaultKind::kTruncate)) return SQLITE_IOERR_TRUNCATE;
    return Real(file)->pMethods->xTruncate(Real(file), size);
  }
  static int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
    if (Of(file)->vfs->Fails(FaultKind::kShmMap)) return SQLITE_IOERR_SHMMAP;
    return Real(file)->pMethods->xShmMap(Real(file), page, size, extend, out);
  }

  static const sqlite3_io_methods* Methods() {
    static const sqlite3_io_methods methods = {
        3,
        [](sqlite3_file* file) { return Real(file)->pMethods->xClose(Real(file)); },
        &Read,
        &Write,
        &Truncate,
        &Sync,
        [](sqlite3_file* file, sqlite3_int64* size) {
          return Real(file)->pMethods->xFileSize(Real(file), size);
        },
        [](sqlite3_file* file, int lock) { return Real(file)->pMethods->xLock(Real(file), lock); },
        [](sqlite3_file* file, int lock) {
          return Real(file)->pMethods->xUnlock(Real(file), lock);
        },
        [](sqlite3_file* file, int* out) {
          return Real(file)->pMethods->xCheckReservedLock(Real(file), out);
        },
        [](sqlite3_file* file, int op, void* argument) {
          return Real(file)->pMethods->xFileControl(Real(file), op, argument);
        },
        [](sqlite3_file* file) { return Real(file)->pMethods->xSectorSize(Real(file)); },
        [](sqlite3_file* file) { return Real(file)->pMethods->xDeviceCharacteristics(Real(file)); },
        &ShmMap,
        [](sqlite3_file* file, int offset, int n, int flags) {
          return Real(file)->pMethods->xShmLock(Real(file), offset, n, flags);
        },
        [](sqlite3_file* file) { Real(file)->pMethods->xShmBarrier(Real(file)); },
        [](sqlite3_file* file, int remove) {
          return Real(file)->pMethods->xShmUnmap(Real(file), remove);
        },
        [](sqlite3_file*, sqlite3_int64, int, void** out) {
          *out = nullptr;  // no memory map
          return SQLITE_OK;
        },
        [](sqlite3_file*, sqlite3_int64, void*) { return SQLITE_OK; },
    };
    return &methods;
  }

  const std::string name_;
  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_{};
  mutable Mutex mutex_;
  FaultKind kind_ GUARDED_BY(mutex_) = FaultKind::kWrite;
  int left_ GUARDED_BY(mutex_) = 0;
  bool forever_ GUARDED_BY(mutex_) = false;
  bool armed_ GUARDED_BY(mutex_) = false;
  bool hit_ GUARDED_BY(mutex_) = false;
  bool hold_syncs_ GUARDED_BY(mutex_) = false;
  int held_ GUARDED_BY(mutex_) = 0;
  CondVar changed_;
  std::map<std::string, std::string> synced_ GUARDED_BY(mutex_);
};

}  // namespace coolkit::store
