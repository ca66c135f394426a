// A queue's settings: names, defaults, what values they take.
//
// Source: SQS API reference, SetQueueAttributes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace lifeboat::local::sqs {

struct Redrive {
    std::string target_arn;
    std::int64_t most_receives = 0;
};

// Settings by name, as text, as the API has them; only those that were set.
class QueueAttributes {
  public:
    QueueAttributes() = default;
    explicit QueueAttributes(std::map<std::string, std::string> values)
        : values_(std::move(values)) {}

    // Checks a value and sets it; an empty policy is taken away. Throws InvalidAttributeName,
    // InvalidAttributeValue, UnsupportedOperation. Whether other queues that a policy names exist
    // is the caller's to check.
    void set(const std::string& name, const std::string& value);

    // The value, or its default; nothing for a setting without default that was not set.
    std::optional<std::string> get(const std::string& name) const;
    const std::map<std::string, std::string>& values() const { return values_; }
    // With defaults.
    std::map<std::string, std::string> all() const;

    bool is_fifo() const { return get("FifoQueue") == "true"; }
    std::int64_t integer(const std::string& name) const;
    Duration seconds(const std::string& name) const { return std::chrono::seconds(integer(name)); }
    std::optional<Redrive> redrive() const;
    // Whether RedriveAllowPolicy lets `source_arn` use this queue for its dead letters.
    bool allows_redrive_from(const std::string& source_arn) const;

  private:
    std::map<std::string, std::string> values_;
};

bool is_queue_attribute(std::string_view name);

}  // namespace lifeboat::local::sqs
