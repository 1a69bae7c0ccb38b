// Why: store::Store over the model database, as src/store/postgres behaves: reads of a moment share
// a statement, writes a commit; a write whose COMMIT may have been sent is unknown when no answer
// comes; everything is late, or lost, as the network likes. One per pod; dies with its process.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "sim/database.h"
#include "sim/network.h"
#include "store/store.h"

namespace coolkit::sim {

class ModelStore final : public store::Store {
 public:
  struct Options {
    milliseconds answer_timeout{400};  // then the connection is given up
    std::size_t changes_per_poll_max = 6;
    std::size_t batch_max = 4;
  };
  // Completions run on `thread`, as does everything that the pod itself does.
  ModelStore(Scheduler& scheduler, Database& database, const Keyspace& keys, Thread& thread,
             const Network& network, Options options);
  ~ModelStore() override;

  [[nodiscard]] Result<void> Start() override { return {}; }
  // Completes everything with kDraining; what was sent to the server goes on there.
  void Stop() override;
  void Read(std::vector<model::Key> keys, BootTime deadline,
            Completion<Result<store::ReadAnswer>> done) override;
  void Write(store::WriteOp op, BootTime deadline,
             Completion<Result<store::WriteAnswer>> done) override;
  void WriteAtomic(std::vector<store::WriteOp> ops, BootTime deadline,
                   Completion<Result<store::AtomicAnswer>> done) override;
  void List(store::ListRequest request, BootTime deadline,
            Completion<Result<store::ListAnswer>> done) override;
  void Poll(std::optional<store::FeedCursor> cursor, BootTime deadline,
            Completion<Result<store::FeedAnswer>> done) override;
  void Collect(milliseconds retention, std::size_t limit,
               Completion<Result<std::size_t>> done) override;
  void Prune(store::FeedCursor mark, std::size_t limit,
             Completion<Result<std::size_t>> done) override;

  // Nothing is under way.
  [[nodiscard]] bool idle() const { return pending_.empty(); }

 private:
  // One call that somebody waits for. Ends once.
  struct Pending {
    virtual ~Pending() = default;
    virtual void Fail(Error error) = 0;
    BootTime deadline = kNever;
    bool ended = false;
  };
  template <class Answer>
  struct Call final : Pending {
    Completion<Result<Answer>> done;
    void Fail(Error error) override { done(coolkit::Fail(std::move(error))); }
  };
  template <class Answer>
  using CallPtr = std::shared_ptr<Call<Answer>>;
  struct Statement;  // reads under way
  struct Batch;      // writes under way
  struct WaitingRead {
    std::vector<std::size_t> keys;
    CallPtr<store::ReadAnswer> call;
  };
  struct WaitingWrite {
    std::vector<store::WriteOp> ops;
    CallPtr<store::WriteAnswer> call;
    CallPtr<store::AtomicAnswer> atomic;  // instead of `call`
    [[nodiscard]] Pending& pending() const;
  };
  // The life of the object, for what may come after its end.
  struct Alive {
    ModelStore* store;
  };

  template <class Answer>
  CallPtr<Answer> Expect(BootTime deadline, Completion<Result<Answer>> done);
  template <class Answer>
  void Answered(const CallPtr<Answer>& call, Result<Answer> answer);
  void Failed(Pending& call, ErrorCode code);
  void Forget(const Pending& call);
  // A statement of its own: `work(sent_at)` at the server, its answer back here.
  template <class Answer, class Work>
  void Ask(BootTime deadline, Completion<Result<Answer>> done, Work work);
  template <class Work>
  void ToServer(Work work);
  template <class Work>
  void ToPod(Work work);
  // After the time-out, unless it ended before.
  template <class Work>
  void Later(nanoseconds delay, Work work);

  void SendReads();
  void SendWrites();
  [[nodiscard]] std::shared_ptr<Batch> TakeBatch();
  void BeginBatch(const std::shared_ptr<Batch>& batch);
  void RunBatch(const std::shared_ptr<Batch>& batch);
  void CommitBatch(const std::shared_ptr<Batch>& batch);
  void AnswerBatch(const std::shared_ptr<Batch>& batch);
  void EndBatch(const std::shared_ptr<Batch>& batch, ErrorCode code);
  [[nodiscard]] BootTime PodNow() const { return thread_.process().PodTime(scheduler_.now()); }

  Scheduler& scheduler_;
  Database& database_;
  const Keyspace& keys_;
  Thread& thread_;
  const Network& network_;
  const Options options_;
  std::shared_ptr<Alive> alive_;
  std::vector<std::shared_ptr<Pending>> pending_;
  std::vector<WaitingRead> reads_;
  std::vector<WaitingWrite> writes_;
  std::set<std::size_t> writing_;  // keys of batches under way
  std::weak_ptr<Statement> last_statement_;
  bool send_reads_posted_ = false;
  bool send_writes_posted_ = false;
};

}  // namespace coolkit::sim
