#include "local/events/bus.h"

#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/log.h"

namespace lifeboat::local::events {
namespace {

constexpr std::size_t kMostCompiled = 4096;

// Reading calls go only to rules that ask for them.
bool is_read_only_call(const Json& event) {
    const auto type = find_string(event, "detail-type");
    const Json* read_only = find_path(event, {"detail", "readOnly"});
    return type && type->ends_with("via CloudTrail") && read_only != nullptr &&
           *read_only == Json(true);
}

void reached_publish() {
    try {
        fault::reach("events.published");
    } catch (const Error&) {
        // The change is durable already: only a kill makes a difference here.
    }
}

}  // namespace

void EventBus::publish(Transaction& tx, const Json& event) {
    publish(tx, std::string(kDefaultBus), event);
}

void EventBus::publish(Transaction& tx, const std::string& bus, const Json& event) {
    const bool read_only = is_read_only_call(event);
    for (const Rule& rule : Rules(tx, site_.place).rules(bus, "", "", SIZE_MAX)) {
        if (!rule.is_enabled() || rule.pattern.empty()) continue;
        if (read_only && rule.state != kEnabledWithReads) continue;
        if (compiled(rule.pattern)->matches(event)) publish_to(tx, rule, event);
    }
}

void EventBus::publish_to(Transaction& tx, const Rule& rule, const Json& event) {
    Rules rules(tx, site_.place);
    const std::string arn = rules.rule_arn(rule.bus, rule.name);
    const std::vector<Json> targets = rules.targets(rule.bus, rule.name);
    for (const Json& target : targets)
        delivery_.enqueue(tx, rule, arn, target, event);
    if (!targets.empty()) tx.on_commit(reached_publish);
}

std::shared_ptr<const Pattern> EventBus::compiled(const std::string& text) {
    const std::scoped_lock lock(mutex_);
    auto& pattern = patterns_[text];
    if (!pattern) {
        pattern = std::make_shared<const Pattern>(Pattern::compile(text));
        if (patterns_.size() > kMostCompiled) {
            auto kept = pattern;
            patterns_.clear();
            return kept;
        }
    }
    return pattern;
}

}  // namespace lifeboat::local::events
