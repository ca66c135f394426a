#include "local/sqs/queue_attributes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/json.h"
#include "cloud/arn.h"
#include "local/sqs/refusal.h"

namespace lifeboat::local::sqs {
namespace {

struct IntegerAttribute {
    std::string_view name;
    std::int64_t low;
    std::int64_t high;
    std::string_view fallback;
};
constexpr std::array kIntegers = {
    IntegerAttribute{"DelaySeconds", 0, 900, "0"},
    IntegerAttribute{"MaximumMessageSize", 1024, 1048576, "1048576"},
    IntegerAttribute{"MessageRetentionPeriod", 60, 1209600, "345600"},
    IntegerAttribute{"ReceiveMessageWaitTimeSeconds", 0, 20, "0"},
    IntegerAttribute{"VisibilityTimeout", 0, 43200, "30"},
};

constexpr std::int64_t kMostReceives = 1000;
constexpr std::size_t kMostSourceQueues = 10;

const std::set<std::string_view> kOthers = {"Policy",
                                            "RedrivePolicy",
                                            "RedriveAllowPolicy",
                                            "FifoQueue",
                                            "ContentBasedDeduplication",
                                            "DeduplicationScope",
                                            "FifoThroughputLimit",
                                            "SqsManagedSseEnabled",
                                            "KmsMasterKeyId",
                                            "KmsDataKeyReusePeriodSeconds"};

std::optional<std::int64_t> integer_of(std::string_view text) {
    std::int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size())
        return std::nullopt;
    return value;
}

Error bad_value(const std::string& name) {
    return refusal("InvalidAttributeValue", "Invalid value for the parameter " + name + ".");
}

Json policy_of(const std::string& name, const std::string& value) {
    try {
        Json policy = parse_json(value, name);
        if (policy.is_object()) return policy;
    } catch (const Error&) {
        // Answered below, in SQS's words.
    }
    throw invalid_parameter(value, name, "Redrive policy is not a valid JSON map.");
}

std::optional<std::int64_t> most_receives(const Json& policy) {
    const Json* count = find(policy, "maxReceiveCount");
    if (count == nullptr) return std::nullopt;
    if (count->is_number_integer()) return count->get<std::int64_t>();
    return count->is_string() ? integer_of(count->get_ref<const std::string&>()) : std::nullopt;
}

void check_redrive(const std::string& value) {
    const Json policy = policy_of("RedrivePolicy", value);
    const auto target = find_string(policy, "deadLetterTargetArn");
    if (!target)
        throw invalid_parameter(value, "RedrivePolicy",
                                "Redrive policy does not contain mandatory attribute: "
                                "deadLetterTargetArn.");
    if (find(policy, "maxReceiveCount") == nullptr)
        throw invalid_parameter(value, "RedrivePolicy",
                                "Redrive policy does not contain mandatory attribute: "
                                "maxReceiveCount.");
    const auto count = most_receives(policy);
    if (!count || *count < 1 || *count > kMostReceives)
        throw invalid_parameter(value, "RedrivePolicy",
                                "Invalid value for maxReceiveCount: it must be from 1 to 1000.");
    const auto arn = cloud::parse_arn(*target);
    if (!arn || arn->service != "sqs")
        throw invalid_parameter(value, "RedrivePolicy", "Invalid value for deadLetterTargetArn.");
}

void check_redrive_allow(const std::string& value) {
    const Json policy = policy_of("RedriveAllowPolicy", value);
    const std::string permission = string_or(policy, "redrivePermission", "");
    const Json* sources = find(policy, "sourceQueueArns");
    if (permission != "allowAll" && permission != "denyAll" && permission != "byQueue")
        throw invalid_parameter(value, "RedriveAllowPolicy",
                                "redrivePermission must be allowAll, denyAll or byQueue.");
    const bool has_sources = sources != nullptr && sources->is_array() && !sources->empty();
    if (has_sources != (permission == "byQueue") ||
        (has_sources && sources->size() > kMostSourceQueues))
        throw invalid_parameter(value, "RedriveAllowPolicy",
                                "sourceQueueArns must name 1 to 10 queues for byQueue, and none "
                                "otherwise.");
    if (has_sources && !std::all_of(sources->begin(), sources->end(),
                                    [](const Json& arn) { return arn.is_string(); }))
        throw invalid_parameter(value, "RedriveAllowPolicy", "sourceQueueArns must be ARNs.");
}

}  // namespace

