// Why: what a simulation found is read as a table, by programs, and as a picture. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "plot/chart.h"
#include "scaler/simulation.h"

namespace coolkit::scaler {

// One line per contender; factors are against the autoscaler on CPU if it is among them.
[[nodiscard]] std::string SimulationTable(const std::vector<Outcome>& outcomes);
[[nodiscard]] std::string SimulationJson(const std::vector<Outcome>& outcomes);
// Load and capacity of the first, replicas of all.
[[nodiscard]] plot::Chart SimulationChart(const std::string& title,
                                          const std::vector<Outcome>& outcomes);

}  // namespace coolkit::scaler
