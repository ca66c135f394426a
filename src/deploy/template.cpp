#include "deploy/template.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/json.h"
#include "deploy/functions.h"
#include "deploy/network.h"
#include "deploy/roles.h"
#include "deploy/watching.h"

namespace lifeboat::deploy {
namespace {

constexpr std::string_view kFunctionArn = ":function:";
constexpr std::string_view kDataSync = ":aws-sdk:datasync:";
constexpr int kRetentionDays = 30;

[[noreturn]] void refuse(const std::string& resource, const std::string& why) {
    throw Error(ErrorCategory::Internal, "InvalidDefinition", resource + ": " + why);
}

class Renderer {
  public:
    explicit Renderer(const TemplateInput& input)
        : input_(input), environment_(aws_environment(input.environment)) {}

    Json render() {
        Json parameters = {
            {"CodeBucket", {{"Type", "String"}, {"Description", "Where the functions' code is"}}},
            {"CodeKey", {{"Type", "String"}, {"Description", "Its object's key"}}}};
        const Json definitions = read();
        for (const auto& [name, function] : input_.functions) {
            Json needs = Json::array();
            for (const auto& [resource, definition] : definitions.items())
                if (string_or(definition["Properties"], "FunctionName", "") == name)
                    for (const Json& statement : lambda_needs(definition["Properties"]))
                        if (std::find(needs.begin(), needs.end(), statement) == needs.end())
                            needs.push_back(statement);
            add_function(resources_, name, function, environment_, std::move(needs));
            watched_.functions.push_back(name);
        }
        for (const auto& [name, resource] : definitions.items())
            add(name, resource);
        if (input_.in_network) add_network(parameters, resources_);
        if (input_.seed) add_seeding();
        add_queue_policy();
        add_watching(resources_, watched_);
        return {
            {"AWSTemplateFormatVersion", "2010-09-09"},
            {"Description", "Lifeboat brings the work of recreated SageMaker Studio homes back"},
            {"Parameters", std::move(parameters)},
            {"Resources", std::move(resources_)},
            {"Outputs",
             {{"DeadLetterQueueUrl",
               {{"Description", "What was given up, and why"},
                {"Value", {{"Ref", "DeadLetterQueue"}}}}},
              {"RecoveryMachine",
               {{"Description", "The state machine that brings work back"},
                {"Value", {{"Ref", "RecoveryMachine"}}}}}}}};
    }

  private:
    Json read() const {
        Json definitions = Json::object();
        for (const auto& [file, text] : input_.definitions) {
            if (file.ends_with(".asl.json")) continue;
            const Json parsed = parse_json(text, file);
            for (const auto& [name, resource] : parsed.items()) {
                if (definitions.contains(name)) refuse(name, "is defined twice");
                definitions[name] = resource;
            }
        }
        return definitions;
    }

    void add(const std::string& name, const Json& definition) {
        if (resources_.contains(name)) refuse(name, "is defined twice");
        Json resource = with_functions(definition);
        const std::string type = require_string(resource, "Type");
        Json& properties = resource["Properties"];
        if (type == "AWS::DynamoDB::Table") {
            properties["PointInTimeRecoverySpecification"] = {{"PointInTimeRecoveryEnabled", true}};
            properties["SSESpecification"] = {{"SSEEnabled", true}};
        } else if (type == "AWS::SQS::Queue") {
            properties["SqsManagedSseEnabled"] = true;
            watched_.queues.push_back(name);
        } else if (type == "AWS::StepFunctions::StateMachine") {
            machine(name, properties);
        } else if (type == "AWS::Events::Rule") {
            allow_rule(name, properties);
        } else if (type == "AWS::Lambda::EventSourceMapping" ||
                   type == "AWS::Lambda::EventInvokeConfig") {
            const std::string function = require_string(properties, "FunctionName");
            properties["FunctionName"] = {{"Ref", logical(function)}};
        } else if (type != "AWS::SSM::Parameter" && type != "AWS::StepFunctions::Activity") {
            refuse(name, "the type " + type + " cannot be rendered");
        }
        resources_[name] = std::move(resource);
    }

    std::string logical(const std::string& function) const {
        if (!input_.functions.contains(function)) refuse(function, "is no function of this binary");
        return logical_name(function);
    }

    // An ARN that is put together from a function's name becomes a reference, so that what needs
    // the function is made after it.
    Json with_functions(const Json& value) const {
        if (value.is_array()) {
            Json list = Json::array();
            for (const Json& entry : value)
                list.push_back(with_functions(entry));
            return list;
        }
        if (!value.is_object()) return value;
        if (const auto text = find_string(value, "Fn::Sub"); text && value.size() == 1)
            if (const auto at = text->find(kFunctionArn); at != std::string::npos)
                return {{"Fn::GetAtt", {logical(text->substr(at + kFunctionArn.size())), "Arn"}}};
        Json object = Json::object();
        for (const auto& [member, entry] : value.items())
            object[member] = with_functions(entry);
        return object;
    }

