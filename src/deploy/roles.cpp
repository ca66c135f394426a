#include "deploy/roles.h"

#include <map>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::embedded {
extern const std::map<std::string, std::string_view> kDeployFiles;
}

namespace lifeboat::deploy {
namespace {

const Json& permissions() {
    static const Json read =
        parse_json(embedded::kDeployFiles.at("permissions.json"), "permissions.json");
    return read;
}

Json allowed(Json actions, Json resource) {
    return {{"Effect", "Allow"}, {"Action", std::move(actions)}, {"Resource", std::move(resource)}};
}

// `needs` are actions by the names of resources in permissions.json.
void add_statements(Json& statements, const Json& needs) {
    for (const auto& [resource, actions] : needs.items())
        statements.push_back(allowed(actions, permissions()["resources"].at(resource)));
}

Json policy(const std::string& name, Json statements) {
    return {{"PolicyName", name},
            {"PolicyDocument", {{"Version", "2012-10-17"}, {"Statement", std::move(statements)}}}};
}

Json role(const std::string& service, Json policies) {
    return {{"Type", "AWS::IAM::Role"},
            {"Properties",
             {{"AssumeRolePolicyDocument",
               {{"Version", "2012-10-17"},
                {"Statement",
                 {{{"Effect", "Allow"},
                   {"Principal", {{"Service", service}}},
                   {"Action", "sts:AssumeRole"}}}}}},
              {"Policies", std::move(policies)}}}};
}

}  // namespace

Json function_role(const std::string& function, Json in_its_name) {
    const Json* needs = find(permissions()["functions"], function);
    if (needs == nullptr)
        throw Error(ErrorCategory::Internal, "InvalidDefinition",
                    "permissions.json does not say what the function '" + function + "' may do");
    Json own = Json::array();
    add_statements(own, *needs);
    in_its_name.push_back(
        allowed({"logs:CreateLogStream", "logs:PutLogEvents"},
                {{"Fn::Sub",
                  "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:"
                  "/aws/lambda/" +
                      function + ":*"}}));
    return role("lambda.amazonaws.com",
                {policy("lifeboat", std::move(own)), policy("aws", std::move(in_its_name))});
}

Json lambda_needs(const Json& properties) {
    Json statements = Json::array();
    // Lambda's own managed policies for streams and queues.
    if (const Json* source = find_path(properties, {"EventSourceArn", "Fn::GetAtt"})) {
        const Json arn = {{"Fn::GetAtt", *source}};
        if (source->at(1) == "StreamArn") {
            statements.push_back(allowed(
                {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"},
                arn));
            statements.push_back(allowed("dynamodb:ListStreams", "*"));
        } else {
            statements.push_back(allowed(
                {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}, arn));
        }
    }
    if (const Json* queue =
            find_path(properties, {"DestinationConfig", "OnFailure", "Destination"}))
        statements.push_back(allowed("sqs:SendMessage", *queue));
    return statements;
}

Json machine_role(const std::string& machine, const std::vector<std::string>& functions,
                  Copying copying) {
    const Json* needs = find(permissions()["machines"], machine);
    if (needs == nullptr)
        throw Error(ErrorCategory::Internal, "InvalidDefinition",
                    "permissions.json does not say what the machine '" + machine + "' may do");
    Json own = Json::array();
    Json called = Json::array();
    for (const std::string& function : functions)
        called.push_back({{"Fn::GetAtt", {function, "Arn"}}});
    own.push_back(allowed("lambda:InvokeFunction", std::move(called)));
    Json others = Json::array();
    add_statements(own, *needs);
    add_statements(others, permissions()["for Step Functions"]);
    if (copying == Copying::ByDataSync) {
        add_statements(own, permissions()["machine with DataSync"]);
        add_statements(others, permissions()["for DataSync"]);
    }
    return role("states.amazonaws.com",
                {policy("lifeboat", std::move(own)), policy("aws", std::move(others))});
}

}  // namespace lifeboat::deploy
