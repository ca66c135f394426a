// One CloudFormation stack: what a change would do, doing it, following it, removing it.
//
// Source: CloudFormation API reference, CreateChangeSet, DescribeStackEvents, DeleteStack.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "cloud/cloud.h"

namespace lifeboat::deploy {

struct Change {
    std::string action;  // Add, Modify, Remove, Import, Dynamic
    std::string resource;
    std::string type;
    std::string replacement;  // True, False, Conditional; empty: none
};

struct ChangeSet {
    std::string id;  // empty: there is nothing to do
    bool creates_stack = false;
    std::vector<Change> changes;
};

struct StackEvent {
    std::string resource;
    std::string type;
    std::string status;
    std::string reason;  // empty: none
};

class Stack {
  public:
    // Told of each event once, in order, while a change is followed.
    using Progress = std::function<void(const StackEvent&)>;

    // All that is referred to outlives this. `patience` bounds each wait.
    Stack(cloud::Cloud& cloud, const Clock& clock, Random& random, std::string name,
          Progress progress, Duration patience = std::chrono::hours(1));

    // nullopt: there is no such stack.
    std::optional<std::string> status();

    // `body` is the template, or `url` where it lies in S3. Throws Error{InvalidInput,
    // "ChangeSetFailed"} with CloudFormation's reason; nothing is changed. What is left of a stack
    // whose creation failed is removed first.
    ChangeSet propose(const std::string& body, const std::string& url,
                      const std::map<std::string, std::string>& parameters);
    // Without effect on the stack; a stack that was never made is gone with it.
    void discard(const ChangeSet& set);
    // Returns when it is done. Throws Error{Internal, "DeploymentFailed"} with the first reason
    // when CloudFormation went back (a stack that was there is as before); Error{Unavailable,
    // "DeploymentUnfinished"} after `patience`.
    void apply(const ChangeSet& set);
    // Idempotent. Returns when it is gone. Throws as apply().
    void remove();

  private:
    struct State {
        std::string id;
        std::string status;
        std::string updated;  // when, as CloudFormation says it; empty: never

        bool operator==(const State&) const = default;
    };

    // By name or id; nullopt: there is none.
    std::optional<State> look(const std::string& stack);
    // `before`: what was shown when the change was asked for.
    void follow(const State& before, std::string_view wanted);
    void skip_past_events(const std::string& id);
    void tell_events(const std::string& id);

    cloud::Cloud& cloud_;
    const Clock& clock_;
    Random& random_;
    const std::string name_;
    const Progress progress_;
    const Duration patience_;
    std::string last_event_;
    std::string first_reason_;
};

}  // namespace lifeboat::deploy
