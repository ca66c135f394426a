#include "deploy/watching.h"

#include "base/json.h"
#include "deploy/template.h"

namespace lifeboat::deploy {
namespace {

constexpr int kMinute = 60;
constexpr int kQuarter = 900;  // seconds
constexpr int kLateSeconds = 3600;

struct Alarm {
    std::string description;
    std::string space;
    std::string metric;
    std::string dimension;
    Json value;  // of the dimension
    std::string statistic = "Sum";
    int period = kMinute;
    int threshold = 1;
};

Json alarm(const Alarm& alarm) {
    return {{"Type", "AWS::CloudWatch::Alarm"},
            {"Properties",
             {{"AlarmDescription", alarm.description},
              {"Namespace", alarm.space},
              {"MetricName", alarm.metric},
              {"Dimensions", {{{"Name", alarm.dimension}, {"Value", alarm.value}}}},
              {"Statistic", alarm.statistic},
              {"Period", alarm.period},
              {"EvaluationPeriods", 1},
              {"Threshold", alarm.threshold},
              {"ComparisonOperator", "GreaterThanOrEqualToThreshold"},
              {"TreatMissingData", "notBreaching"}}}};
}

Json name_of(const std::string& queue) {
    return {{"Fn::GetAtt", {queue, "QueueName"}}};
}

Json widget(int x, int y, const std::string& title, Json metrics) {
    return {{"type", "metric"},
            {"x", x},
            {"y", y},
            {"width", 12},
            {"height", 6},
            {"properties",
             {{"title", title},
              {"region", "${AWS::Region}"},
              {"stat", "Sum"},
              {"period", kQuarter},
              {"view", "timeSeries"},
              {"metrics", std::move(metrics)}}}};
}

}  // namespace

void add_watching(Json& resources, const Watched& watched) {
    Json invocations = Json::array();
    Json errors = Json::array();
    Json waiting = Json::array();
    Json executions = Json::array();
    for (const std::string& function : watched.functions) {
        resources[logical_name(function) + "Errors"] =
            alarm({"The function " + function + " failed",
                   "AWS/Lambda",
                   "Errors",
                   "FunctionName",
                   {{"Ref", logical_name(function)}},
                   "Sum",
                   kQuarter,
                   5});
        invocations.push_back({"AWS/Lambda", "Invocations", "FunctionName", function});
        errors.push_back({"AWS/Lambda", "Errors", "FunctionName", function});
    }
    for (const std::string& queue : watched.queues) {
        if (queue == "DeadLetterQueue")
            resources[queue + "HasMessages"] = alarm(
                {"Something was given up: read the messages, then replay or delete them", "AWS/SQS",
                 "ApproximateNumberOfMessagesVisible", "QueueName", name_of(queue), "Maximum"});
        else
            resources[queue + "IsLate"] = alarm({"Messages wait for longer than an hour", "AWS/SQS",
                                                 "ApproximateAgeOfOldestMessage", "QueueName",
                                                 name_of(queue), "Maximum", kMinute, kLateSeconds});
        waiting.push_back({"AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName",
                           "${" + queue + ".QueueName}"});
    }
    for (const std::string& machine : watched.machines) {
        for (const char* outcome : {"Failed", "TimedOut"})
            resources[machine + outcome] = alarm({std::string("Executions ") + outcome,
                                                  "AWS/States",
                                                  std::string("Executions") + outcome,
                                                  "StateMachineArn",
                                                  {{"Ref", machine}}});
        for (const char* metric : {"ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed"})
            executions.push_back({"AWS/States", metric, "StateMachineArn", "${" + machine + "}"});
    }
    const Json body = {
        {"widgets",
         {widget(0, 0, "Recoveries", executions), widget(12, 0, "Waiting messages", waiting),
          widget(0, 6, "Invocations", invocations), widget(12, 6, "Errors of functions", errors)}}};
    resources["Dashboard"] = {{"Type", "AWS::CloudWatch::Dashboard"},
                              {"Properties",
                               {{"DashboardName", {{"Fn::Sub", "${AWS::StackName}"}}},
                                {"DashboardBody", {{"Fn::Sub", to_text(body)}}}}}};
}

}  // namespace lifeboat::deploy
