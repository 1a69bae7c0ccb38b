// Why: the callers of the API: one request at a time each, through any pod, of every kind, with and
// without the token of the answer before; and what each was told goes to the checker. Not
// thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/checker.h"
#include "sim/plan.h"

namespace coolkit::sim {

// What the clients of one run share.
struct Clients {
  Scheduler& scheduler;
  const Keyspace& keys;
  const Plan& plan;
  Checker& checker;
  Coverage& coverage;
  std::function<Node*()> any_pod;  // null: nobody listens
  std::size_t operations_left = 0;
  std::uint64_t values = 0;  // so far; each is written once
};

class Client {
 public:
  Client(Clients& all, std::string name, bool with_token);

  void Start() { Pause(); }
  // The pod is gone: whoever waits for it waits no more.
  void Disconnected(const Node& pod);
  [[nodiscard]] bool waiting() const { return call_ != nullptr; }

 private:
  // One request under way.
  struct Call {
    Node* pod = nullptr;
    BootTime sent{};
    BootTime arrived{};  // the world's time at the pod
    net::Loop* loop = nullptr;
    std::vector<std::size_t> keys;
    kv::ReadOptions read;
    kv::WriteOptions write;
    std::vector<store::WriteOp> ops;
    Session session;  // as it was when the request was sent
    bool with_token = false;
  };
  using CallPtr = std::shared_ptr<Call>;
  using Work = void (Client::*)(const CallPtr&);

  void Pause();
  void Next();
  void Send(Work work);
  // The answer is on its way; then `learn` and the next request.
  void Answer(const CallPtr& call, std::function<void()> learn);
  void Failed(const CallPtr& call, const Error& error);
  [[nodiscard]] bool Gone(const CallPtr& call) const { return !call->pod->alive(); }

  [[nodiscard]] CallPtr NewCall();
  [[nodiscard]] std::size_t AnyKey();
  void ChooseRead(Call& call);
  [[nodiscard]] store::WriteOp AnyWrite(std::size_t key);
  void Read(const CallPtr& call);
  void ReadMany(const CallPtr& call);
  void Write(const CallPtr& call);
  void WriteMany(const CallPtr& call);
  void WriteAtomic(const CallPtr& call);
  void Update(const CallPtr& call);
  void List(const CallPtr& call);
  void TakeRead(const CallPtr& call, std::size_t key, const Result<kv::ReadAnswer>& answer,
                std::vector<std::function<void()>>& learn);
  void TakeWrite(const CallPtr& call, const store::WriteOp& op, const store::WriteOutcome& outcome,
                 const model::Token& token, std::vector<std::function<void()>>& learn);
  void LearnAll(const CallPtr& call, std::vector<std::function<void()>> learn);

  Clients& all_;
  std::string name_;
  bool with_token_;
  Session session_;
  CallPtr call_;  // under way
};

}  // namespace coolkit::sim
