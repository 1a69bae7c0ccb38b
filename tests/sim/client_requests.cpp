// How a pod serves each kind of request: the calls that the API makes of kv::Service.
#include <utility>

#include "sim/client.h"

namespace coolkit::sim {

void Client::Read(const CallPtr& call) {
  kv::Service& service = call->pod->service();
  const std::size_t key = call->keys.front();
  const auto take = [this, call, key](const Result<kv::ReadAnswer>& answer) {
    std::vector<std::function<void()>> learn;
    TakeRead(call, key, answer, learn);
    LearnAll(call, std::move(learn));
  };
  if (auto hit = service.TryRead(all_.keys.Name(key).ref(), call->read)) return take(*hit);
  net::Detach(service.Read(all_.keys.Name(key), call->read, *call->loop), take);
}

void Client::ReadMany(const CallPtr& call) {
  std::vector<model::Key> names;
  for (const std::size_t key : call->keys) names.push_back(all_.keys.Name(key));
  net::Detach(call->pod->service().ReadMany(std::move(names), call->read, *call->loop),
              [this, call](const std::vector<Result<kv::ReadAnswer>>& answers) {
                std::vector<std::function<void()>> learn;
                for (std::size_t i = 0; i < answers.size(); ++i) {
                  TakeRead(call, call->keys[i], answers[i], learn);
                }
                LearnAll(call, std::move(learn));
              });
}

void Client::Write(const CallPtr& call) {
  net::Detach(call->pod->service().Write(call->ops.front(), call->write, *call->loop),
              [this, call](const Result<kv::WriteAnswer>& answer) {
                std::vector<std::function<void()>> learn;
                if (!answer) {
                  Failed(call, answer.error());
                } else {
                  TakeWrite(call, call->ops.front(), answer->outcome, answer->token, learn);
                }
                LearnAll(call, std::move(learn));
              });
}

void Client::WriteMany(const CallPtr& call) {
  net::Detach(call->pod->service().WriteMany(call->ops, call->write, *call->loop),
              [this, call](const std::vector<Result<kv::WriteAnswer>>& answers) {
                std::vector<std::function<void()>> learn;
                for (std::size_t i = 0; i < answers.size(); ++i) {
                  if (answers[i]) {
                    TakeWrite(call, call->ops[i], answers[i]->outcome, answers[i]->token, learn);
                  } else if (!Gone(call)) {
                    ++all_.coverage.errors;
                    const bool unknown = answers[i].error().code == ErrorCode::kOutcomeUnknown;
                    if (!unknown && call->ops[i].value) {
                      all_.checker.Refused(*call->ops[i].value);
                    }
                  }
                }
                LearnAll(call, std::move(learn));
              });
}

void Client::WriteAtomic(const CallPtr& call) {
  net::Detach(call->pod->service().WriteAtomic(call->ops, call->write, *call->loop),
              [this, call](const Result<kv::AtomicAnswer>& answer) {
                std::vector<std::function<void()>> learn;
                if (!answer) {
                  Failed(call, answer.error());
                } else if (answer->committed) {
                  for (std::size_t i = 0; i < call->ops.size(); ++i) {
                    TakeWrite(call, call->ops[i], answer->outcomes[i], answer->token, learn);
                  }
                } else if (!Gone(call)) {
                  for (const store::WriteOp& op : call->ops) {
                    if (op.value) all_.checker.Refused(*op.value);
                  }
                }
                LearnAll(call, std::move(learn));
              });
}

void Client::Update(const CallPtr& call) {
  const std::size_t key = call->keys.front();
  // What the last attempt was made from, and what it would have written.
  struct Attempt {
    model::EntryPtr base;
    std::string value;
  };
  auto attempt = std::make_shared<Attempt>();
  const kv::Transform transform = [this, key,
                                   attempt](const kv::Current& current) -> Result<store::WriteOp> {
    attempt->base = current.entry;
    attempt->value = name_ + ".u" + std::to_string(++all_.values);
    store::WriteOp op;
    op.key = all_.keys.Name(key);
    op.value = std::make_shared<const std::string>(attempt->value);
    op.expiry.kind = store::Expiry::Kind::kKeep;
    return op;
  };
  net::Detach(call->pod->service().Update(all_.keys.Name(key), transform, call->write, *call->loop),
              [this, call, key, attempt](const Result<kv::UpdateAnswer>& answer) {
                std::vector<std::function<void()>> learn;
                if (!answer) {
                  Failed(call, answer.error());
                } else if (answer->outcome && !Gone(call)) {
                  const model::Version version = answer->outcome->version;
                  all_.checker.Written(key, version, &attempt->value, attempt->base.get());
                  learn.emplace_back([this, key, version, token = answer->token] {
                    all_.checker.Learn(session_, token, key, version);
                  });
                }
                LearnAll(call, std::move(learn));
              });
}

void Client::List(const CallPtr& call) {
  store::ListRequest request;
  request.collection = all_.keys.Name(call->keys.front()).collection;
  net::Detach(
      call->pod->service().List(std::move(request), call->write, *call->loop),
      [this, call](const Result<kv::ListAnswer>& answer) {
        std::vector<std::function<void()>> learn;
        if (!answer) {
          Failed(call, answer.error());
        } else if (!Gone(call)) {
          for (const store::ListRow& row : answer->rows) {
            const std::size_t key = all_.keys.NumberOf(model::Key(row.entry->key_ref()));
            learn.emplace_back([this, key, token = answer->token, version = row.entry->version()] {
              all_.checker.Learn(session_, token, key, version);
            });
          }
        }
        LearnAll(call, std::move(learn));
      });
}

}  // namespace coolkit::sim