    void machine(const std::string& name, Json& properties) {
        const std::string file = require_string(properties, "DefinitionFile");
        const auto text = input_.definitions.find(file);
        if (text == input_.definitions.end()) refuse(name, "there is no file " + file);
        const std::string definition = to_text(parse_json(text->second, file));
        properties["DefinitionString"] = {
            {"Fn::Sub", {definition, properties.value("DefinitionSubstitutions", Json::object())}}};
        properties.erase("DefinitionFile");
        properties.erase("DefinitionSubstitutions");
        std::vector<std::string> called;
        for (const auto& [function, description] : input_.functions)
            if (definition.find(std::string(kFunctionArn) + function + "\"") != std::string::npos)
                called.push_back(logical(function));
        const bool by_datasync = environment_.at("COPY_ENGINE") != "worker" &&
                                 definition.find(kDataSync) != std::string::npos;
        resources_[name + "Role"] =
            machine_role(name, called, by_datasync ? Copying::ByDataSync : Copying::ByWorkers);
        properties["RoleArn"] = {{"Fn::GetAtt", {name + "Role", "Arn"}}};
        resources_[name + "Log"] = {
            {"Type", "AWS::Logs::LogGroup"},
            {"DeletionPolicy", "Delete"},
            {"UpdateReplacePolicy", "Delete"},
            {"Properties",
             {{"LogGroupName",
               "/aws/vendedlogs/states/" + require_string(properties, "StateMachineName")},
              {"RetentionInDays", kRetentionDays}}}};
        properties["LoggingConfiguration"] = {
            {"Level", "ERROR"},
            {"IncludeExecutionData", false},
            {"Destinations",
             {{{"CloudWatchLogsLogGroup",
                {{"LogGroupArn", {{"Fn::GetAtt", {name + "Log", "Arn"}}}}}}}}}};
        watched_.machines.push_back(name);
    }

    void allow_rule(const std::string& name, const Json& properties) {
        for (const Json& target : properties.value("Targets", Json::array())) {
            const Json* function = find_path(target, {"Arn", "Fn::GetAtt"});
            if (function == nullptr) continue;
            resources_[name + "Calls" + function->at(0).get<std::string>()] = {
                {"Type", "AWS::Lambda::Permission"},
                {"Properties",
                 {{"FunctionName", {{"Ref", function->at(0)}}},
                  {"Action", "lambda:InvokeFunction"},
                  {"Principal", "events.amazonaws.com"},
                  {"SourceArn", {{"Fn::GetAtt", {name, "Arn"}}}}}}};
            rules_.push_back({{"Fn::GetAtt", {name, "Arn"}}});
        }
    }

    // Rules put there what they cannot deliver.
    void add_queue_policy() {
        resources_["DeadLetterQueuePolicy"] = {
            {"Type", "AWS::SQS::QueuePolicy"},
            {"Properties",
             {{"Queues", {{{"Ref", "DeadLetterQueue"}}}},
              {"PolicyDocument",
               {{"Version", "2012-10-17"},
                {"Statement",
                 {{{"Effect", "Allow"},
                   {"Principal", {{"Service", "events.amazonaws.com"}}},
                   {"Action", "sqs:SendMessage"},
                   {"Resource", {{"Fn::GetAtt", {"DeadLetterQueue", "Arn"}}}},
                   {"Condition", {{"ArnEquals", {{"aws:SourceArn", rules_}}}}}}}}}}}}};
    }

    // By a name of its own: stacks there are have the name "Seeding" for a resource of another
    // type, and CloudFormation lets no resource change its type.
    void add_seeding() {
        resources_["RegistrySeeding"] = {
            {"Type", "Custom::RegistrySeeding"},
            {"DependsOn", {"RegistryChanges"}},
            {"Properties",
             {{"ServiceToken", {{"Fn::GetAtt", {logical("seed-registry"), "Arn"}}}}}}};
    }

    const TemplateInput& input_;
    const std::map<std::string, std::string> environment_;
    Json resources_ = Json::object();
    Json rules_ = Json::array();
    Watched watched_;
};

}  // namespace

std::string logical_name(std::string_view name) {
    std::string result;
    bool upper = true;
    for (const char c : name) {
        if (c == '-' || c == '_') {
            upper = true;
            continue;
        }
        result += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
        upper = false;
    }
    return result;
}

Json render_template(const TemplateInput& input) {
    return Renderer(input).render();
}

}  // namespace lifeboat::deploy
