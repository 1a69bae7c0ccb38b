// Why: the JSON shapes of the API as JSON Schema (2020-12, as OpenAPI 3.1 uses it), apart from the
// code that writes the document. Pure; any thread.
#pragma once

#include <string_view>

#include "api/routes.h"
#include "json/writer.h"

namespace coolkit::api {

// The members of components/schemas.
void WriteSchemas(json::Writer& writer);

// The content of a request or answer: media types with their schemas. Nothing for kNone.
void WriteRequestContent(json::Writer& writer, RequestBody body);
void WriteAnswerContent(json::Writer& writer, AnswerBody body);

}  // namespace coolkit::api
