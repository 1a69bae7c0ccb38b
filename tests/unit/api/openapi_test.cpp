#include "api/openapi.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "api/error_table.h"
#include "api/routes.h"
#include "json/value.h"

namespace coolkit::api {
namespace {

class OpenApi : public testing::Test {
 protected:
  OpenApi() : document_(json::Parse(OpenApiJson()).value()) {}

  // What a `#/a/b` reference points to, or null.
  [[nodiscard]] const json::Value* Follow(std::string_view reference) const {
    EXPECT_TRUE(reference.starts_with("#/"));
    const json::Value* at = &document_;
    for (std::string_view rest = reference.substr(2); at != nullptr && !rest.empty();) {
      const std::size_t end = std::min(rest.find('/'), rest.size());
      at = at->Find(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return at;
  }
  void CheckReferences(const json::Value& value) const {
    for (const json::Value& item : value.items()) CheckReferences(item);
    for (const json::Member& member : value.members()) {
      if (member.name == "$ref") {
        EXPECT_NE(Follow(member.value.string()), nullptr) << member.value.string();
      }
      CheckReferences(member.value);
    }
  }

  json::Value document_;
};

TEST_F(OpenApi, IsVersion31AndResolvesAllItsReferences) {
  EXPECT_EQ(document_.Find("openapi")->string(), "3.1.0");
  CheckReferences(document_);
}

TEST_F(OpenApi, DescribesEveryOperationOfEveryPath) {
  const json::Value* paths = document_.Find("paths");
  for (const Route& route : Routes()) {
    if (!route.path.starts_with('/')) continue;
    const json::Value* path = paths->Find(route.path);
    ASSERT_NE(path, nullptr) << route.path;
    EXPECT_EQ(path->members().size(), route.operations.size());
    for (const json::Member& member : path->members()) {
      EXPECT_NE(member.value.Find("responses")->Find("default"), nullptr);
    }
  }
}

// Freshness: "All shown in the OpenAPI."
TEST_F(OpenApi, ShowsTheFreshnessFieldsOfAGet) {
  const json::Value* get = document_.Find("paths")->Find("/v1/kv/{collection}/{key}")->Find("get");
  std::set<std::string> names;
  for (const json::Value& parameter : get->Find("parameters")->items()) {
    names.emplace(Follow(parameter.Find("$ref")->string())->Find("name")->string());
  }
  for (const char* name : {"collection", "key", "Cache-Control", "Coolkit-Max-Staleness-Ms",
                           "Coolkit-Position", "If-None-Match", "traceparent"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST_F(OpenApi, EveryPathParameterIsDeclaredAndRequired) {
  for (const Route& route : Routes()) {
    for (const Operation& operation : route.operations) {
      for (const char* name : {"collection", "key", "code"}) {
        const bool in_path = route.path.find("{" + std::string(name) + "}") != std::string::npos;
        bool declared = false;
        for (const Parameter parameter : operation.parameters) {
          declared = declared || ParameterRowOf(parameter).name == name;
        }
        EXPECT_EQ(in_path, declared) << operation.id << " " << name;
      }
    }
  }
}

TEST_F(OpenApi, ListsEveryErrorCode) {
  const json::Value* codes = Follow("#/components/schemas/ErrorCode")->Find("enum");
  std::set<std::string> listed;
  for (const json::Value& code : codes->items()) listed.emplace(code.string());
  for (const ErrorRow& row : ErrorRows()) {
    EXPECT_EQ(listed.contains(std::string(ErrorCodeName(row.code))), row.is_public());
  }
}

TEST_F(OpenApi, HeadAndBodylessAnswersHaveNoContent) {
  const json::Value* path = document_.Find("paths")->Find("/v1/kv/{collection}/{key}");
  EXPECT_EQ(path->Find("head")->Find("responses")->Find("200")->Find("content"), nullptr);
  EXPECT_NE(path->Find("get")->Find("responses")->Find("200")->Find("content"), nullptr);
  EXPECT_EQ(path->Find("put")->Find("responses")->Find("204")->Find("content"), nullptr);
  EXPECT_EQ(path->Find("get")->Find("responses")->Find("304")->Find("content"), nullptr);
}

}  // namespace
}  // namespace coolkit::api