bool is_queue_attribute(std::string_view name) {
    return kOthers.contains(name) ||
           std::any_of(kIntegers.begin(), kIntegers.end(),
                       [&](const IntegerAttribute& known) { return known.name == name; });
}

void QueueAttributes::set(const std::string& name, const std::string& value) {
    if (!is_queue_attribute(name))
        throw refusal("InvalidAttributeName", "Unknown Attribute " + name + ".");
    const auto one_of = [&](std::initializer_list<std::string_view> choices) {
        if (std::find(choices.begin(), choices.end(), value) == choices.end())
            throw bad_value(name);
    };
    const auto only_fifo = [&] {
        if (!is_fifo())
            throw refusal("InvalidAttributeName",
                          "You can specify the " + name + " only when FifoQueue is set to true.");
    };
    for (const IntegerAttribute& known : kIntegers) {
        if (known.name != name) continue;
        const auto number = integer_of(value);
        if (!number || *number < known.low || *number > known.high) throw bad_value(name);
    }
    if ((name == "Policy" || name == "RedrivePolicy" || name == "RedriveAllowPolicy") &&
        value.empty()) {
        values_.erase(name);
        return;
    }
    if (name == "RedrivePolicy") check_redrive(value);
    if (name == "RedriveAllowPolicy") check_redrive_allow(value);
    if (name == "Policy") {
        try {
            parse_json(value, name);
        } catch (const Error&) {
            throw bad_value(name);
        }
    }
    if (name == "FifoQueue") one_of({"true"});
    if (name == "ContentBasedDeduplication") {
        only_fifo();
        one_of({"true", "false"});
    }
    if (name == "DeduplicationScope") {
        only_fifo();
        one_of({"queue", "messageGroup"});
    }
    if (name == "FifoThroughputLimit") {
        only_fifo();
        one_of({"perQueue", "perMessageGroupId"});
    }
    // The local cloud keeps messages as plain rows of its database.
    if (name.starts_with("Kms") || (name == "SqsManagedSseEnabled" && value != "false"))
        throw refusal("UnsupportedOperation",
                      "The local cloud does not encrypt queues; leave out " + name + ".");
    values_[name] = value;
}

std::optional<std::string> QueueAttributes::get(const std::string& name) const {
    if (const auto it = values_.find(name); it != values_.end()) return it->second;
    for (const IntegerAttribute& known : kIntegers)
        if (known.name == name) return std::string(known.fallback);
    if (name == "SqsManagedSseEnabled") return "false";
    if (name != "FifoQueue" && is_fifo()) {
        if (name == "ContentBasedDeduplication") return "false";
        if (name == "DeduplicationScope") return "queue";
        if (name == "FifoThroughputLimit") return "perQueue";
    }
    return std::nullopt;
}

std::map<std::string, std::string> QueueAttributes::all() const {
    std::map<std::string, std::string> result;
    const auto add = [&](std::string_view name) {
        if (auto value = get(std::string(name))) result.emplace(name, std::move(*value));
    };
    for (const IntegerAttribute& known : kIntegers)
        add(known.name);
    for (const std::string_view name : kOthers)
        add(name);
    return result;
}

std::int64_t QueueAttributes::integer(const std::string& name) const {
    return integer_of(get(name).value_or("0")).value_or(0);
}

std::optional<Redrive> QueueAttributes::redrive() const {
    const auto it = values_.find("RedrivePolicy");
    if (it == values_.end()) return std::nullopt;
    const Json policy = parse_json(it->second, "a stored RedrivePolicy");
    return Redrive{require_string(policy, "deadLetterTargetArn"),
                   most_receives(policy).value_or(1)};
}

bool QueueAttributes::allows_redrive_from(const std::string& source_arn) const {
    const auto it = values_.find("RedriveAllowPolicy");
    if (it == values_.end()) return true;
    const Json policy = parse_json(it->second, "a stored RedriveAllowPolicy");
    const std::string permission = string_or(policy, "redrivePermission", "allowAll");
    if (permission != "byQueue") return permission == "allowAll";
    const Json& sources = require(policy, "sourceQueueArns");
    return std::find(sources.begin(), sources.end(), Json(source_arn)) != sources.end();
}

}  // namespace lifeboat::local::sqs
