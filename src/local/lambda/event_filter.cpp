#include "local/lambda/event_filter.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::local::lambda {

EventFilter::EventFilter(const std::vector<std::string>& patterns) {
    for (const std::string& pattern : patterns)
        patterns_.push_back(events::Pattern::compile(pattern));
}

bool EventFilter::passes(const Json& record) const {
    return std::any_of(patterns_.begin(), patterns_.end(),
                       [&](const events::Pattern& pattern) { return pattern.matches(record); });
}

bool EventFilter::passes_stream_record(const Json& record) const {
    return patterns_.empty() || passes(record);
}

bool EventFilter::passes_message(const Json& record) const {
    if (patterns_.empty()) return true;
    Json parsed = record;
    try {
        Json body = parse_json(string_or(record, "body", ""), "a message");
        if (body.is_object()) parsed["body"] = std::move(body);
    } catch (const Error&) {
        // Not JSON: a string it is.
    }
    return passes(parsed);
}

}  // namespace lifeboat::local::lambda
