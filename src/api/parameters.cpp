#include "api/parameters.h"

#include <array>
#include <cstddef>

namespace coolkit::api {
namespace {

constexpr std::string_view kEntityTags =
    R"({"type":"string","format":"entity-tags",)"
    R"("pattern":"^(\\*|(W/)?\"[!#-~]*\"( *, *(W/)?\"[!#-~]*\")*)$"})";

constexpr std::array kParameters{
    ParameterRow{Parameter::kCollection, "collection", "path", true,
                 R"({"type":"string","pattern":"^[a-z0-9][a-z0-9_-]{0,63}$"})", R"("users")",
                 "The collection. It exists as soon as something is stored in it."},
    ParameterRow{Parameter::kKey, "key", "path", true,
                 R"({"type":"string","minLength":1,"maxLength":512,)"
                 R"("pattern":"^(?!(.*/)?\\.\\.?(/|$))[^\\u0000]+$"})",
                 R"("alice")",
                 "1 to 512 bytes of UTF-8 without NUL. The rest of the path: `/` is allowed and "
                 "equals `%2F`, `//` is kept, `+` is a plus, no segment is `.` or `..`. "
                 "Percent-decoded once, never normalised."},
    ParameterRow{Parameter::kCode, "code", "path", true,
                 R"({"type":"string","pattern":"^[a-z_]+$"})", R"("not_found")",
                 "The `code` of a problem document."},
    ParameterRow{Parameter::kTtl, "ttl", "query", false,
                 R"({"type":"string","pattern":"^([1-9][0-9]{0,10}ms|[1-9][0-9]{0,7}s|)"
                 R"([1-9][0-9]{0,5}m|[1-9][0-9]{0,3}h|([1-9][0-9]{0,2}|[12][0-9]{3}|)"
                 R"(3[0-5][0-9]{2}|36[0-4][0-9]|3650)d)$"})",
                 R"("90s")",
                 "Time to live from the moment of the write: `^[1-9][0-9]*(ms|s|m|h|d)$`, at most "
                 "3650d. Without it the value does not expire."},
    ParameterRow{Parameter::kPrefix, "prefix", "query", false,
                 R"({"type":"string","maxLength":512,"pattern":"^[^\\u0000]*$"})", R"("user/")",
                 "Only keys that start with these bytes; valid UTF-8, at most 512 bytes."},
    ParameterRow{Parameter::kPageSize, "page_size", "query", false,
                 R"({"type":"integer","minimum":1,"maximum":1000,"default":100})", "100",
                 "At most this many items in one answer."},
    ParameterRow{Parameter::kPageToken, "page_token", "query", false,
                 R"({"type":"string","format":"coolkit-page-token"})", "",
                 "`next_page_token` of the page before, with the same collection and prefix; "
                 "anything else is 400 `invalid_page_token`."},
    ParameterRow{Parameter::kValues, "values", "query", false,
                 R"({"type":"boolean","default":false})", "true",
                 "With the values (`text` or `base64`)."},
    ParameterRow{Parameter::kIfMatch, "If-Match", "header", false, kEntityTags,
                 R"("\"7301444403200\"")",
                 "RFC 9110 section 13.1.1: `*` or a list of entity tags, compared strongly. 412 "
                 "when none is the current one; a list that is not well formed is 400."},
    ParameterRow{Parameter::kIfNoneMatch, "If-None-Match", "header", false, kEntityTags,
                 R"("\"7301444403200\"")",
                 "RFC 9110 section 13.1.2: `*` or a list of entity tags, compared weakly. A match "
                 "is 304 for GET and HEAD, else 412; a list that is not well formed is 400."},
    ParameterRow{Parameter::kIfModifiedSince, "If-Modified-Since", "header", false,
                 R"({"type":"string"})", R"("Sun, 06 Nov 1994 08:49:37 GMT")",
                 "RFC 9110 section 13.1.3; ignored when it is no date or If-None-Match is there."},
    ParameterRow{Parameter::kIfUnmodifiedSince, "If-Unmodified-Since", "header", false,
                 R"({"type":"string"})", R"("Sun, 06 Nov 1994 08:49:37 GMT")",
                 "RFC 9110 section 13.1.4; ignored when it is no date or If-Match is there."},
    ParameterRow{Parameter::kCacheControl, "Cache-Control", "header", false, R"({"type":"string"})",
                 R"("no-cache")",
                 "`no-cache` or `max-age=0`: read the database after this request arrived "
                 "(linearizable). `max-age=N`: at most N seconds stale. `only-if-cached`: 504 "
                 "rather than ask the database. `no-store`: read the database and keep nothing. "
                 "`stale-if-error=N`: while the database is away, at most N seconds stale. "
                 "`max-stale` and unknown directives are ignored; a value that is no number counts "
                 "as 0."},
    ParameterRow{Parameter::kMaxStaleness, "Coolkit-Max-Staleness-Ms", "header", false,
                 R"({"type":"string","pattern":"^(0|[1-9][0-9]{0,17})$"})", R"("50")",
                 "Tightens the bound on staleness for this request, in milliseconds."},
    ParameterRow{Parameter::kPosition, "Coolkit-Position", "header", false,
                 R"({"type":"string","format":"coolkit-position",)"
                 R"("pattern":"^(0|[1-9][0-9]{0,18})\\.(0|[1-9][0-9]{0,8})\\.)"
                 R"([0-9a-f]{32}\\.(0|[1-9][0-9]{0,17}):(0|[1-9][0-9]{0,17})$"})",
                 R"("6871947673.0.0f554196d64daae0fd4b82fa98671233.1795382455157530:2")",
                 "`Coolkit-Position` of an earlier answer: this one is at least as new (read your "
                 "writes, monotonic reads), through any pod. One from another life of the "
                 "database reads the database; a malformed one is 400."},
    ParameterRow{Parameter::kTraceparent, "traceparent", "header", false, R"({"type":"string"})",
                 R"("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")",
                 "W3C Trace Context; an invalid one is ignored."},
};

