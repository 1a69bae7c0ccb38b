#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <sstream>

#include "cli/commands.h"

namespace coolkit::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// One command line against a server that answers from a list.
class ClientCommandsTest : public testing::Test {
 protected:
  ExitCode Run(std::vector<std::string> words, ExitCode (*command)(const Client&)) {
    const auto invocation = ParseCommandLine(CommandTable(), words);
    EXPECT_TRUE(invocation) << invocation.error().detail;
    Console console{output_,
                    errors_,
                    input_,
                    {},
                    [this](const std::string& path) -> Result<std::string> {
                      if (!files_.contains(path)) return Fail(ErrorCode::kInternal, "no such file");
                      return files_[path];
                    },
                    [this](const std::string& path, std::string_view content) -> Result<void> {
                      if (path.starts_with("/full/"))
                        return Fail(ErrorCode::kInternal, "disk full");
                      files_[path] = std::string(content);
                      return {};
                    }};
    const Client client(*invocation, console,
                        [this](http::ClientRequest request) -> Result<http::ClientResponse> {
                          requests_.push_back(std::move(request));
                          if (answers_.empty()) {
                            return Fail(ErrorCode::kConnectionClosed, "can't connect to h:1: no");
                          }
                          auto answer = std::move(answers_.front());
                          answers_.pop_front();
                          return answer;
                        });
    return command(client);
  }

  void Answer(int status, std::vector<std::pair<std::string, std::string>> headers = {},
              std::string body = {}) {
    http::ClientResponse response;
    response.status = status;
    response.headers = std::move(headers);
    response.body = std::move(body);
    answers_.push_back(std::move(response));
  }
  void AnswerProblem(int status, const std::string& code) {
    Answer(status, {}, R"({"title":"T","detail":"What happened.","code":")" + code + "\"}");
  }

  std::ostringstream output_;
  std::ostringstream errors_;
  std::istringstream input_;
  std::map<std::string, std::string> files_;
  std::deque<http::ClientResponse> answers_;
  std::vector<http::ClientRequest> requests_;
};

TEST_F(ClientCommandsTest, GetWritesTheBytesAsTheyAre) {
  const std::string bytes("\0\xff\r\n", 4);
  Answer(200, {{"etag", "\"7\""}}, bytes);
  EXPECT_EQ(Run({"get", "c/a b"}, RunGet), ExitCode::kDone);
  EXPECT_EQ(output_.str(), bytes);
  EXPECT_EQ(errors_.str(), "");
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_EQ(requests_[0].method, "GET");
  EXPECT_EQ(requests_[0].target, "/v1/kv/c/a%20b");
  EXPECT_TRUE(requests_[0].headers.empty());
}

TEST_F(ClientCommandsTest, GetStrongAsksTheDatabase) {
  Answer(200, {}, "v");
  EXPECT_EQ(Run({"get", "c/k", "--strong"}, RunGet), ExitCode::kDone);
  EXPECT_THAT(requests_[0].headers, ElementsAre(Pair("Cache-Control", "no-cache")));
}

TEST_F(ClientCommandsTest, GetIntoAFile) {
  Answer(200, {}, "v");
  EXPECT_EQ(Run({"get", "c/k", "-o", "out"}, RunGet), ExitCode::kDone);
  EXPECT_EQ(files_["out"], "v");
  EXPECT_EQ(output_.str(), "");
  Answer(200, {}, "v");
  EXPECT_EQ(Run({"get", "c/k", "--output=/full/out"}, RunGet), ExitCode::kFailure);
  EXPECT_EQ(errors_.str(), "coolkit get: disk full\n");
  AnswerProblem(404, "not_found");
  EXPECT_EQ(Run({"get", "c/k", "-o", "other"}, RunGet), ExitCode::kNegative);
  EXPECT_FALSE(files_.contains("other"));
  EXPECT_EQ(Run({"get", "c/k", "-o", "x", "--json"}, RunGet), ExitCode::kUsage);
}

TEST_F(ClientCommandsTest, GetAsJson) {
  Answer(200, {{"etag", "\"7\""}, {"content-type", "text/plain"}, {"coolkit-ttl-ms", "900"}},
         "ä\n");
  EXPECT_EQ(Run({"get", "c/k/l", "--json"}, RunGet), ExitCode::kDone);
  EXPECT_EQ(output_.str(),
            "{\"key\":\"k/l\",\"version\":\"7\",\"content_type\":\"text/plain\",\"ttl_ms\":900,"
            "\"text\":\"ä\\n\"}\n");
  output_.str("");
  Answer(200, {{"etag", "\"7\""}}, "\xff");
  EXPECT_EQ(Run({"get", "c/k", "--json"}, RunGet), ExitCode::kDone);
  EXPECT_THAT(output_.str(), HasSubstr("\"base64\":\"/w==\""));
}

