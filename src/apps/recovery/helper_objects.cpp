#include "apps/recovery/helper_objects.h"

#include "base/error.h"
#include "base/json.h"
#include "cloud/pages.h"

namespace lifeboat::recovery {
namespace {

// DataSync says InvalidRequestException for everything; only the message tells what is missing.
bool is_gone(const Error& error) {
    const std::string& text = error.message();
    return error.category() == ErrorCategory::NotFound ||
           text.find("not found") != std::string::npos ||
           text.find("does not exist") != std::string::npos ||
           text.find("no such") != std::string::npos;
}

void try_call(cloud::Cloud& cloud, std::string_view operation, const char* member,
              const std::string& arn, Json& leftovers) {
    if (arn.empty()) return;
    try {
        cloud.call("datasync", operation, {{member, arn}});
    } catch (const Error& e) {
        if (is_retryable(e)) throw;
        if (!is_gone(e))
            leftovers.push_back({{"Arn", arn}, {"Error", e.code() + ": " + e.message()}});
    }
}

std::string execution_of(cloud::Cloud& cloud, const std::string& arn) {
    std::string execution;
    try {
        cloud::each_item(cloud, "datasync", "ListTagsForResource", {{"ResourceArn", arn}},
                         [&](const Json& tag) {
                             if (string_or(tag, "Key", "") != kExecutionTag) return true;
                             execution = string_or(tag, "Value", "");
                             return false;
                         });
    } catch (const Error& e) {
        if (!is_gone(e)) throw;
    }
    return execution;
}

}  // namespace

Json delete_helpers(cloud::Cloud& cloud, const std::string& copy_execution, const std::string& task,
                    const std::vector<std::string>& locations) {
    Json leftovers = Json::array();
    if (!copy_execution.empty()) {
        Json ignored = Json::array();  // what has ended cannot be cancelled
        try_call(cloud, "CancelTaskExecution", "TaskExecutionArn", copy_execution, ignored);
    }
    try_call(cloud, "DeleteTask", "TaskArn", task, leftovers);
    for (const std::string& location : locations)
        try_call(cloud, "DeleteLocation", "LocationArn", location, leftovers);
    return leftovers;
}

std::vector<HelperObject> tagged_helpers(cloud::Cloud& cloud) {
    std::vector<HelperObject> helpers;
    const auto collect = [&](std::string_view operation, const char* member, bool is_task) {
        for (const Json& item :
             cloud::all_items(cloud, "datasync", operation, {{"MaxResults", 100}})) {
            HelperObject helper{require_string(item, member), is_task, ""};
            helper.execution = execution_of(cloud, helper.arn);
            if (!helper.execution.empty()) helpers.push_back(std::move(helper));
        }
    };
    collect("ListTasks", "TaskArn", true);
    collect("ListLocations", "LocationArn", false);
    return helpers;
}

}  // namespace lifeboat::recovery
