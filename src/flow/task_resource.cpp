#include "flow/task_resource.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "base/encoding.h"
#include "base/error.h"
#include "cloud/arn.h"
#include "cloud/model.h"

namespace lifeboat::flow {
namespace {

// Where Step Functions' spelling of a service is not ours.
const std::map<std::string, std::string, std::less<>> kSdkServices = {
    {"sfn", "states"}, {"eventbridge", "events"}, {"cloudwatchlogs", "logs"}};

const std::map<std::string, std::set<std::string, std::less<>>, std::less<>> kOptimised = {
    {"lambda", {"invoke"}},
    {"dynamodb", {"getItem", "putItem", "updateItem", "deleteItem"}},
    {"sqs", {"sendMessage"}},
    {"events", {"putEvents"}},
    {"states", {"startExecution"}},
};

[[noreturn]] void fail(std::string_view arn, const std::string& problem) {
    throw Error(ErrorCategory::InvalidInput, "InvalidResource",
                "The resource provided " + std::string(arn.substr(0, 256)) +
                    " is not recognized: " + problem);
}

std::string upper_first(std::string_view name) {
    std::string result(name);
    if (!result.empty() && result[0] >= 'a' && result[0] <= 'z') result[0] -= 'a' - 'A';
    return result;
}

// The API's spelling of "createLocationEfs", or of "listDNSRecords" written as an SDK does.
std::string find_operation(const cloud::ServiceModel& model, std::string_view name) {
    const std::string wanted = upper_first(name);
    if (model.has(wanted)) return wanted;
    const std::string lowered = lower_case(wanted);
    for (const auto& [operation, unused] : model.operations())
        if (lower_case(operation) == lowered) return operation;
    return "";
}

TaskResource parse_sdk(std::string_view arn, const std::string& service,
                       const std::string& operation) {
    TaskResource task;
    task.resource_type = "aws-sdk:" + service;
    task.resource = operation;
    const auto alias = kSdkServices.find(service);
    task.service = alias == kSdkServices.end() ? service : alias->second;
    const auto& models = cloud::service_models();
    const auto model = models.find(task.service);
    if (model == models.end()) fail(arn, "this cloud has no service '" + service + "'");
    task.operation = find_operation(*model->second, operation);
    if (task.operation.empty())
        fail(arn, "the service '" + service + "' has no operation '" + operation + "' here");
    return task;
}

TaskResource parse_optimised(std::string_view arn, const std::string& service,
                             const std::string& operation, const std::string& suffix) {
    const auto known = kOptimised.find(service);
    if (known == kOptimised.end() || !known->second.contains(operation))
        fail(arn, "there is no optimised integration '" + service + ":" + operation + "' here");
    TaskResource task;
    task.kind = TaskResource::Kind::Optimised;
    task.service = service;
    task.operation = upper_first(operation);
    task.resource_type = service;
    task.resource = operation + suffix;
    if (suffix == ".sync" || suffix == ".sync:2") {
        if (service != "states") fail(arn, "'" + suffix + "' is not offered for this operation");
        task.pattern =
            suffix == ".sync" ? TaskResource::Pattern::Sync : TaskResource::Pattern::SyncJson;
    }
    if (suffix == ".waitForTaskToken") {
        if (service == "dynamodb") fail(arn, "'" + suffix + "' is not offered for this operation");
        task.pattern = TaskResource::Pattern::Callback;
    }
    return task;
}

}  // namespace

TaskResource parse_task_resource(std::string_view text) {
    const auto arn = cloud::parse_arn(text);
    if (!arn) fail(text, "the value is not an ARN");
    if (arn->service == "lambda" && arn->resource.starts_with("function:")) {
        TaskResource task;
        task.kind = TaskResource::Kind::Function;
        task.service = "lambda";
        task.operation = "Invoke";
        task.resource_type = "lambda";
        task.arn = text;
        return task;
    }
    if (arn->service != "states") fail(text, "this kind of resource cannot be a task");
    if (arn->resource.starts_with("activity:")) {
        TaskResource task;
        task.kind = TaskResource::Kind::Activity;
        task.service = "states";
        task.arn = text;
        return task;
    }

    std::string resource = arn->resource;
    std::string suffix;
    for (const std::string_view ending : {".sync:2", ".sync", ".waitForTaskToken"})
        if (resource.ends_with(ending)) {
            suffix = ending;
            resource.resize(resource.size() - ending.size());
            break;
        }
    std::vector<std::string> parts;
    for (std::size_t start = 0; start <= resource.size();) {
        const auto end = std::min(resource.find(':', start), resource.size());
        parts.push_back(resource.substr(start, end - start));
        start = end + 1;
    }
    if (parts.size() == 3 && parts[0] == "aws-sdk") {
        if (suffix.starts_with(".sync")) fail(text, "'" + suffix + "' does not go with aws-sdk");
        TaskResource task = parse_sdk(text, parts[1], parts[2]);
        task.resource += suffix;
        if (!suffix.empty()) task.pattern = TaskResource::Pattern::Callback;
        return task;
    }
    if (parts.size() != 2) fail(text, "an operation is named service:operation");
    return parse_optimised(text, parts[0], parts[1], suffix);
}

}  // namespace lifeboat::flow
