#include "api/routes.h"

#include <array>
#include <cstddef>

namespace coolkit::api {
namespace {

using enum http::Method;
using enum Parameter;
using Field = AnswerField;

// Parameters.
constexpr std::array kReadItem{
    kCollection,        kKey,          kIfMatch,      kIfNoneMatch, kIfModifiedSince,
    kIfUnmodifiedSince, kCacheControl, kMaxStaleness, kPosition,    kTraceparent};
constexpr std::array kPutItem{kCollection,        kKey,      kTtl,        kIfMatch, kIfNoneMatch,
                              kIfUnmodifiedSince, kPosition, kTraceparent};
constexpr std::array kChangeItem{kCollection,        kKey,      kIfMatch,    kIfNoneMatch,
                                 kIfUnmodifiedSince, kPosition, kTraceparent};
constexpr std::array kItemPath{kCollection, kKey};
constexpr std::array kListAll{kCollection, kPrefix,   kPageSize,   kPageToken,
                              kValues,     kPosition, kTraceparent};
constexpr std::array kCollectionPath{kCollection};
constexpr std::array kGetMany{kCollection, kCacheControl, kMaxStaleness, kPosition, kTraceparent};
constexpr std::array kWriteMany{kCollection, kPosition, kTraceparent};
constexpr std::array kCodePath{kCode};

// Fields of answers.
constexpr std::array kValueFields{Field::kETag,         Field::kLastModified, Field::kAge,
                                  Field::kTtlMs,        Field::kCacheStatus,  Field::kPosition,
                                  Field::kStalenessMs,  Field::kServerTiming, Field::kTraceparent,
                                  Field::kCacheControl, Field::kAcceptRanges, Field::kNosniff,
                                  Field::kSandbox};
constexpr std::array kStateFields{Field::kAge,          Field::kCacheStatus,  Field::kPosition,
                                  Field::kStalenessMs,  Field::kServerTiming, Field::kTraceparent,
                                  Field::kCacheControl, Field::kNosniff,      Field::kSandbox};
constexpr std::array kWrittenFields{Field::kETag,         Field::kCacheStatus, Field::kPosition,
                                    Field::kServerTiming, Field::kTraceparent, Field::kCacheControl,
                                    Field::kNosniff,      Field::kSandbox};
constexpr std::array kManyFields{Field::kCacheStatus, Field::kPosition,     Field::kServerTiming,
                                 Field::kTraceparent, Field::kCacheControl, Field::kNosniff,
                                 Field::kSandbox};
constexpr std::array kErrorFields{Field::kCacheControl, Field::kNosniff, Field::kSandbox,
                                  Field::kRetryAfter};
constexpr std::array kPatchErrorFields{Field::kCacheControl, Field::kNosniff, Field::kSandbox,
                                       Field::kAcceptPatch};
constexpr std::array kTextFields{Field::kCacheControl, Field::kNosniff};
constexpr std::array kOptionsFields{Field::kAllow, Field::kAcceptPatch};

// Answers.
constexpr auto kProblem = AnswerBody::kProblem;
constexpr Answer kBadRequest{400, kProblem, kErrorFields, "The request is not valid."};
constexpr Answer kAbsent{404, kProblem, kStateFields, "There is no value under this key."};
constexpr Answer kUnmet{412, kProblem, kStateFields, "A precondition does not hold."};
constexpr Answer kTooLarge{413, kProblem, kErrorFields, "The body is too large."};
constexpr Answer kBadType{415, kProblem, kErrorFields,
                          "The media type or content coding is not kept."};
constexpr Answer kBusy{503, kProblem, kErrorFields,
                       "Overloaded, shutting down, or the database is away; see Retry-After."};
constexpr Answer kNoReadInTime{504, kProblem, kErrorFields,
                               "No answer in time, or not cached (only-if-cached)."};
constexpr Answer kNoWriteInTime{504, kProblem, kErrorFields,
                                "No answer in time; code `outcome_unknown`: the write may have "
                                "happened."};
constexpr Answer kFull{507, kProblem, kErrorFields, "The database has no room left."};

constexpr std::array kGetItemAnswers{
    Answer{200, AnswerBody::kValue, kValueFields, "The value."},
    Answer{304, AnswerBody::kNone, kValueFields, "The value is the one that the request names."},
    kBadRequest,
    kAbsent,
    kUnmet,
    kBusy,
    kNoReadInTime};
constexpr std::array kPutItemAnswers{
    Answer{201, AnswerBody::kNone, kWrittenFields, "Stored; there was no value before."},
    Answer{204, AnswerBody::kNone, kWrittenFields, "Stored in place of the value before."},
    kBadRequest,
    kUnmet,
    kTooLarge,
    kBadType,
    kBusy,
    kNoWriteInTime,
    kFull};
constexpr std::array kDeleteItemAnswers{
    Answer{204, AnswerBody::kNone, kWrittenFields, "Deleted; ETag is the deletion's version."},
    kBadRequest,
    kAbsent,
    kUnmet,
    kBusy,
    kNoWriteInTime,
    kFull};
constexpr std::array kPatchItemAnswers{
    Answer{204, AnswerBody::kNone, kWrittenFields, "Patched."},
    kBadRequest,
    kAbsent,
    Answer{409, kProblem, kStateFields, "The stored value is not JSON, or a `test` failed."},
    kUnmet,
    kTooLarge,
    Answer{415, kProblem, kPatchErrorFields, "Not one of the types that Accept-Patch names."},
    kBusy,
    kNoWriteInTime,
    kFull};
constexpr std::array kOptionsAnswers{
    Answer{204, AnswerBody::kNone, kOptionsFields, "The methods of this path."}, kBadRequest,
    Answer{404, kProblem, kErrorFields, "There can't be anything at this path."}};
constexpr std::array kListAnswers{
    Answer{200, AnswerBody::kList, kManyFields, "A page of the collection, in byte order of keys."},
    kBadRequest, kBusy, kNoReadInTime};
constexpr std::array kBatchGetAnswers{
    Answer{200, AnswerBody::kBatchGet, kManyFields, "An item for each key, in the order asked."},
    kBadRequest,
    kTooLarge,
    kBadType,
    kBusy,
    kNoReadInTime};
constexpr std::array kBatchWriteAnswers{
    Answer{200, AnswerBody::kBatchWrite, kManyFields, "An item for each write, in order."},
    kBadRequest,
    Answer{412, AnswerBody::kBatchWrite, kManyFields,
           "Only of an atomic batch: nothing was written. Items that failed say why, the others "
           "are 424."},
    kTooLarge,
    kBadType,
    kBusy,
    kNoWriteInTime,
    kFull};
constexpr std::array kOpenApiAnswers{
    Answer{200, AnswerBody::kOpenApi, kTextFields, "This document."}, kBadRequest};
constexpr std::array kErrorPageAnswers{
    Answer{200, AnswerBody::kText, kTextFields, "What the code means and what to do, in Markdown."},
    kBadRequest, Answer{404, kProblem, kErrorFields, "There is no such code."}};
constexpr std::array kIndexAnswers{
    Answer{200, AnswerBody::kText, kTextFields, "What this service is, and its calls."},
    kBadRequest};

constexpr std::string_view kReadText =
    "Answered from memory when that is provably fresh enough, else from the database. HEAD has "
    "GET's fields without the body.";
constexpr std::string_view kOptionsText = "Says in Allow which methods the path has.";

constexpr Operation Options(std::string_view id, std::span<const Parameter> parameters) {
  return {kOptions,       id, "Methods of this path", kOptionsText, parameters, RequestBody::kNone,
          kOptionsAnswers};
}

constexpr std::array kItemOperations{
    Operation{kGet, "getItem", "Read a value", kReadText, kReadItem, RequestBody::kNone,
              kGetItemAnswers},
    Operation{kHead, "headItem", "Read a value's fields", kReadText, kReadItem, RequestBody::kNone,
              kGetItemAnswers},
    Operation{kPut, "putItem", "Store a value",
              "Stores the body with its Content-Type (application/octet-stream without one). The "
              "answer comes after the commit.",
              kPutItem, RequestBody::kValue, kPutItemAnswers},
    Operation{kDelete, "deleteItem", "Delete a value",
              "404 when there is none, even with If-Match.", kChangeItem, RequestBody::kNone,
              kDeleteItemAnswers},
    Operation{
        kPatch, "patchItem", "Change parts of a JSON value",
        "Atomic. Members that the patch does not touch keep every byte; type and expiry stay. "
        "503 `contention` after 8 lost races.",
        kChangeItem, RequestBody::kPatch, kPatchItemAnswers},
    Options("optionsItem", kItemPath)};
constexpr std::array kListOperations{
    Operation{kGet, "listItems", "List a collection",
              "Read from the database, in byte order of the keys. Pages are not one snapshot: each "
              "is as new as its own answer.",
              kListAll, RequestBody::kNone, kListAnswers},
    Operation{kHead, "headItems", "The fields of a listing", "As GET, without the body.", kListAll,
              RequestBody::kNone, kListAnswers},
    Options("optionsItems", kCollectionPath)};
constexpr std::array kBatchGetOperations{
    Operation{http::Method::kPost, "batchGet", "Read many values",
              "Up to 1,000 keys; a status per item. The answer stops at 8 MiB: the items that did "
              "not fit are 413. The freshness fields apply to each item.",
              kGetMany, RequestBody::kBatchGet, kBatchGetAnswers},
    Options("optionsBatchGet", kCollectionPath)};
constexpr std::array kBatchWriteOperations{
    Operation{http::Method::kPost, "batchWrite", "Write many values",
              "Up to 1,000 items and 8 MiB; a status per item; the same key twice applies in "
              "order. `atomic` makes it one transaction, all or nothing.",
              kWriteMany, RequestBody::kBatchWrite, kBatchWriteAnswers},
    Options("optionsBatchWrite", kCollectionPath)};
constexpr std::array kOpenApiOperations{Operation{kGet,
                                                  "getOpenApi",
                                                  "This document",
                                                  "OpenAPI 3.1.",
                                                  {},
                                                  RequestBody::kNone,
                                                  kOpenApiAnswers},
                                        Operation{kHead,
                                                  "headOpenApi",
                                                  "Its fields",
                                                  "As GET, without the body.",
                                                  {},
                                                  RequestBody::kNone,
                                                  kOpenApiAnswers},
                                        Options("optionsOpenApi", {})};
constexpr std::array kErrorPageOperations{
    Operation{kGet, "getErrorPage", "What an error code means",
              "The `type` of a problem document "
              "points here.",
              kCodePath, RequestBody::kNone, kErrorPageAnswers},
    Operation{kHead, "headErrorPage", "Its fields", "As GET, without the body.", kCodePath,
              RequestBody::kNone, kErrorPageAnswers},
    Options("optionsErrorPage", kCodePath)};
constexpr std::array kIndexOperations{
    Operation{
        kGet, "getIndex", "What this is", "A short text.", {}, RequestBody::kNone, kIndexAnswers},
    Operation{kHead,
              "headIndex",
              "Its fields",
              "As GET, without the body.",
              {},
              RequestBody::kNone,
              kIndexAnswers},
    Options("optionsIndex", {})};
constexpr std::array kServerOperations{Options("optionsServer", {})};

constexpr std::string_view kReadOnly = "GET, HEAD, OPTIONS";

constexpr std::array<Route, kRouteCount> kRoutes{
    Route{RouteId::kItem, "/v1/kv/{collection}/{key}", "GET, HEAD, PUT, DELETE, PATCH, OPTIONS",
          kItemOperations},
    Route{RouteId::kList, "/v1/kv/{collection}", kReadOnly, kListOperations},
    Route{RouteId::kBatchGet, "/v1/kv/{collection}:batchGet", "POST, OPTIONS", kBatchGetOperations},
    Route{RouteId::kBatchWrite, "/v1/kv/{collection}:batchWrite", "POST, OPTIONS",
          kBatchWriteOperations},
    Route{RouteId::kOpenApi, "/openapi.json", kReadOnly, kOpenApiOperations},
    Route{RouteId::kErrorPage, "/errors/{code}", kReadOnly, kErrorPageOperations},
    Route{RouteId::kIndex, "/", kReadOnly, kIndexOperations},
    Route{RouteId::kServer, "*", "GET, HEAD, PUT, POST, DELETE, PATCH, OPTIONS", kServerOperations},
    Route{RouteId::kNone, "none", "", {}}};

constexpr bool InOrder() {
  for (std::size_t i = 0; i < kRoutes.size(); ++i) {
    if (static_cast<std::size_t>(kRoutes[i].id) != i) return false;
  }
  return true;
}
static_assert(InOrder());

}  // namespace

const Route& RouteOf(RouteId id) { return kRoutes[static_cast<std::size_t>(id)]; }

std::span<const Route> Routes() { return kRoutes; }

const Operation* FindOperation(RouteId id, http::Method method) {
  for (const Operation& operation : RouteOf(id).operations) {
    if (operation.method == method) return &operation;
  }
  return nullptr;
}

}  // namespace coolkit::api
