#include "api/openapi_schemas.h"

#include <string>

#include "api/error_table.h"
#include "api/schemas.h"  // generated from schemas/

namespace coolkit::api {
namespace {

void MediaType(json::Writer& writer, std::string_view type, std::string_view schema) {
  writer.Key(type).BeginObject();
  writer.Key("schema").Raw(schema);
  writer.EndObject();
}

std::string_view WithoutLineBreak(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

void WriteErrorCodes(json::Writer& writer) {
  writer.Key("ErrorCode").BeginObject();
  writer.Field("type", "string");
  writer.Key("enum").BeginArray();
  for (const ErrorRow& row : ErrorRows()) {
    if (row.is_public()) writer.String(ErrorCodeName(row.code));
  }
  writer.EndArray();
  writer.EndObject();
}

}  // namespace

void WriteSchemas(json::Writer& writer) {
  WriteErrorCodes(writer);
  for (const auto& [name, text] : kSchemas) writer.Key(name).Raw(WithoutLineBreak(text));
}

void WriteRequestContent(json::Writer& writer, RequestBody body) {
  switch (body) {
    case RequestBody::kNone:
      return;
    case RequestBody::kValue:
      MediaType(writer, "application/octet-stream", R"({"type":"string","format":"binary"})");
      MediaType(writer, "text/plain", R"({"type":"string"})");
      MediaType(writer, "application/json", "{}");
      MediaType(writer, "*/*", R"({"type":"string","format":"binary"})");
      return;
    case RequestBody::kPatch:
      MediaType(writer, "application/merge-patch+json", "{}");
      MediaType(writer, "application/json-patch+json",
                R"({"$ref":"#/components/schemas/JsonPatch"})");
      return;
    case RequestBody::kBatchGet:
      MediaType(writer, "application/json", R"({"$ref":"#/components/schemas/BatchGet"})");
      return;
    case RequestBody::kBatchWrite:
      MediaType(writer, "application/json", R"({"$ref":"#/components/schemas/BatchWrite"})");
      return;
  }
}

void WriteAnswerContent(json::Writer& writer, AnswerBody body) {
  switch (body) {
    case AnswerBody::kNone:
      return;
    case AnswerBody::kValue:
      MediaType(writer, "*/*", "{}");
      return;
    case AnswerBody::kList:
      MediaType(writer, "application/json", R"({"$ref":"#/components/schemas/ListAnswer"})");
      return;
    case AnswerBody::kBatchGet:
      MediaType(writer, "application/json", R"({"$ref":"#/components/schemas/BatchGetAnswer"})");
      return;
    case AnswerBody::kBatchWrite:
      MediaType(writer, "application/json", R"({"$ref":"#/components/schemas/BatchWriteAnswer"})");
      return;
    case AnswerBody::kOpenApi:
      MediaType(writer, "application/json", R"({"type":"object"})");
      return;
    case AnswerBody::kText:
      MediaType(writer, "text/plain", R"({"type":"string"})");
      return;
    case AnswerBody::kProblem:
      MediaType(writer, "application/problem+json", R"({"$ref":"#/components/schemas/Problem"})");
      return;
  }
}

}  // namespace coolkit::api
