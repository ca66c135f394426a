#include "recovery/used_permissions.h"

#include <cctype>

#include "base/json.h"
#include "cloud/model.h"

namespace lifeboat::recovery::testing {
namespace {

class WatchedCloud final : public cloud::Cloud {
  public:
    WatchedCloud(cloud::Cloud& real, UsedPermissions& uses, std::string who)
        : real_(real), uses_(uses), who_(std::move(who)) {}

    Json call(std::string_view service, std::string_view operation, const Json& request,
              const cloud::CallOptions& options) override {
        uses_.note(who_, service, operation, request);
        return real_.call(service, operation, request, options);
    }

  private:
    cloud::Cloud& real_;
    UsedPermissions& uses_;
    const std::string who_;
};

std::string name_in(const Json& request) {
    if (const auto table = find_string(request, "TableName")) return *table;
    if (const auto queue = find_string(request, "QueueName")) return *queue;
    if (const auto url = find_string(request, "QueueUrl")) return url->substr(url->rfind('/') + 1);
    if (const auto function = find_string(request, "FunctionName"))
        return function->substr(function->rfind(':') + 1);
    return "";
}

// A transaction needs the permissions of its parts.
const std::map<std::string, std::string, std::less<>> kParts = {
    {"Put", "PutItem"},
    {"Update", "UpdateItem"},
    {"Delete", "DeleteItem"},
    {"Get", "GetItem"},
    {"ConditionCheck", "ConditionCheckItem"}};

}  // namespace

UsedPermissions& UsedPermissions::all() {
    static UsedPermissions uses;
    return uses;
}

cloud::Functions UsedPermissions::watched(cloud::Functions functions) {
    for (auto& [name, function] : functions)
        function.run = [this, name = name, run = std::move(function.run)](
                           const Json& event, cloud::FunctionContext& context) {
            WatchedCloud cloud(context.cloud, *this, name);
            cloud::FunctionContext inside{cloud,           context.clock,      context.random,
                                          context.place,   context.request_id, context.environment,
                                          context.deadline};
            return run(event, inside);
        };
    return functions;
}

void UsedPermissions::note_execution(const std::string& machine, const Json& history) {
    const std::string who = ":" + machine;
    for (const Json& event : history) {
        if (const Json* called =
                find_path(event, {"lambdaFunctionScheduledEventDetails", "resource"}))
            note(who, "lambda", "InvokeFunction", {{"FunctionName", called->get<std::string>()}});
        const Json* details = find(event, "taskScheduledEventDetails");
        if (details == nullptr) continue;
        const std::string type = require_string(*details, "resourceType");
        std::string operation = require_string(*details, "resource");
        operation[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(operation[0])));
        const std::size_t colon = type.rfind(':');  // "aws-sdk:datasync"
        note(who, colon == std::string::npos ? type : type.substr(colon + 1), operation,
             parse_json(require_string(*details, "parameters"), "parameters"));
    }
}

void UsedPermissions::note(const std::string& who, std::string_view service,
                           std::string_view operation, const Json& request) {
    const std::string prefix = cloud::service_model(service).signing_name() + ":";
    const std::scoped_lock lock(mutex_);
    std::set<Use>& mine = uses_[who];
    if (operation != "TransactWriteItems" && operation != "TransactGetItems") {
        mine.insert({prefix + std::string(operation), name_in(request)});
        if (request.contains("Tags")) mine.insert({prefix + "TagResource", ""});
        return;
    }
    for (const Json& item : require(request, "TransactItems"))
        for (const auto& [part, inner] : item.items())
            mine.insert({prefix + kParts.at(part), require_string(inner, "TableName")});
}

std::map<std::string, std::set<Use>> UsedPermissions::uses() const {
    const std::scoped_lock lock(mutex_);
    return uses_;
}

}  // namespace lifeboat::recovery::testing
