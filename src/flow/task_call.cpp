#include "flow/task_call.h"

#include <cctype>
#include <set>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "cloud/model.h"
#include "flow/sdk_members.h"

namespace lifeboat::flow {
namespace {

using cloud::CallOptions;

// Codes that service models leave out because every service may answer them; task errors name the
// service's general exception instead. The services listed model ValidationException themselves.
bool is_modelled(const std::string& service, const std::string& code) {
    static const std::set<std::string, std::less<>> kGeneral = {
        "AccessDeniedException",      "ValidationException",   "ValidationError",
        "SerializationException",     "ThrottlingException",   "UnknownOperationException",
        "MissingParameter",           "InvalidParameterValue", "InvalidParameterCombination",
        "MissingAuthenticationToken", "InternalFailure",       "UnrecognizedClientException"};
    static const std::set<std::string, std::less<>> kModelValidation = {
        "states", "scheduler", "datazone", "logs", "backup", "athena", "glue"};
    if (service == "ec2") return false;
    if (code == "ValidationException" && kModelValidation.contains(service)) return true;
    if (code == "ThrottlingException" && (service == "dynamodb" || service == "datazone"))
        return true;
    return !kGeneral.contains(code);
}

std::string with_exception(const std::string& code) {
    return code.ends_with("Exception") ? code : code + "Exception";
}

int http_code(const std::string& service, const Error& error) {
    const auto& models = cloud::service_models();
    if (const auto model = models.find(service); model != models.end()) {
        const int code = model->second->error(error.code()).http_code;
        if (code != 400) return code;
    }
    const bool ours = error.category() == ErrorCategory::Internal ||
                      error.category() == ErrorCategory::Unavailable ||
                      error.category() == ErrorCategory::Corruption ||
                      error.category() == ErrorCategory::NoSpace;
    return ours ? 500 : 400;
}

std::string service_id_of(const std::string& service) {
    const auto& models = cloud::service_models();
    const auto model = models.find(service);
    return model == models.end() ? service : model->second->service_id();
}

struct OptimisedNames {
    std::string prefix;   // of the error
    std::string general;  // for codes the model does not have
    std::string service;  // in the cause
};

OptimisedNames optimised_names(const std::string& service) {
    if (service == "dynamodb") return {"DynamoDB", "AmazonDynamoDBException", "AmazonDynamoDBv2"};
    if (service == "sqs") return {"SQS", "AmazonSQSException", "AmazonSQS"};
    if (service == "events")
        return {"EventBridge", "AmazonEventBridgeException", "AmazonEventBridge"};
    if (service == "states")
        return {"StepFunctions", "AWSStepFunctionsException", "AWSStepFunctions"};
    return {"Lambda", "AWSLambdaException", "AWSLambda"};
}

TaskOutcome failed(std::string error, std::string cause) {
    return {TaskOutcome::Kind::Failed, nullptr, std::move(error), std::move(cause)};
}

TaskOutcome failed(const World& world, const TaskResource& task, const Error& error) {
    const std::string& code = error.code();
    const bool modelled = is_modelled(task.service, code);
    const std::string status = std::to_string(http_code(task.service, error));
    const std::string request = new_uuid(world.random);
    if (task.kind == TaskResource::Kind::Sdk) {
        const std::string service = sdk_service_name(service_id_of(task.service));
        return failed(service + "." + (modelled ? with_exception(code) : service + "Exception"),
                      error.message() + " (Service: " + service + ", Status Code: " + status +
                          ", Request ID: " + request + ")");
    }
    const OptimisedNames names = optimised_names(task.service);
    return failed(names.prefix + "." + (modelled ? with_exception(code) : names.general),
                  error.message() + " (Service: " + names.service + "; Status Code: " + status +
                      "; Error Code: " + code + "; Request ID: " + request + "; Proxy: null)");
}

// What optimised integrations add to an answer.
void add_metadata(const World& world, Json& output) {
    const std::string request = new_uuid(world.random);
    output["SdkHttpMetadata"] = {{"AllHttpHeaders", {{"x-amzn-RequestId", Json::array({request})}}},
                                 {"HttpHeaders", {{"x-amzn-RequestId", request}}},
                                 {"HttpStatusCode", 200}};
    output["SdkResponseMetadata"] = {{"RequestId", request}};
}

TaskOutcome succeeded(Json output) {
    return {TaskOutcome::Kind::Succeeded, make_value(std::move(output)), "", ""};
}

TaskOutcome call_sdk(const World& world, const TaskResource& task, const Json& parameters,
                     const CallOptions& options) {
    const auto& operation = cloud::service_model(task.service).operation(task.operation);
    const Json answer = world.cloud.call(task.service, task.operation,
                                         to_service_members(parameters, *operation.input), options);
    return succeeded(to_task_members(answer, *operation.output));
}

Json payload_of(const Json& answer) {
    const auto encoded = find_string(answer, "Payload");
    if (!encoded) return nullptr;
    const auto bytes = base64_decode(*encoded);
    const std::string text = bytes ? *bytes : *encoded;
    Json payload = Json::parse(text, nullptr, false);
    return payload.is_discarded() ? Json(text) : payload;
}

TaskOutcome function_failed(const Json& payload) {
    const auto type = find_string(payload, "errorType");
    return failed(type.value_or("Exception"), to_text(payload));
}

TaskOutcome invoke(const World& world, const TaskResource& task, const Json& parameters,
                   const CallOptions& options) {
    const bool plain = task.kind == TaskResource::Kind::Function;
    Json request = plain ? Json{{"FunctionName", task.arn}} : parameters;
    const Json payload = plain ? parameters : request.value("Payload", Json::object());
    request["Payload"] = base64_encode(to_text(payload));
    Json answer = world.cloud.call("lambda", "Invoke", request, options);
    Json result = payload_of(answer);
    if (find(answer, "FunctionError") != nullptr) return function_failed(result);
    if (plain) return succeeded(std::move(result));
    answer["Payload"] = std::move(result);
    add_metadata(world, answer);
    return succeeded(std::move(answer));
}

TaskOutcome start_execution(const World& world, const TaskResource& task, const Json& parameters,
                            const CallOptions& options) {
    Json request = Json::object();
    for (const auto& [name, value] : parameters.items()) {
        std::string member = name;
        member[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(member[0])));
        request[member] = member == "input" && !value.is_string() ? Json(to_text(value)) : value;
    }
    const Json answer = world.cloud.call("states", "StartExecution", request, options);
    Json output = {
        {"ExecutionArn", answer.at("executionArn")},
        {"StartDate", static_cast<std::int64_t>(answer.at("startDate").get<double>() * 1000)}};
    add_metadata(world, output);
    TaskOutcome outcome = succeeded(std::move(output));
    if (task.pattern == TaskResource::Pattern::Sync ||
        task.pattern == TaskResource::Pattern::SyncJson)
        outcome.kind = TaskOutcome::Kind::Running;
    return outcome;
}

TaskOutcome call_optimised(const World& world, const TaskResource& task, const Json& parameters,
                           const CallOptions& options) {
    if (task.service == "lambda") return invoke(world, task, parameters, options);
    if (!parameters.is_object())
        throw Error(ErrorCategory::InvalidInput, "ValidationException",
                    "The parameters of the task must be an object");
    if (task.service == "states") return start_execution(world, task, parameters, options);
    Json request = parameters;
    if (task.service == "sqs" && request.contains("MessageBody") &&
        !request["MessageBody"].is_string())
        request["MessageBody"] = to_text(request["MessageBody"]);
    if (task.service == "events" && request.contains("Entries"))
        for (Json& entry : request["Entries"])
            if (entry.is_object() && entry.contains("Detail") && !entry["Detail"].is_string())
                entry["Detail"] = to_text(entry["Detail"]);
    Json answer = world.cloud.call(task.service, task.operation, request, options);
    if (integer_or(answer, "FailedEntryCount", 0) > 0)
        return failed("EventBridge.FailedEntry", to_text(answer));
    add_metadata(world, answer);
    return succeeded(std::move(answer));
}

std::string pascal_case(std::string name) {
    if (!name.empty())
        name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
    return name;
}

}  // namespace

