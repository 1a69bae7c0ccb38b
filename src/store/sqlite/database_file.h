// Why: a database path can be wrong in a dozen ways that SQLite reports with the same three words;
// people who start a server deserve the sentence. And a copy of a database must not pass for the
// original (R12), so a file has an identity.
// Looks at the file's metadata only: opening and closing it by hand would drop the locks that
// SQLite holds for this process. Any thread.
#pragma once

#include <string>

#include "base/result.h"

namespace coolkit::store {

// Can a database be opened here, and created if `create`? Errors, naming the path:
// kInvalidRequest (a directory, not a file, no such directory), kStorageError (no permission, a
// read-only file system), kDatabaseUnavailable (missing and not to be created).
[[nodiscard]] Result<void> CheckDatabaseFile(const std::string& path, bool create);

// "<inode>.<birth time>": another one for every copy, the same after a rename. Empty when there is
// no such file.
[[nodiscard]] std::string FileIdentity(const std::string& path);

}  // namespace coolkit::store
