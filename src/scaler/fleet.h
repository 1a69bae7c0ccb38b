// Why: counters of single pods, which start, restart, hang, lie and vanish, become one sample of
// what all pods did. Pure; one per workload; not thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scaler/pod_reading.h"
#include "scaler/sample.h"

namespace coolkit::scaler {

// What came of asking one pod. Nothing: it did not answer, or nothing that can be believed.
struct PodAnswer {
  std::string address;
  double at_s = 0;  // when it answered
  std::optional<PodReading> reading;
};

class Fleet {
 public:
  struct Options {
    double rate_max = 1e6;         // requests per second that one pod is believed at most,
    double rate_unproven = 1e4;    // and without the proof of its CPU or of the other pods
    double cpu_rate_max = 256;     // cores
    double starting_s = 180;       // a new pod may be silent for so long
    double reporting_min = 0.5;    // share of the pods not starting that must have a rate
    double cpu_cores_per_pod = 0;  // 0: CPU is not compared with anything
    // The addresses are a fixed list of where pods may be: who has never answered, or not for
    // gone_s, does not exist.
    bool listed = false;
    double gone_s = 15;
  };
  explicit Fleet(Options options);

  // One round: the answers of all pods that exist now. Pods that are not in it are forgotten.
  // Nothing when too few of them have a rate.
  [[nodiscard]] std::optional<Sample> Next(double now_s, const std::vector<PodAnswer>& answers);

  // Of the last round.
  [[nodiscard]] int discovered() const { return discovered_; }
  [[nodiscard]] int reporting() const { return reporting_; }
  [[nodiscard]] int serving() const { return serving_; }
  [[nodiscard]] int resets() const { return resets_; }  // since the start

 private:
  struct Pod {
    double found_at_s = 0;
    bool from_the_start = false;  // it was there when this fleet began
    bool heard = false;
    double heard_at_s = 0;
    PodReading last;
  };
  struct Rates {
    double requests = 0;
    double refused = 0;
    double cpu_cores = 0;
    double latency_sum_s = 0;
    double latency_count = 0;
  };
  [[nodiscard]] std::optional<Rates> Advance(Pod& pod, const PodAnswer& answer);
  [[nodiscard]] Rates Sum(std::vector<Rates> pods) const;
  [[nodiscard]] double Grown(double before, double now) const;

  Options options_;
  std::map<std::string, Pod> pods_;
  bool began_ = false;
  int discovered_ = 0;
  int reporting_ = 0;
  int serving_ = 0;
  int resets_ = 0;
};

}  // namespace coolkit::scaler
