#include "http/message.h"

#include "net/connection.h"

namespace coolkit::http {

std::string_view MethodName(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPut:
      return "PUT";
    case Method::kPost:
      return "POST";
    case Method::kDelete:
      return "DELETE";
    case Method::kPatch:
      return "PATCH";
    case Method::kOptions:
      return "OPTIONS";
    case Method::kTrace:
      return "TRACE";
    case Method::kConnect:
      return "CONNECT";
    case Method::kOther:
      break;
  }
  return "OTHER";
}

const Header* RequestHead::Find(Field field) const {
  if (field >= Field::kOther || (absent >> static_cast<unsigned>(field) & 1u) != 0) return nullptr;
  for (const Header& header : headers) {
    if (header.field == field) return &header;
  }
  return nullptr;
}

std::string RequestHead::Joined(Field field) const {
  std::string all;
  if (Find(field) == nullptr) return all;
  bool first = true;
  for (const Header& header : headers) {
    if (header.field != field) continue;
    if (!first) all += ", ";
    first = false;
    all += header.value;
  }
  return all;
}

void Response::AddHeader(std::string_view name, std::string_view value) {
  headers.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace coolkit::http