TEST_F(ClientCommandsTest, ProblemsSayWhatHappenedAndGiveTheStatus) {
  const std::vector<std::pair<int, ExitCode>> expected = {
      {404, ExitCode::kNegative}, {412, ExitCode::kNegative}, {400, ExitCode::kUsage},
      {413, ExitCode::kUsage},    {414, ExitCode::kUsage},    {415, ExitCode::kUsage},
      {429, ExitCode::kFailure},  {500, ExitCode::kFailure},  {503, ExitCode::kFailure},
      {504, ExitCode::kFailure},  {301, ExitCode::kFailure},
  };
  for (const auto& [status, code] : expected) {
    for (const auto& [words, command] :
         {std::pair{std::vector<std::string>{"get", "c/k"}, &RunGet},
          std::pair{std::vector<std::string>{"put", "c/k", "v"}, &RunPut},
          std::pair{std::vector<std::string>{"del", "c/k"}, &RunDel},
          std::pair{std::vector<std::string>{"ls", "c"}, &RunLs}}) {
      errors_.str("");
      AnswerProblem(status, "some_code");
      EXPECT_EQ(Run(words, command), code) << words[0] << ' ' << status;
      EXPECT_EQ(errors_.str(), "coolkit " + words[0] + ": What happened. (some_code)\n");
    }
  }
  EXPECT_EQ(output_.str(), "");
}

TEST_F(ClientCommandsTest, AnAnswerThatIsNoProblemDocument) {
  Answer(502, {}, "<html>");
  EXPECT_EQ(Run({"get", "c/k"}, RunGet), ExitCode::kFailure);
  EXPECT_EQ(errors_.str(), "coolkit get: the server answered 502\n");
}

TEST_F(ClientCommandsTest, NoServer) {
  EXPECT_EQ(Run({"get", "c/k"}, RunGet), ExitCode::kFailure);
  EXPECT_EQ(errors_.str(), "coolkit get: can't connect to h:1: no\n");
}

TEST_F(ClientCommandsTest, AKeyWithoutACollectionIsNotSent) {
  EXPECT_EQ(Run({"get", "k"}, RunGet), ExitCode::kUsage);
  EXPECT_EQ(Run({"put", "k", "v"}, RunPut), ExitCode::kUsage);
  EXPECT_EQ(Run({"del", "k"}, RunDel), ExitCode::kUsage);
  EXPECT_TRUE(requests_.empty());
}

TEST_F(ClientCommandsTest, PutTakesItsValueFromEverywhere) {
  files_["v.bin"] = std::string("\0f", 2);
  for (const auto& [words, body] :
       {std::pair{std::vector<std::string>{"put", "c/k", "text"}, std::string("text")},
        std::pair{std::vector<std::string>{"put", "c/k", ""}, std::string()},
        std::pair{std::vector<std::string>{"put", "c/k", "@v.bin"}, std::string("\0f", 2)},
        std::pair{std::vector<std::string>{"put", "c/k", "-"}, std::string("in\n\0", 4)},
        std::pair{std::vector<std::string>{"put", "c/k"}, std::string("in\n\0", 4)}}) {
    input_.clear();
    input_.str(std::string("in\n\0", 4));
    Answer(201, {{"etag", "\"1\""}});
    EXPECT_EQ(Run(words, RunPut), ExitCode::kDone);
    EXPECT_EQ(requests_.back().method, "PUT");
    EXPECT_EQ(requests_.back().body, body);
  }
  EXPECT_EQ(output_.str(), "");
  EXPECT_EQ(Run({"put", "c/k", "@nowhere"}, RunPut), ExitCode::kFailure);
  EXPECT_THAT(errors_.str(), HasSubstr("can't read 'nowhere': no such file"));
}

