#include "telemetry/metrics.h"

#include <map>
#include <set>

#include "base/check.h"
#include "base/mutex.h"
#include "telemetry/exposition.h"
#include "telemetry/metric_names.h"

namespace coolkit::telemetry {
namespace {

// One set of label values of a family: exactly one member is set.
struct Series {
  std::unique_ptr<Counter> counter;
  std::unique_ptr<Gauge> gauge;
  std::unique_ptr<Histogram> histogram;
  std::function<double()> read;
};

struct Family {
  MetricInfo info;
  std::map<std::string, Series> series;  // by rendered labels
};

void WriteFamily(ExpositionWriter& writer, const Family& family) {
  writer.Begin(family.info);
  for (const auto& [labels, series] : family.series) {
    if (series.counter) {
      writer.Sample(labels, series.counter->Value());
    } else if (series.gauge) {
      writer.Sample(labels, series.gauge->Value());
    } else if (series.histogram) {
      writer.Sample(labels, series.histogram->Read());
    } else {
      writer.Sample(labels, series.read());
    }
  }
}

std::vector<std::string> NamesOf(const Labels& labels) {
  std::vector<std::string> names;
  for (const auto& [name, value] : labels) names.push_back(name);
  return names;
}

}  // namespace

struct Registry::State {
  mutable Mutex mutex;
  std::map<std::string, Family> families GUARDED_BY(mutex);
  std::set<std::string> claimed GUARDED_BY(mutex);  // names that exposed families use up
  std::vector<std::function<void()>> refreshers GUARDED_BY(mutex);
  std::size_t last_bytes GUARDED_BY(mutex) = 4096;

  Family& FamilyFor(MetricType type, const std::string& name, const std::string& help,
                    const Labels& labels) REQUIRES(mutex);
  Series& NewSeries(Family& family, const Labels& labels) REQUIRES(mutex);
  std::string Expose(ExpositionFormat format);
};

Family& Registry::State::FamilyFor(MetricType type, const std::string& name,
                                   const std::string& help, const Labels& labels) {
  const auto found = families.find(name);
  if (found != families.end()) {
    const MetricInfo& info = found->second.info;
    CHECK(info.type == type);
    CHECK(info.help == help);
    CHECK(info.label_names == NamesOf(labels));
    return found->second;
  }
  CHECK(IsMetricName(name));
  CHECK(IsNameForType(name, type));
  CHECK(!help.empty());
  std::set<std::string> seen;
  for (const auto& [label, value] : labels) {
    CHECK(IsLabelName(label));
    CHECK(seen.insert(label).second);
  }
  for (const std::string& claim : ClaimedNames(name, type)) CHECK(claimed.insert(claim).second);
  return families.emplace(name, Family{{name, type, help, NamesOf(labels)}, {}}).first->second;
}

Series& Registry::State::NewSeries(Family& family, const Labels& labels) {
  const auto [place, added] = family.series.try_emplace(RenderLabels(labels));
  CHECK(added);
  return place->second;
}

std::string Registry::State::Expose(ExpositionFormat format) {
  const MutexLock lock(mutex);
  for (const std::function<void()>& refresh : refreshers) refresh();
  ExpositionWriter writer(format, last_bytes + last_bytes / 8);
  for (const auto& [name, family] : families) WriteFamily(writer, family);
  std::string text = writer.Finish();
  last_bytes = text.size();
  return text;
}

std::string_view MetricTypeName(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "unknown";
}

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;

Counter& Registry::AddCounter(const std::string& name, const std::string& help, Labels labels) {
  const MutexLock lock(state_->mutex);
  Family& family = state_->FamilyFor(MetricType::kCounter, name, help, labels);
  Series& series = state_->NewSeries(family, labels);
  series.counter = std::make_unique<Counter>();
  return *series.counter;
}

Gauge& Registry::AddGauge(const std::string& name, const std::string& help, Labels labels) {
  const MutexLock lock(state_->mutex);
  Family& family = state_->FamilyFor(MetricType::kGauge, name, help, labels);
  Series& series = state_->NewSeries(family, labels);
  series.gauge = std::make_unique<Gauge>();
  return *series.gauge;
}

Histogram& Registry::AddHistogram(const std::string& name, const std::string& help,
                                  std::vector<double> upper_bounds, Labels labels) {
  const MutexLock lock(state_->mutex);
  Family& family = state_->FamilyFor(MetricType::kHistogram, name, help, labels);
  if (!family.series.empty()) {
    CHECK(family.series.begin()->second.histogram->upper_bounds() == upper_bounds);
  }
  Series& series = state_->NewSeries(family, labels);
  series.histogram = std::make_unique<Histogram>(std::move(upper_bounds));
  return *series.histogram;
}

void Registry::AddCallback(MetricType type, const std::string& name, const std::string& help,
                           Labels labels, std::function<double()> read) {
  CHECK(type != MetricType::kHistogram);
  CHECK(read != nullptr);
  const MutexLock lock(state_->mutex);
  Family& family = state_->FamilyFor(type, name, help, labels);
  state_->NewSeries(family, labels).read = std::move(read);
}

void Registry::BeforeScrape(std::function<void()> refresh) {
  CHECK(refresh != nullptr);
  const MutexLock lock(state_->mutex);
  state_->refreshers.push_back(std::move(refresh));
}

std::string Registry::PrometheusText() const {
  return state_->Expose(ExpositionFormat::kPrometheus);
}

std::string Registry::OpenMetricsText() const {
  return state_->Expose(ExpositionFormat::kOpenMetrics);
}

std::vector<MetricInfo> Registry::Families() const {
  const MutexLock lock(state_->mutex);
  std::vector<MetricInfo> families;
  families.reserve(state_->families.size());
  for (const auto& [name, family] : state_->families) families.push_back(family.info);
  return families;
}

}  // namespace coolkit::telemetry
