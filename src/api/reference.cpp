#include "api/reference.h"

#include "api/error_table.h"
#include "api/parameters.h"
#include "api/routes.h"

namespace coolkit::api {
namespace {

// In a table cell, `|` would end the cell.
std::string Cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c;
  }
  return cell;
}

void AppendOperation(std::string& out, const Route& route, const Operation& operation) {
  out += "\n### `" + std::string(http::MethodName(operation.method)) + " " +
         std::string(route.path) + "`\n\n";
  out += std::string(operation.summary) + ". " + std::string(operation.description) + "\n\n";
  if (!operation.parameters.empty()) {
    out += "| parameter | in | meaning |\n|---|---|---|\n";
    for (const Parameter parameter : operation.parameters) {
      const ParameterRow& row = ParameterRowOf(parameter);
      out += "| `" + std::string(row.name) + "` | " + std::string(row.in) + " | " +
             Cell(row.description) + " |\n";
    }
    out += '\n';
  }
  out += "| status | meaning | fields |\n|---|---|---|\n";
  for (const Answer& answer : operation.answers) {
    out += "| " + std::to_string(answer.status) + " | " + Cell(answer.description) + " | ";
    for (std::size_t i = 0; i < answer.fields.size(); ++i) {
      if (i > 0) out += ", ";
      out += "`" + std::string(AnswerFieldRowOf(answer.fields[i]).name) + "`";
    }
    out += " |\n";
  }
}

}  // namespace

std::string RoutesMarkdown() {
  std::string out =
      "# Routes\n\nGenerated from the route table (`src/api/routes.cpp`). The same, for tools: "
      "`/openapi.json`.\n";
  for (const Route& route : Routes()) {
    if (route.operations.empty()) continue;
    out += "\n## `" + std::string(route.path) + "`\n\nMethods: " + std::string(route.allow) +
           ". Others are 405.\n";
    for (const Operation& operation : route.operations) AppendOperation(out, route, operation);
  }
  out += "\n## Fields of answers\n\n| field | meaning |\n|---|---|\n";
  for (const AnswerFieldRow& row : AnswerFieldRows()) {
    out += "| `" + std::string(row.name) + "` | " + Cell(row.description) + " |\n";
  }
  return out;
}

std::string ErrorsMarkdown() {
  std::string out =
      "# Errors\n\nGenerated from the error table (`src/api/error_table.cpp`). Every error is "
      "`application/problem+json` (RFC 9457) and links its page, `/errors/{code}`.\n\n"
      "| code | status | retryable | meaning | what to do |\n|---|---|---|---|---|\n";
  for (const ErrorRow& row : ErrorRows()) {
    if (!row.is_public()) continue;
    const std::string_view code = ErrorCodeName(row.code);
    const auto cell = [&out](std::string_view text) {
      out += text;
      out += " | ";
    };
    std::string link = "[`";
    link += code;
    link += "`](../errors/";
    link += code;
    link += ".md)";
    out += "| ";
    cell(link);
    cell(std::to_string(row.status));
    cell(row.retryable ? "yes" : "no");
    cell(Cell(row.title));
    out += Cell(row.help);
    out += " |\n";
  }
  return out;
}

}  // namespace coolkit::api
