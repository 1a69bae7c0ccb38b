// Any bytes as the body of a batch: never a crash; an item without an error is one that may be
// stored, and a batch that is accepted keeps the limits.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/batch_request.h"
#include "base/check.h"
#include "base/text.h"
#include "model/limits.h"

namespace {

constexpr std::size_t kValueBytesMax = 64;
namespace api = coolkit::api;
namespace model = coolkit::model;
using coolkit::store::WriteOp;

void CheckWrite(const api::BatchWriteItem& item) {
  CHECK(coolkit::IsValidUtf8(item.key_text));
  if (item.error) return;
  CHECK(model::ValidateKey(item.op.key.key) && item.op.key.key == item.key_text);
  const bool put = item.op.kind == WriteOp::Kind::kPut;
  CHECK(put == (item.op.value != nullptr));
  if (!put) return;
  CHECK(item.op.value->size() <= kValueBytesMax);
  CHECK(!item.op.content_type.empty() &&
        item.op.content_type.size() <= model::kMaxContentTypeBytes);
  CHECK(item.op.expiry.after.count() >= 0 && item.op.expiry.after.count() <= model::kMaxTtlMs);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (const auto items = api::ParseBatchGet(body)) {
    CHECK(items->size() <= model::kMaxBatchItems);
    for (const api::BatchGetItem& item : *items) {
      CHECK(item.error.has_value() == !model::ValidateKey(item.key_text).has_value());
    }
  }
  if (const auto batch = api::ParseBatchWrite(body, "c", kValueBytesMax)) {
    CHECK(batch->items.size() <= model::kMaxBatchItems);
    for (const api::BatchWriteItem& item : batch->items) CheckWrite(item);
  }
  return 0;
}
