#include "api/routes.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "api/reference.h"
#include "http/names.h"

namespace coolkit::api {
namespace {

// Methods: "405 with `Allow` for every method a route does not have": Allow names exactly those
// that it has.
TEST(Routes, AllowNamesExactlyTheOperations) {
  for (const Route& route : Routes()) {
    std::set<std::string> allowed;
    for (std::string_view rest = route.allow; !rest.empty();) {
      allowed.emplace(http::NextListMember(rest));
    }
    if (route.id == RouteId::kServer) continue;  // speaks of all routes
    std::set<std::string> operations;
    for (const Operation& operation : route.operations) {
      operations.emplace(http::MethodName(operation.method));
    }
    EXPECT_EQ(allowed, operations) << route.path;
  }
}

TEST(Routes, EveryRouteHasOptionsAndEveryGetHasItsHead) {
  for (const Route& route : Routes()) {
    if (route.id == RouteId::kNone) continue;
    EXPECT_NE(FindOperation(route.id, http::Method::kOptions), nullptr) << route.path;
    const Operation* get = FindOperation(route.id, http::Method::kGet);
    const Operation* head = FindOperation(route.id, http::Method::kHead);
    ASSERT_EQ(get == nullptr, head == nullptr) << route.path;
    if (get == nullptr) continue;
    EXPECT_EQ(get->parameters.data(), head->parameters.data());
    EXPECT_EQ(get->answers.data(), head->answers.data());
  }
}

TEST(Routes, NoneHasTraceConnectOrUnknownMethods) {
  for (const Route& route : Routes()) {
    for (const auto method : {http::Method::kTrace, http::Method::kConnect, http::Method::kOther}) {
      EXPECT_EQ(FindOperation(route.id, method), nullptr);
    }
  }
}

TEST(Routes, OperationIdsAreUnique) {
  std::set<std::string_view> ids;
  for (const Route& route : Routes()) {
    for (const Operation& operation : route.operations) {
      EXPECT_TRUE(ids.insert(operation.id).second) << operation.id;
    }
  }
}

TEST(Reference, NamesEveryCallParameterAndField) {
  const std::string page = RoutesMarkdown();
  for (const Route& route : Routes()) {
    for (const Operation& operation : route.operations) {
      const std::string title = "### `" + std::string(http::MethodName(operation.method)) + " " +
                                std::string(route.path) + "`\n";
      EXPECT_NE(page.find(title), std::string::npos) << title;
    }
  }
  for (const ParameterRow& row : ParameterRows()) {
    EXPECT_NE(page.find("| `" + std::string(row.name) + "` |"), std::string::npos) << row.name;
  }
  for (const AnswerFieldRow& row : AnswerFieldRows()) {
    EXPECT_NE(page.find("`" + std::string(row.name) + "`"), std::string::npos) << row.name;
  }
}

TEST(Reference, NamesEveryPublicError) {
  const std::string page = ErrorsMarkdown();
  EXPECT_NE(page.find("| [`outcome_unknown`](../errors/outcome_unknown.md) | 504 | no |"),
            std::string::npos);
  EXPECT_EQ(page.find("incarnation_changed"), std::string::npos);
}

}  // namespace
}  // namespace coolkit::api
