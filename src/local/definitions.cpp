#include "local/definitions.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "cloud/pages.h"

namespace lifeboat::embedded {
extern const std::map<std::string, std::string_view> definition_files;
}

namespace lifeboat::local {
namespace {

// DynamoDB's own waiter looks for minutes; most tables take seconds.
constexpr std::chrono::seconds kTablePatience{60};
constexpr std::chrono::seconds kTablePoll{1};

[[noreturn]] void refuse(const std::string& resource, const std::string& why) {
    throw Error(ErrorCategory::InvalidInput, "InvalidDefinition", resource + ": " + why);
}

std::optional<Json> look(cloud::Cloud& cloud, std::string_view service, std::string_view operation,
                         const Json& request, std::string_view missing_code) {
    try {
        return cloud.call(service, operation, request);
    } catch (const Error& e) {
        if (e.code() != missing_code) throw;
        return std::nullopt;
    }
}

// Whether `now` has every member of `wanted` with its value.
bool agrees(const Json& now, const Json& wanted) {
    if (!wanted.is_object() || !now.is_object()) return now == wanted;
    for (const auto& [member, value] : wanted.items())
        if (!now.contains(member) || !agrees(now[member], value)) return false;
    return true;
}

class Loader {
  public:
    Loader(cloud::Cloud& cloud, const cloud::Place& place, const Clock& clock,
           const std::map<std::string, std::string_view>& files)
        : cloud_(cloud), place_(place), clock_(clock), files_(files) {}

    void load() {
        using Apply = void (Loader::*)(const std::string&, const Json&);
        // What others refer to comes first.
        static const std::vector<std::pair<std::string, Apply>> kTypes = {
            {"AWS::DynamoDB::Table", &Loader::table},
            {"AWS::SQS::Queue", &Loader::queue},
            {"AWS::SSM::Parameter", &Loader::parameter},
            {"AWS::StepFunctions::Activity", &Loader::activity},
            {"AWS::StepFunctions::StateMachine", &Loader::machine},
            {"AWS::Events::Rule", &Loader::rule},
            {"AWS::Lambda::EventInvokeConfig", &Loader::invocation},
            {"AWS::Lambda::EventSourceMapping", &Loader::mapping}};
        const Json resources = read();
        for (const auto& [type, apply] : kTypes)
            for (const auto& [name, resource] : resources.items())
                if (resource["Type"] == type)
                    (this->*apply)(name, resolved(resource["Properties"]));
        for (const auto& [name, resource] : resources.items()) {
            bool is_known = false;
            for (const auto& [type, apply] : kTypes)
                is_known |= resource["Type"] == type;
            if (!is_known)
                refuse(name, "the type " + to_text(resource["Type"]) + " is not offered");
        }
    }

  private:
    Json read() {
        Json resources = Json::object();
        for (const auto& [file, text] : files_) {
            if (file.ends_with(".asl.json")) continue;
            const Json parsed = parse_json(text, file);
            for (const auto& [name, resource] : parsed.items()) {
                if (resources.contains(name)) refuse(name, "is defined twice");
                require_string(resource, "Type");
                require(resource, "Properties");
                resources[name] = resource;
            }
        }
        return resources;
    }

    Json resolved(const Json& value) {
        if (value.is_array()) {
            Json list = Json::array();
            for (const Json& entry : value)
                list.push_back(resolved(entry));
            return list;
        }
        if (!value.is_object()) return value;
        if (value.size() == 1) {
            const std::string& function = value.begin().key();
            const Json& argument = value.front();
            if (function == "Ref") return attribute(argument.get<std::string>(), "Ref");
            if (function == "Fn::GetAtt")
                return attribute(argument.at(0).get<std::string>(),
                                 argument.at(1).get<std::string>());
            if (function == "Fn::Sub")
                return substituted(argument.get<std::string>(), Json::object());
        }
        Json object = Json::object();
        for (const auto& [member, entry] : value.items())
            object[member] = resolved(entry);
        return object;
    }

    std::string attribute(const std::string& resource, const std::string& name) {
        const auto found = attributes_.find({resource, name});
        if (found == attributes_.end()) refuse(resource, "has no attribute " + name + " here");
        return found->second;
    }

    std::string substituted(const std::string& text, const Json& values) {
        std::string result;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t open = text.find("${", at);
            const std::size_t close = open == std::string::npos ? open : text.find('}', open);
            if (close == std::string::npos) return result + text.substr(at);
            const std::string name = text.substr(open + 2, close - open - 2);
            result += text.substr(at, open - at) + placeholder(name, values);
            at = close + 1;
        }
        return result;
    }