TEST_F(ClientCommandsTest, PutSendsItsConditions) {
  Answer(204, {{"etag", "\"9\""}});
  EXPECT_EQ(Run({"put", "c/k", "v", "--ttl", "90s", "--content-type", "text/plain", "--if-match",
                 "123", "--if-none-match", "*", "--json"},
                RunPut),
            ExitCode::kDone);
  EXPECT_EQ(requests_[0].target, "/v1/kv/c/k?ttl=90s");
  EXPECT_THAT(requests_[0].headers,
              ElementsAre(Pair("Content-Type", "text/plain"), Pair("If-Match", "\"123\""),
                          Pair("If-None-Match", "*")));
  EXPECT_EQ(output_.str(), "{\"created\":false,\"version\":\"9\"}\n");
  Answer(204);
  EXPECT_EQ(Run({"put", "c/k", "v", "--if-match", "\"1\", \"2\"", "--ttl", "1s&x"}, RunPut),
            ExitCode::kDone);
  EXPECT_THAT(requests_[1].headers, ElementsAre(Pair("If-Match", "\"1\", \"2\"")));
  EXPECT_EQ(requests_[1].target, "/v1/kv/c/k?ttl=1s%26x");
}

TEST_F(ClientCommandsTest, AFlagCantAddHeaders) {
  EXPECT_EQ(Run({"put", "c/k", "v", "--content-type", "a\r\nX: y"}, RunPut), ExitCode::kUsage);
  EXPECT_EQ(Run({"del", "c/k", "--if-match", "a\nX: y"}, RunDel), ExitCode::kUsage);
  EXPECT_TRUE(requests_.empty());
}

TEST_F(ClientCommandsTest, DelSaysTheVersionOfTheDeletion) {
  Answer(204, {{"etag", "\"9\""}});
  EXPECT_EQ(Run({"del", "c/k", "--if-match", "8", "--json"}, RunDel), ExitCode::kDone);
  EXPECT_EQ(requests_[0].method, "DELETE");
  EXPECT_THAT(requests_[0].headers, ElementsAre(Pair("If-Match", "\"8\"")));
  EXPECT_EQ(output_.str(), "{\"version\":\"9\"}\n");
}

TEST_F(ClientCommandsTest, LsFollowsPages) {
  Answer(200, {}, R"({"items":[{"key":"a"},{"key":"b\nc\u0001"}],"next_page_token":"t/1"})");
  Answer(200, {}, R"({"items":[{"key":"d\\"}]})");
  EXPECT_EQ(Run({"ls", "c", "--prefix", "x/ä&"}, RunLs), ExitCode::kDone);
  EXPECT_EQ(output_.str(), "a\nb\\nc\\u0001\nd\\\n");
  ASSERT_EQ(requests_.size(), 2U);
  EXPECT_EQ(requests_[0].target, "/v1/kv/c?page_size=1000&prefix=x%2F%C3%A4%26");
  EXPECT_EQ(requests_[1].target, "/v1/kv/c?page_size=1000&prefix=x%2F%C3%A4%26&page_token=t%2F1");
}

TEST_F(ClientCommandsTest, LsWithValues) {
  Answer(200, {}, R"({"items":[{"key":"a","text":"1\t2"},{"key":"b","base64":"/w=="}]})");
  EXPECT_EQ(Run({"ls", "c", "--values"}, RunLs), ExitCode::kDone);
  EXPECT_EQ(output_.str(), "a\t1\\t2\nb\t/w==\n");
  EXPECT_THAT(requests_[0].target, HasSubstr("&values=true"));
}

TEST_F(ClientCommandsTest, LsAsJsonKeepsEachItem) {
  Answer(200, {}, R"({"items":[{"key":"a","version":"1","size":10000000000000000001}]})");
  EXPECT_EQ(Run({"ls", "c", "--json"}, RunLs), ExitCode::kDone);
  EXPECT_EQ(output_.str(), "{\"key\":\"a\",\"version\":\"1\",\"size\":10000000000000000001}\n");
}

TEST_F(ClientCommandsTest, LsDoesNotGoInCircles) {
  Answer(200, {}, R"({"items":[],"next_page_token":"t"})");
  Answer(200, {}, R"({"items":[],"next_page_token":"t"})");
  EXPECT_EQ(Run({"ls", "c"}, RunLs), ExitCode::kFailure);
  Answer(200, {}, "[]");
  EXPECT_EQ(Run({"ls", "c"}, RunLs), ExitCode::kFailure);
}

TEST_F(ClientCommandsTest, VerboseShowsBothHeadsOnStandardError) {
  Answer(200, {{"etag", "\"7\""}}, "v");
  EXPECT_EQ(Run({"get", "c/k", "-v", "--strong"}, RunGet), ExitCode::kDone);
  EXPECT_EQ(errors_.str(), "> GET /v1/kv/c/k\n> Cache-Control: no-cache\n< 200\n< etag: \"7\"\n");
  EXPECT_EQ(output_.str(), "v");
}

}  // namespace
}  // namespace coolkit::cli
