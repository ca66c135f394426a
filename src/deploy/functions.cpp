#include "deploy/functions.h"

#include "base/json.h"
#include "deploy/roles.h"
#include "deploy/template.h"

namespace lifeboat::deploy {
namespace {

// docs/recovery.md has the table of what differs on AWS.
const std::map<std::string, std::string> kEnvironment = {
    {"OVERWRITE_MODE", "NEVER"},       {"MAP_OWNER", "false"}, {"TARGET_READY", "app"},
    {"TARGET_WAIT_SECONDS", "604800"}, {"COPY_SLOTS", "80"},   {"POLL_SECONDS", "15"},
    {"STALE_SECONDS", "900"}};

constexpr int kMemoryMebibytes = 512;  // Lambda gives processor time in proportion
constexpr int kRetentionDays = 30;

}  // namespace

void add_function(Json& resources, const std::string& name,
                  const cloud::FunctionDescription& description) {
    const std::string logical = logical_name(name);
    resources[logical + "Log"] = {
        {"Type", "AWS::Logs::LogGroup"},
        {"DeletionPolicy", "Delete"},
        {"UpdateReplacePolicy", "Delete"},
        {"Properties",
         {{"LogGroupName", "/aws/lambda/" + name}, {"RetentionInDays", kRetentionDays}}}};
    resources[logical + "Role"] = function_role(name);
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(description.timeout).count();
    resources[logical] = {
        {"Type", "AWS::Lambda::Function"},
        {"DependsOn", {logical + "Log"}},
        {"Properties",
         {{"FunctionName", name},
          {"Description", description.description},
          {"Runtime", "provided.al2023"},
          {"Architectures", {"x86_64"}},
          {"Handler", name},
          {"Code", {{"S3Bucket", {{"Ref", "CodeBucket"}}}, {"S3Key", {{"Ref", "CodeKey"}}}}},
          {"Role", {{"Fn::GetAtt", {logical + "Role", "Arn"}}}},
          {"Timeout", seconds},
          {"MemorySize", kMemoryMebibytes},
          {"Environment", {{"Variables", kEnvironment}}}}}};
}

}  // namespace lifeboat::deploy