    std::string placeholder(const std::string& name, const Json& values) {
        if (name == "AWS::Partition") return place_.partition;
        if (name == "AWS::Region") return place_.region;
        if (name == "AWS::AccountId") return place_.account;
        if (const Json* value = find(values, name)) return value->get<std::string>();
        refuse(name, "nothing says what this placeholder stands for");
    }

    void know(const std::string& resource, const std::string& name, std::string value) {
        attributes_[{resource, name}] = std::move(value);
    }

    void table(const std::string& name, const Json& properties) {
        Json request = properties;
        if (Json* stream =
                request.contains("StreamSpecification") ? &request["StreamSpecification"] : nullptr)
            (*stream)["StreamEnabled"] = true;
        const Json key = {{"TableName", properties["TableName"]}};
        std::optional<Json> found =
            look(cloud_, "dynamodb", "DescribeTable", key, "ResourceNotFoundException");
        if (!found) {
            cloud_.call("dynamodb", "CreateTable", request);
        } else {
            const Json& now = require(*found, "Table");
            if (now["KeySchema"] != properties["KeySchema"])
                throw Error(ErrorCategory::InvalidInput, "DefinitionConflict",
                            "the table " + to_text(properties["TableName"]) +
                                " exists with other keys than " + to_text(properties["KeySchema"]));
            const Json* stream = find(request, "StreamSpecification");
            if (stream != nullptr &&
                !agrees(now.value("StreamSpecification", Json::object()), *stream))
                cloud_.call(
                    "dynamodb", "UpdateTable",
                    {{"TableName", properties["TableName"]}, {"StreamSpecification", *stream}});
        }
        const Json made = ready_table(key);
        know(name, "Ref", properties["TableName"].get<std::string>());
        know(name, "Arn", require_string(made, "TableArn"));
        if (const auto stream = find_string(made, "LatestStreamArn"))
            know(name, "StreamArn", *stream);
    }

    Json ready_table(const Json& key) {
        const Time give_up = clock_.now() + kTablePatience;
        std::mutex mutex;
        std::condition_variable never;
        std::unique_lock lock(mutex);
        while (true) {
            const Json answer = cloud_.call("dynamodb", "DescribeTable", key);
            const Json& table = require(answer, "Table");
            const std::string status = require_string(table, "TableStatus");
            if (status == "ACTIVE") return table;
            if (clock_.now() >= give_up)
                throw Error(ErrorCategory::Unavailable, "TableNotReady",
                            "the table " + to_text(key["TableName"]) + " is still " + status);
            clock_.wait_until(lock, never, clock_.now() + kTablePoll);
        }
    }

    void queue(const std::string& name, const Json& properties) {
        Json attributes = Json::object();
        for (const auto& [member, value] : properties.items())
            if (member != "QueueName")
                attributes[member] = value.is_string() ? value : Json(to_text(value));
        const Json key = {{"QueueName", properties["QueueName"]}};
        std::string url;
        try {
            url = require_string(cloud_.call("sqs", "GetQueueUrl", key), "QueueUrl");
        } catch (const Error& e) {
            if (e.category() != ErrorCategory::NotFound &&
                e.code().find("NonExistentQueue") == std::string::npos &&
                e.code().find("QueueDoesNotExist") == std::string::npos)
                throw;
            Json request = key;
            if (!attributes.empty()) request["Attributes"] = attributes;
            url = require_string(cloud_.call("sqs", "CreateQueue", request), "QueueUrl");
        }
        const Json answer = cloud_.call("sqs", "GetQueueAttributes",
                                        {{"QueueUrl", url}, {"AttributeNames", {"All"}}});
        const Json& now = require(answer, "Attributes");
        if (!agrees(now, attributes))
            cloud_.call("sqs", "SetQueueAttributes",
                        {{"QueueUrl", url}, {"Attributes", attributes}});
        know(name, "Ref", url);
        know(name, "Arn", require_string(now, "QueueArn"));
    }

    void parameter(const std::string& name, const Json& properties) {
        const Json key = {{"Name", properties["Name"]}};
        if (!look(cloud_, "ssm", "GetParameter", key, "ParameterNotFound"))
            cloud_.call("ssm", "PutParameter", properties);
        know(name, "Ref", properties["Name"].get<std::string>());
    }

    void activity(const std::string& name, const Json& properties) {
        const Json made = cloud_.call("states", "CreateActivity", {{"name", properties["Name"]}});
        know(name, "Ref", require_string(made, "activityArn"));
    }

