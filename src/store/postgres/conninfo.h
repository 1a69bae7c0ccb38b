// Why: a database URL goes to libpq as it is, but for what is ours in it: `pooler=transaction`.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace coolkit::store {

struct PostgresUrl {
  std::string text;                 // for libpq: a secret
  bool transaction_pooler = false;  // unnamed statements, settings in every transaction
};

// Takes `pooler` out of the parameters. Errors: kInvalidRequest (an unknown pooler, a URL that
// libpq refuses); never shows the URL.
[[nodiscard]] Result<PostgresUrl> ParsePostgresUrl(std::string_view url);

}  // namespace coolkit::store