constexpr std::array kAnswerFields{
    AnswerFieldRow{AnswerField::kETag, "ETag", true,
                   R"({"type":"string","pattern":"^\"[0-9]+\"$"})",
                   "The version, a decimal number in quotes; of a DELETE the deletion's."},
    AnswerFieldRow{AnswerField::kLastModified, "Last-Modified", true, R"({"type":"string"})",
                   "When the value was written, by the database's clock."},
    AnswerFieldRow{AnswerField::kAge, "Age", false, R"({"type":"integer","minimum":0})",
                   "Only from the cache: upper bound of the staleness in whole seconds."},
    AnswerFieldRow{AnswerField::kTtlMs, "Coolkit-Ttl-Ms", false,
                   R"({"type":"integer","minimum":0})",
                   "Only of a value that expires: milliseconds left, at least."},
    AnswerFieldRow{AnswerField::kCacheStatus, "Cache-Status", true, R"({"type":"string"})",
                   "RFC 9211: one member per hop, nearest to the database first."},
    AnswerFieldRow{
        AnswerField::kPosition, "Coolkit-Position", false, R"({"type":"string"})",
        "Of every answer that tells something about the state: send it with later requests, "
        "which then see at least what this answer has seen."},
    AnswerFieldRow{AnswerField::kStalenessMs, "Coolkit-Staleness-Ms", false,
                   R"({"type":"integer","minimum":0})",
                   "Only from the cache: upper bound of the staleness in milliseconds."},
    AnswerFieldRow{AnswerField::kServerTiming, "Server-Timing", true, R"({"type":"string"})",
                   "`total;dur=` milliseconds from the request's arrival to its answer."},
    AnswerFieldRow{AnswerField::kTraceparent, "traceparent", false, R"({"type":"string"})",
                   "The request's trace with a parent id of this pod; only if it had one."},
    AnswerFieldRow{AnswerField::kCacheControl, "Cache-Control", true, R"({"type":"string"})",
                   "`no-cache` (keep it, but ask again) or `no-store`."},
    AnswerFieldRow{AnswerField::kAcceptRanges, "Accept-Ranges", true,
                   R"({"type":"string","enum":["none"]})", "There are no range requests."},
    AnswerFieldRow{AnswerField::kNosniff, "X-Content-Type-Options", true,
                   R"({"type":"string","enum":["nosniff"]})", "The stored type is meant."},
    AnswerFieldRow{AnswerField::kSandbox, "Content-Security-Policy", true,
                   R"({"type":"string","enum":["sandbox"]})",
                   "A stored page can't act in this origin."},
    AnswerFieldRow{AnswerField::kRetryAfter, "Retry-After", false,
                   R"({"type":"integer","minimum":1})",
                   "Seconds to wait before trying again; always with 503."},
    AnswerFieldRow{AnswerField::kAllow, "Allow", true, R"({"type":"string"})",
                   "The methods of this path."},
    AnswerFieldRow{AnswerField::kAcceptPatch, "Accept-Patch", false, R"({"type":"string"})",
                   "The patch formats (RFC 5789); only where there is PATCH."},
};

template <class Rows>
constexpr bool InOrder(const Rows& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<std::size_t>(rows[i].id) != i) return false;
  }
  return true;
}
static_assert(InOrder(kParameters) && InOrder(kAnswerFields));

}  // namespace

std::span<const ParameterRow> ParameterRows() { return kParameters; }
const ParameterRow& ParameterRowOf(Parameter parameter) {
  return kParameters[static_cast<std::size_t>(parameter)];
}

std::span<const AnswerFieldRow> AnswerFieldRows() { return kAnswerFields; }
const AnswerFieldRow& AnswerFieldRowOf(AnswerField field) {
  return kAnswerFields[static_cast<std::size_t>(field)];
}

}  // namespace coolkit::api
