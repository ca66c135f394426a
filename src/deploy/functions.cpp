#include "deploy/functions.h"

#include "base/json.h"
#include "deploy/roles.h"
#include "deploy/template.h"

namespace lifeboat::deploy {
namespace {

// docs/recovery.md has the table of what differs on AWS.
const std::map<std::string, std::string> kEnvironment = {
    {"COPY_ENGINE", "datasync"}, {"OVERWRITE_MODE", "NEVER"},       {"MAP_OWNER", "false"},
    {"TARGET_READY", "app"},     {"TARGET_WAIT_SECONDS", "604800"}, {"COPY_SLOTS", "80"},
    {"POLL_SECONDS", "15"},      {"STALE_SECONDS", "900"},          {"PROTECTION", "off"}};
const std::map<std::string, std::string> kWithWorkers = {{"OVERWRITE_MODE", "NEWER"},
                                                         {"MAP_OWNER", "true"}};

constexpr int kMemoryMebibytes = 512;  // Lambda gives processor time in proportion
constexpr int kRetentionDays = 30;

}  // namespace

std::map<std::string, std::string> aws_environment(std::map<std::string, std::string> chosen) {
    if (const auto engine = chosen.find("COPY_ENGINE");
        engine != chosen.end() && engine->second == "worker")
        chosen.insert(kWithWorkers.begin(), kWithWorkers.end());
    chosen.insert(kEnvironment.begin(), kEnvironment.end());
    return chosen;
}

void add_function(Json& resources, const std::string& name,
                  const cloud::FunctionDescription& description,
                  const std::map<std::string, std::string>& environment, Json in_its_name) {
    const std::string logical = logical_name(name);
    resources[logical + "Log"] = {
        {"Type", "AWS::Logs::LogGroup"},
        {"DeletionPolicy", "Delete"},
        {"UpdateReplacePolicy", "Delete"},
        {"Properties",
         {{"LogGroupName", "/aws/lambda/" + name}, {"RetentionInDays", kRetentionDays}}}};
    resources[logical + "Role"] = function_role(name, std::move(in_its_name));
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
          {"Environment", {{"Variables", environment}}}}}};
}

}  // namespace lifeboat::deploy
