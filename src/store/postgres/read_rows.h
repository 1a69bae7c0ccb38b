// Why: what a read asks for and what its rows mean, apart from how it is sent. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "store/postgres/pending.h"
#include "store/postgres/shared.h"

namespace coolkit::store {

// The distinct keys of a batch of reads, sorted.
[[nodiscard]] std::vector<const model::Key*> DistinctKeys(const std::vector<PgRead>& batch);

// `read` for keys of one collection, `read_many` for others.
[[nodiscard]] Step ReadStep(const std::vector<const model::Key*>& keys);

// Completes each read of the batch with its entries, or with kStorageError for one that names a key
// whose row can't be kept. Errors: nobody was answered, kIncarnationChanged among them.
[[nodiscard]] Result<void> AnswerReads(const PgResult& result, BootTime sent_at, Lives& lives,
                                       const std::vector<const model::Key*>& keys,
                                       std::vector<PgRead>& batch);

[[nodiscard]] Step ListStep(const ListRequest& request);
[[nodiscard]] Result<ListAnswer> TakeList(const PgResult& result, const ListRequest& request,
                                          BootTime sent_at, Lives& lives);

}  // namespace coolkit::store