    void machine(const std::string& name, const Json& properties) {
        const std::string machine_name = require_string(properties, "StateMachineName");
        const std::string arn = arn_of(place_, "states", "stateMachine:" + machine_name);
        const std::string file = require_string(properties, "DefinitionFile");
        const auto text = files_.find(file);
        if (text == files_.end()) refuse(name, "there is no file " + file);
        const std::string definition = substituted(
            std::string(text->second), properties.value("DefinitionSubstitutions", Json::object()));
        const std::optional<Json> found =
            look(cloud_, "states", "DescribeStateMachine", {{"stateMachineArn", arn}},
                 "StateMachineDoesNotExist");
        if (!found)
            cloud_.call("states", "CreateStateMachine",
                        {{"name", machine_name},
                         {"definition", definition},
                         {"roleArn", properties["RoleArn"]},
                         {"type", properties.value("StateMachineType", "STANDARD")}});
        else if (string_or(*found, "definition", "") != definition)
            cloud_.call("states", "UpdateStateMachine",
                        {{"stateMachineArn", arn}, {"definition", definition}});
        know(name, "Ref", arn);
        know(name, "Arn", arn);
        know(name, "Name", machine_name);
    }

    void rule(const std::string& name, const Json& properties) {
        Json request = properties;
        request.erase("Targets");
        if (request.contains("EventPattern"))
            request["EventPattern"] = to_text(request["EventPattern"]);
        const Json key = {{"Name", properties["Name"]}};
        const std::optional<Json> found =
            look(cloud_, "events", "DescribeRule", key, "ResourceNotFoundException");
        if (found && found->contains("State")) request["State"] = (*found)["State"];
        if (!found || !agrees(*found, request)) cloud_.call("events", "PutRule", request);

        std::map<std::string, Json> now;
        cloud::each_item(cloud_, "events", "ListTargetsByRule", {{"Rule", properties["Name"]}},
                         [&](const Json& target) {
                             now[require_string(target, "Id")] = target;
                             return true;
                         });
        Json changed = Json::array();
        for (const Json& target : properties.value("Targets", Json::array())) {
            const auto there = now.find(require_string(target, "Id"));
            if (there == now.end() || !agrees(there->second, target)) changed.push_back(target);
        }
        if (!changed.empty()) {
            const Json answer = cloud_.call("events", "PutTargets",
                                            {{"Rule", properties["Name"]}, {"Targets", changed}});
            if (integer_or(answer, "FailedEntryCount", 0) != 0)
                refuse(name, "targets were refused: " + to_text(answer));
        }
        know(name, "Ref", properties["Name"].get<std::string>());
        know(name, "Arn",
             arn_of(place_, "events", "rule/" + properties["Name"].get<std::string>()));
    }

    void invocation(const std::string& name, const Json& properties) {
        const Json key = {{"FunctionName", properties["FunctionName"]}};
        Json request = properties;
        request.erase("Qualifier");
        const std::optional<Json> found = look(cloud_, "lambda", "GetFunctionEventInvokeConfig",
                                               key, "ResourceNotFoundException");
        Json settings = request;
        settings.erase("FunctionName");
        if (!found || !agrees(*found, settings))
            cloud_.call("lambda", "PutFunctionEventInvokeConfig", request);
        know(name, "Ref", name);
    }

    void mapping(const std::string& name, const Json& properties) {
        const Json found = cloud::all_items(cloud_, "lambda", "ListEventSourceMappings",
                                            {{"EventSourceArn", properties["EventSourceArn"]},
                                             {"FunctionName", properties["FunctionName"]}});
        if (found.empty()) {
            const Json made = cloud_.call("lambda", "CreateEventSourceMapping", properties);
            know(name, "Ref", require_string(made, "UUID"));
            return;
        }
        const std::string uuid = require_string(found.front(), "UUID");
        Json request = properties;
        // What cannot change.
        for (const char* member :
             {"EventSourceArn", "StartingPosition", "StartingPositionTimestamp", "FunctionName"})
            request.erase(member);
        if (!agrees(found.front(), request)) {
            request["UUID"] = uuid;
            cloud_.call("lambda", "UpdateEventSourceMapping", request);
        }
        know(name, "Ref", uuid);
    }

    cloud::Cloud& cloud_;
    const cloud::Place& place_;
    const Clock& clock_;
    const std::map<std::string, std::string_view>& files_;
    std::map<std::pair<std::string, std::string>, std::string> attributes_;
};

}  // namespace

void load_definitions(cloud::Cloud& cloud, const cloud::Place& place, const Clock& clock,
                      const std::map<std::string, std::string_view>& files) {
    Loader(cloud, place, clock, files).load();
}

void load_definitions(cloud::Cloud& cloud, const cloud::Place& place, const Clock& clock) {
    std::map<std::string, std::string_view> files;
    for (const auto& [path, text] : embedded::definition_files)
        files[path.substr(path.rfind('/') + 1)] = text;
    load_definitions(cloud, place, clock, files);
}

}  // namespace lifeboat::local
