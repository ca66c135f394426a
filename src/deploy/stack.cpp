#include "deploy/stack.h"

#include "base/error.h"
#include "base/json.h"
#include "base/pause.h"
#include "cloud/pages.h"

namespace lifeboat::deploy {
namespace {

constexpr std::chrono::seconds kPoll{2};
// As long as a change that was accepted may stay invisible.
constexpr std::chrono::minutes kSlowestBegin{1};
constexpr std::string_view kDeleted = "DELETE_COMPLETE";

// CloudFormation's words for a change set without changes.
bool says_no_changes(const std::string& reason) {
    return reason.find("didn't contain changes") != std::string::npos ||
           reason.find("No updates are to be performed") != std::string::npos;
}

bool is_missing(const Error& error) {
    return error.message().find("does not exist") != std::string::npos ||
           error.category() == ErrorCategory::NotFound;
}

Error unfinished(const std::string& name, Duration patience) {
    return Error(ErrorCategory::Unavailable, "DeploymentUnfinished",
                 "the stack '" + name + "' is still being changed after " +
                     std::to_string(patience.count() / 60'000'000) +
                     " minutes; it goes on by itself: look at it in the console, or run the same "
                     "command again later");
}

}  // namespace

Stack::Stack(cloud::Cloud& cloud, const Clock& clock, Random& random, std::string name,
             Progress progress, Duration patience)
    : cloud_(cloud),
      clock_(clock),
      random_(random),
      name_(std::move(name)),
      progress_(std::move(progress)),
      patience_(patience) {}

std::optional<std::string> Stack::status() {
    const auto now = look(name_);
    return now ? std::optional(now->status) : std::nullopt;
}

ChangeSet Stack::propose(const std::string& body, const std::string& url,
                         const std::map<std::string, std::string>& parameters) {
    auto now = status();
    if (now && *now == "ROLLBACK_COMPLETE") {
        // Its creation failed: there is nothing in it, and CloudFormation takes no change of it.
        remove();
        now.reset();
    }
    ChangeSet set;
    set.creates_stack = !now || *now == "REVIEW_IN_PROGRESS";
    Json values = Json::array();
    for (const auto& [key, value] : parameters)
        values.push_back(Json{{"ParameterKey", key}, {"ParameterValue", value}});
    Json request = {{"StackName", name_},
                    {"ChangeSetName", "lifeboat-" + new_alphanumeric(random_, 12)},
                    {"ChangeSetType", set.creates_stack ? "CREATE" : "UPDATE"},
                    {"Capabilities", {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"}},
                    {"Parameters", values},
                    {"Tags", {{{"Key", "application"}, {"Value", "lifeboat"}}}}};
    if (url.empty())
        request["TemplateBody"] = body;
    else
        request["TemplateURL"] = url;
    set.id = require_string(cloud_.call("cloudformation", "CreateChangeSet", request), "Id");

    const Time give_up = clock_.now() + patience_;
    Json page;
    while (true) {
        page = cloud_.call("cloudformation", "DescribeChangeSet",
                           {{"ChangeSetName", set.id}, {"StackName", name_}});
        const std::string state = require_string(page, "Status");
        if (state == "CREATE_COMPLETE") break;
        if (state == "FAILED") {
            const std::string reason = string_or(page, "StatusReason", "no reason was given");
            discard(set);
            set.id.clear();
            if (says_no_changes(reason)) return set;
            throw Error(ErrorCategory::InvalidInput, "ChangeSetFailed",
                        "CloudFormation refuses the change of '" + name_ + "': " + reason);
        }
        if (clock_.now() >= give_up) throw unfinished(name_, patience_);
        pause(clock_, kPoll);
    }
    while (true) {
        for (const Json& one : page.value("Changes", Json::array())) {
            const Json& change = require(one, "ResourceChange");
            set.changes.push_back(
                {string_or(change, "Action", ""), string_or(change, "LogicalResourceId", ""),
                 string_or(change, "ResourceType", ""), string_or(change, "Replacement", "")});
        }
        const auto next = find_string(page, "NextToken");
        if (!next || next->empty()) break;
        page = cloud_.call("cloudformation", "DescribeChangeSet",
                           {{"ChangeSetName", set.id}, {"StackName", name_}, {"NextToken", *next}});
    }
    if (set.changes.empty()) {
        discard(set);
        set.id.clear();
    }
    return set;
}

void Stack::discard(const ChangeSet& set) {
    cloud_.call("cloudformation", "DeleteChangeSet",
                {{"ChangeSetName", set.id}, {"StackName", name_}});
    if (set.creates_stack) cloud_.call("cloudformation", "DeleteStack", {{"StackName", name_}});
}

void Stack::apply(const ChangeSet& set) {
    const auto before = look(name_);
    if (!before)
        throw Error(ErrorCategory::NotFound, "StackNotFound",
                    "the stack '" + name_ + "' is gone: somebody has removed it meanwhile");
    skip_past_events(before->id);
    cloud_.call("cloudformation", "ExecuteChangeSet",
                {{"ChangeSetName", set.id}, {"StackName", name_}});
    follow(*before, set.creates_stack ? "CREATE_COMPLETE" : "UPDATE_COMPLETE");
}

void Stack::remove() {
    const auto before = look(name_);
    if (!before) return;
    skip_past_events(before->id);
    cloud_.call("cloudformation", "DeleteStack", {{"StackName", name_}});
    follow(*before, kDeleted);
}

void Stack::follow(const State& before, std::string_view wanted) {
    const Time start = clock_.now();
    bool has_begun = false;
    while (true) {
        try {
            tell_events(before.id);
        } catch (const Error& e) {
            if (wanted != kDeleted || !is_missing(e)) throw;
        }
        const State now = look(before.id).value_or(State{before.id, std::string(kDeleted), ""});
        // For a moment CloudFormation may go on showing what was before, also when the first events
        // are there.
        if (now != before || clock_.now() - start >= kSlowestBegin) has_begun = true;
        if (has_begun && now.status == wanted) return;
        if (has_begun && !now.status.ends_with("_IN_PROGRESS"))
            throw Error(
                ErrorCategory::Internal, "DeploymentFailed",
                "the stack '" + name_ + "' is now " + now.status +
                    (now.status == "UPDATE_ROLLBACK_COMPLETE" ? " and is as it was before" : "") +
                    (first_reason_.empty() ? "" : ": " + first_reason_));
        if (clock_.now() - start >= patience_) throw unfinished(name_, patience_);
        pause(clock_, kPoll);
    }
}

std::optional<Stack::State> Stack::look(const std::string& stack) {
    try {
        const Json answer = cloud_.call("cloudformation", "DescribeStacks", {{"StackName", stack}});
        const Json& stacks = require(answer, "Stacks");
        if (stacks.empty()) return std::nullopt;
        const Json* updated = find(stacks.front(), "LastUpdatedTime");
        return State{require_string(stacks.front(), "StackId"),
                     require_string(stacks.front(), "StackStatus"),
                     updated != nullptr ? to_text(*updated) : ""};
    } catch (const Error& e) {
        if (is_missing(e)) return std::nullopt;
        throw;
    }
}

void Stack::skip_past_events(const std::string& id) {
    const Json answer = cloud_.call("cloudformation", "DescribeStackEvents", {{"StackName", id}});
    const Json events = answer.value("StackEvents", Json::array());
    if (!events.empty()) last_event_ = string_or(events.front(), "EventId", "");
}

// The newest come first; those after the last one told are new.
void Stack::tell_events(const std::string& id) {
    std::vector<Json> fresh;
    cloud::each_item(cloud_, "cloudformation", "DescribeStackEvents", {{"StackName", id}},
                     [&](const Json& event) {
                         if (string_or(event, "EventId", "") == last_event_) return false;
                         fresh.push_back(event);
                         return true;
                     });
    if (!fresh.empty()) last_event_ = string_or(fresh.front(), "EventId", "");
    for (auto event = fresh.rbegin(); event != fresh.rend(); ++event) {
        const StackEvent told{
            string_or(*event, "LogicalResourceId", ""), string_or(*event, "ResourceType", ""),
            string_or(*event, "ResourceStatus", ""), string_or(*event, "ResourceStatusReason", "")};
        if (first_reason_.empty() && told.status.ends_with("_FAILED"))
            first_reason_ = told.resource + ": " + told.reason;
        progress_(told);
    }
}

}  // namespace lifeboat::deploy
