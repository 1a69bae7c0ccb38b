// The entries of `scaler` and its actions in the command table.
#include "cli/command_table.h"
#include "cli/scaler_settings.h"

namespace coolkit::cli {
namespace {

std::vector<FlagSpec> PolicyFlags(bool simulated) {
  std::vector<FlagSpec> flags;
  for (const scaler::PolicySetting& setting : scaler::PolicySettings()) {
    if (simulated && !setting.simulated) continue;
    FlagSpec flag = MakeFlag(std::string(setting.name), std::string(setting.value_name),
                             std::string(setting.meaning), setting.default_text, "Workload");
    if (!simulated) flag.environment = ScalerVariable(setting.name);
    flags.push_back(std::move(flag));
  }
  return flags;
}

CommandSpec Group() {
  CommandSpec command;
  command.name = "scaler";
  command.summary = "Say how many pods are needed, for KEDA; try it on a trace; check an endpoint";
  command.description =
      "`coolkit scaler ACTION --help` explains an action. docs/scaling.md says more.";
  command.arguments = {{"ACTION",
                        "serve: the endpoint that KEDA polls; simulate: a policy on recorded or "
                        "made traffic; validate: read an endpoint as KEDA does",
                        true,
                        {"serve", "simulate", "validate"}}};
  return command;
}

CommandSpec ServeAction() {
  CommandSpec command;
  command.name = "scaler serve";
  command.hidden = true;
  command.summary = "Serve the estimate that KEDA polls";
  command.description =
      "Looks at the pods of each workload and answers GET /estimate/WORKLOAD on --listen; health "
      "and "
      "metrics are on --ops-listen. The settings of a workload are those of its entry in --config, "
      "else the flag, the variable, the key at the top of the file, or the default.\n"
      "SIGTERM ends it with 0.";
  for (const ScalerSetting& setting : ScalerSettings()) {
    FlagSpec flag = MakeFlag(std::string(setting.name), std::string(setting.value_name),
                             std::string(setting.meaning), setting.default_text);
    flag.environment = ScalerVariable(setting.name);
    flag.repeats = setting.name == "workload";
    flag.choices.assign(setting.choices.begin(), setting.choices.end());
    command.flags.push_back(std::move(flag));
  }
  for (FlagSpec& flag : PolicyFlags(false)) command.flags.push_back(std::move(flag));
  command.examples = {
      {"coolkit scaler serve --workload coolkit=dns:coolkit-headless.production:2345", ""},
      {"coolkit scaler serve --config scaler.yaml --listen 127.0.0.1:8090 --ops-listen "
       "127.0.0.1:2346",
       "several workloads; beside a coolkit on this machine"}};
  return command;
}

CommandSpec SimulateAction() {
  CommandSpec command;
  command.name = "scaler simulate";
  command.hidden = true;
  command.summary = "Try a policy on traffic: the estimator through KEDA and the autoscaler";
  command.description =
      "Replays a trace, or a burst, second by second, beside a plain autoscaler on CPU, KEDA with "
      "load over target, and one that knows the future.\n"
      "Exit status: 0 done, 2 wrong usage, 3 a file can't be read or written.";
  const std::string traffic = "Traffic";
  const std::string cluster = "Cluster";
  command.flags = {
      MakeFlag("trace", "FILE",
               "CSV with a time and a number of requests per line; without it a burst", {},
               traffic),
      MakeFlag("peak-pods", "N", "scale a trace so that its highest interval needs so many pods",
               "75", traffic),
      MakeFlag("burst", "FACTOR", "how far the burst rises above its base", "10", traffic),
      MakeFlag("base", "RATE", "requests per second before it", "3000", traffic),
      MakeFlag("ramp", "DURATION", "how long it takes to rise", "1m", traffic),
      MakeFlag("noise", "SHARE", "standard deviation of the load", "0.05", traffic),
      MakeFlag("seed", "NUMBER", "of the noise", "1", traffic),
      MakeFlag("pod-start", "DURATION", "from the creation of a pod to its readiness", "20s",
               cluster),
      MakeFlag("poll", "DURATION", "KEDA's polling interval", "15s", cluster),
      MakeFlag("cached", "SWITCH", "KEDA's useCachedMetrics", "on", cluster),
      MakeFlag("rollouts-every", "DURATION", "start a rollout so often", {}, cluster),
      MakeFlag("svg", "FILE", "draw load, capacity and replicas", {}),
      MakeFlag("json", "FILE", "write the table as JSON", {}),
  };
  for (FlagSpec& flag : command.flags) {
    if (flag.name == "cached") flag.choices = {"on", "off"};
  }
  for (FlagSpec& flag : PolicyFlags(true)) command.flags.push_back(std::move(flag));
  command.examples = {{"coolkit scaler simulate --svg burst.svg", "ten times within a minute"},
                      {"coolkit scaler simulate --trace requests-per-minute.csv --hold 10m", ""}};
  return command;
}

CommandSpec ValidateAction() {
  CommandSpec command;
  command.name = "scaler validate";
  command.hidden = true;
  command.summary = "Read an endpoint as KEDA does, and say what the autoscaler would do";
  command.description =
      "Exit status: 0 fine, 1 it would misbehave, 2 wrong usage. Warnings alone leave it 0.";
  command.arguments = {{"URL", "the endpoint; with --scaled-object the trigger's", false, {}}};
  command.flags = {
      MakeFlag("scaled-object", "FILE", "take what follows from a rendered ScaledObject (YAML)",
               {}),
      MakeFlag("value-location", "PATH", "where the value is in the answer (GJSON)",
               "desired_replicas"),
      MakeFlag("target-value", "NUMBER", "value of one pod", "1"),
      MakeFlag("metric-type", "TYPE", "how the autoscaler reads it", "AverageValue"),
      MakeFlag("current", "N", "replicas that run now", "10"),
      MakeFlag("min", "N", "minReplicaCount", "10"),
      MakeFlag("max", "N", "maxReplicaCount", "100"),
      MakeFlag("timeout", "DURATION", "KEDA's", "3s"),
  };
  for (FlagSpec& flag : command.flags) {
    if (flag.name == "metric-type") flag.choices = {"AverageValue", "Value"};
    if (flag.name == "value-location") flag.value_name = "LOCATION";
  }
  command.examples = {
      {"coolkit scaler validate http://127.0.0.1:8090/estimate/coolkit", ""},
      {"coolkit scaler validate URL --value-location load --target-value 500 --current 34", ""},
      {"coolkit scaler validate --scaled-object rendered.yaml --current 34", ""}};
  return command;
}

}  // namespace

std::vector<CommandSpec> ScalerCommands() {
  return {Group(), ServeAction(), SimulateAction(), ValidateAction()};
}

}  // namespace coolkit::cli
