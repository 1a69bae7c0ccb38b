#include "api/openapi.h"

#include <algorithm>

#include "api/openapi_schemas.h"
#include "api/parameters.h"
#include "api/routes.h"
#include "json/writer.h"

namespace coolkit::api {
namespace {

constexpr std::string_view kApiVersion = "1.0.0";
constexpr std::string_view kDescription =
    "Raw bytes in and out, standard HTTP semantics. Every acknowledged write is committed in the "
    "database; reads come from memory when that is provably fresh enough. Errors are "
    "`application/problem+json` (RFC 9457).";

// Parameters and fields are components; their names there are those on the wire.
std::string Reference(std::string_view kind, std::string_view name) {
  std::string text = R"({"$ref":"#/components/)";
  text += kind;
  text += '/';
  text += name;
  text += "\"}";
  return text;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return lower;
}

// JSON object keys keep their order in this document, and a status stands there once.
void WriteAnswer(json::Writer& writer, const Answer& answer, bool with_content) {
  writer.Key(std::to_string(answer.status)).BeginObject();
  writer.Field("description", answer.description);
  writer.Key("headers").BeginObject();
  for (const AnswerField field : answer.fields) {
    const std::string_view name = AnswerFieldRowOf(field).name;
    writer.Key(name).Raw(Reference("headers", name));
  }
  writer.EndObject();
  if (with_content && answer.body != AnswerBody::kNone) {
    writer.Key("content").BeginObject();
    WriteAnswerContent(writer, answer.body);
    writer.EndObject();
  }
  writer.EndObject();
}

void WriteAnswers(json::Writer& writer, const Operation& operation) {
  const bool with_content = operation.method != http::Method::kHead;
  writer.Key("responses").BeginObject();
  for (const Answer& answer : operation.answers) WriteAnswer(writer, answer, with_content);
  writer.Key("default").BeginObject();
  writer.Field("description", "Any other error.");
  if (with_content) {
    writer.Key("content").BeginObject();
    WriteAnswerContent(writer, AnswerBody::kProblem);
    writer.EndObject();
  }
  writer.EndObject();
  writer.EndObject();
}

void WriteOperation(json::Writer& writer, const Operation& operation) {
  writer.Key(LowerCase(http::MethodName(operation.method))).BeginObject();
  writer.Field("operationId", operation.id);
  writer.Field("summary", operation.summary);
  writer.Field("description", operation.description);
  writer.Key("parameters").BeginArray();
  for (const Parameter parameter : operation.parameters) {
    writer.Raw(Reference("parameters", ParameterRowOf(parameter).name));
  }
  writer.EndArray();
  if (operation.body != RequestBody::kNone) {
    writer.Key("requestBody").BeginObject();
    writer.Field("required", operation.body != RequestBody::kValue);
    writer.Key("content").BeginObject();
    WriteRequestContent(writer, operation.body);
    writer.EndObject();
    writer.EndObject();
  }
  WriteAnswers(writer, operation);
  writer.EndObject();
}

void WritePaths(json::Writer& writer) {
  writer.Key("paths").BeginObject();
  for (const Route& route : Routes()) {
    if (!route.path.starts_with('/')) continue;
    writer.Key(route.path).BeginObject();
    for (const Operation& operation : route.operations) WriteOperation(writer, operation);
    writer.EndObject();
  }
  writer.EndObject();
}

void WriteComponents(json::Writer& writer) {
  writer.Key("components").BeginObject();
  writer.Key("parameters").BeginObject();
  for (const ParameterRow& row : ParameterRows()) {
    writer.Key(row.name).BeginObject();
    writer.Field("name", row.name);
    writer.Field("in", row.in);
    writer.Field("required", row.required);
    writer.Field("description", row.description);
    writer.Key("schema").Raw(row.schema);
    if (!row.example.empty()) writer.Key("example").Raw(row.example);
    writer.EndObject();
  }
  writer.EndObject();
  writer.Key("headers").BeginObject();
  for (const AnswerFieldRow& row : AnswerFieldRows()) {
    writer.Key(row.name).BeginObject();
    writer.Field("description", row.description);
    writer.Field("required", row.always);
    writer.Key("schema").Raw(row.schema);
    writer.EndObject();
  }
  writer.EndObject();
  writer.Key("schemas").BeginObject();
  WriteSchemas(writer);
  writer.EndObject();
  writer.EndObject();
}

}  // namespace

std::string OpenApiJson() {
  std::string text;
  json::Writer writer(text);
  writer.BeginObject();
  writer.Field("openapi", "3.1.0");
  writer.Key("info").BeginObject();
  writer.Field("title", "coolkit");
  writer.Field("version", kApiVersion);
  writer.Field("description", kDescription);
  writer.Key("license").BeginObject();
  writer.Field("name", "Apache-2.0");
  writer.Field("identifier", "Apache-2.0");
  writer.EndObject();
  writer.EndObject();
  writer.Key("servers").BeginArray();
  writer.BeginObject();
  writer.Field("url", "/");
  writer.EndObject();
  writer.EndArray();
  WritePaths(writer);
  WriteComponents(writer);
  writer.EndObject();
  text += '\n';
  return text;
}

}  // namespace coolkit::api