TaskOutcome call_task(const World& world, const TaskResource& task, const Json& parameters,
                      const std::string& token) {
    const CallOptions options{token};
    try {
        switch (task.kind) {
            case TaskResource::Kind::Sdk:
                return call_sdk(world, task, parameters, options);
            case TaskResource::Kind::Function:
                return invoke(world, task, parameters, options);
            case TaskResource::Kind::Activity:  // asked for by workers, never called
            case TaskResource::Kind::Optimised:
                break;
        }
        return call_optimised(world, task, parameters, options);
    } catch (const Error& error) {
        if (error.category() == ErrorCategory::Cancelled) throw;
        return failed(world, task, error);
    }
}

TaskOutcome poll_task(const World& world, const TaskResource& task, const Json& submitted) {
    Json answer;
    try {
        answer = world.cloud.call("states", "DescribeExecution",
                                  {{"executionArn", require_string(submitted, "ExecutionArn")}});
    } catch (const Error& error) {
        if (error.category() == ErrorCategory::Cancelled || is_retryable(error)) throw;
        return failed(world, task, error);
    }
    const std::string status = require_string(answer, "status");
    if (status == "RUNNING") return {TaskOutcome::Kind::Running, nullptr, "", ""};
    Json output = Json::object();
    for (const auto& [name, value] : answer.items()) {
        const std::string member = pascal_case(name);
        const bool date = member == "StartDate" || member == "StopDate";
        output[member] = date ? Json(static_cast<std::int64_t>(value.get<double>() * 1000)) : value;
        const bool data = member == "Input" || member == "Output";
        if (data && task.pattern == TaskResource::Pattern::SyncJson && value.is_string())
            output[member] = parse_json(value.get_ref<const std::string&>(), name);
    }
    if (status == "SUCCEEDED") return succeeded(std::move(output));
    return failed("States.TaskFailed", to_text(output));
}

std::string sdk_service_name(std::string_view service_id) {
    std::string name;
    for (std::size_t i = 0; i < service_id.size(); ++i) {
        const auto upper = [&](std::size_t at) {
            return at < service_id.size() &&
                   std::isupper(static_cast<unsigned char>(service_id[at])) != 0;
        };
        const auto lower = [&](std::size_t at) {
            return at < service_id.size() &&
                   std::islower(static_cast<unsigned char>(service_id[at])) != 0;
        };
        // Within a run of capitals only the first stays one, and the last when a word follows it.
        const bool starts_word = i == 0 || !upper(i - 1) || lower(i + 1);
        const char c = service_id[i];
        if (c == ' ') continue;
        name += upper(i) && !starts_word
                    ? static_cast<char>(std::tolower(static_cast<unsigned char>(c)))
                    : c;
    }
    return name;
}

}  // namespace lifeboat::flow
