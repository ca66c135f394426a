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

Json allowed(Json statement) {
    statement["Effect"] = "Allow";
    return statement;
}

Json role(const std::string& service, Json statements) {
    return {{"Type", "AWS::IAM::Role"},
            {"Properties",
             {{"AssumeRolePolicyDocument",
               {{"Version", "2012-10-17"},
                {"Statement",
                 {{{"Effect", "Allow"},
                   {"Principal", {{"Service", service}}},
                   {"Action", "sts:AssumeRole"}}}}}},
              {"Policies",
               {{{"PolicyName", "lifeboat"},
                 {"PolicyDocument",
                  {{"Version", "2012-10-17"}, {"Statement", std::move(statements)}}}}}}}}};
}

}  // namespace

Json function_role(const std::string& function) {
    const Json* sets = find(permissions()["functions"], function);
    if (sets == nullptr)
        throw Error(ErrorCategory::Internal, "InvalidDefinition",
                    "permissions.json does not say what the function '" + function + "' may do");
    Json statements = Json::array();
    statements.push_back(
        allowed({{"Action", {"logs:CreateLogStream", "logs:PutLogEvents"}},
                 {"Resource",
                  {{"Fn::Sub",
                    "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:"
                    "/aws/lambda/" +
                        function + ":*"}}}}));
    // What Lambda sends there in the function's name.
    statements.push_back(allowed({{"Action", "sqs:SendMessage"},
                                  {"Resource", {{"Fn::GetAtt", {"DeadLetterQueue", "Arn"}}}}}));
    for (const Json& set : *sets)
        for (const Json& statement : permissions()["sets"].at(set.get<std::string>()))
            statements.push_back(allowed(statement));
    return role("lambda.amazonaws.com", std::move(statements));
}

Json machine_role(const std::vector<std::string>& functions) {
    Json statements = Json::array();
    for (const Json& statement : permissions()["machine"]) {
        statements.push_back(allowed(statement));
        if (statement["Action"] != "lambda:InvokeFunction") continue;
        Json resources = Json::array();
        for (const std::string& function : functions)
            resources.push_back({{"Fn::GetAtt", {function, "Arn"}}});
        statements.back()["Resource"] = std::move(resources);
    }
    return role("states.amazonaws.com", std::move(statements));
}

}  // namespace lifeboat::deploy
