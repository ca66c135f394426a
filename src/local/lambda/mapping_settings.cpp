#include "local/lambda/mapping_settings.h"

#include "base/error.h"
#include "base/json.h"
#include "cloud/arn.h"
#include "local/events/pattern.h"
#include "local/lambda/destination.h"

namespace lifeboat::local::lambda {
namespace {

constexpr const char* kSharedMembers[] = {
    "BatchSize", "FilterCriteria", "MaximumBatchingWindowInSeconds", "FunctionResponseTypes"};
constexpr const char* kStreamMembers[] = {"DestinationConfig",          "MaximumRecordAgeInSeconds",
                                          "BisectBatchOnFunctionError", "MaximumRetryAttempts",
                                          "ParallelizationFactor",      "TumblingWindowInSeconds"};

Error invalid(const std::string& message) {
    return Error(ErrorCategory::InvalidInput, "InvalidParameterValueException", message);
}

void check_filters(const Json& criteria) {
    const Json* filters = find(criteria, "Filters");
    if (filters == nullptr) return;
    for (const Json& filter : *filters) {
        try {
            events::Pattern::compile(string_or(filter, "Pattern", "{}"));
        } catch (const Error& error) {
            throw invalid("Invalid filter pattern definition. " + error.message());
        }
    }
}

void check_stream_settings(const Json& settings) {
    const std::int64_t age = require_integer(settings, "MaximumRecordAgeInSeconds");
    if (age != -1 && age < 60)
        throw invalid("MaximumRecordAgeInSeconds must be -1 or from 60 to 604800");
    if (require_integer(settings, "ParallelizationFactor") != 1)
        throw invalid("ParallelizationFactor above 1 is not offered here");
    if (require_integer(settings, "TumblingWindowInSeconds") != 0)
        throw invalid("TumblingWindowInSeconds is not offered here");
    const Json& destinations = require(settings, "DestinationConfig");
    if (!destination_of(destinations, "OnSuccess").empty())
        throw invalid("An event source mapping has no OnSuccess destination");
    check_destinations(destinations, DestinationKind::Queue);
}

}  // namespace

SourceKind source_kind(const std::string& source) {
    const auto arn = cloud::parse_arn(source);
    if (arn && arn->service == "dynamodb" && arn->resource.starts_with("table/") &&
        arn->resource.find("/stream/") != std::string::npos)
        return SourceKind::Stream;
    if (arn && arn->service == "sqs" && !arn->resource.empty()) return SourceKind::Queue;
    throw invalid("Unrecognized event source: '" + source +
                  "' is neither the ARN of a DynamoDB stream nor that of an SQS queue");
}

Json merged_settings(SourceKind kind, const Json& request, const Json& base) {
    Json settings = {{"BatchSize", kind == SourceKind::Stream ? 100 : 10},
                     {"MaximumBatchingWindowInSeconds", 0},
                     {"FunctionResponseTypes", Json::array()}};
    if (kind == SourceKind::Stream)
        settings.update({{"MaximumRecordAgeInSeconds", -1},
                         {"BisectBatchOnFunctionError", false},
                         {"MaximumRetryAttempts", -1},
                         {"ParallelizationFactor", 1},
                         {"TumblingWindowInSeconds", 0},
                         {"DestinationConfig", {{"OnFailure", Json::object()}}}});
    settings.update(base);
    for (const char* member : kSharedMembers)
        if (const Json* value = find(request, member)) settings[member] = *value;
    for (const char* member : kStreamMembers)
        if (const Json* value = find(request, member)) {
            if (kind == SourceKind::Queue)
                throw invalid("Unsupported " + std::string(member) +
                              " parameter for given event source mapping type.");
            settings[member] = *value;
        }
    if (const Json* criteria = find(settings, "FilterCriteria")) check_filters(*criteria);
    if (kind == SourceKind::Stream) check_stream_settings(settings);
    return settings;
}

MappingSettings read_settings(const Json& merged) {
    MappingSettings settings;
    settings.batch_size = require_integer(merged, "BatchSize");
    settings.window =
        std::chrono::seconds(require_integer(merged, "MaximumBatchingWindowInSeconds"));
    settings.retries = integer_or(merged, "MaximumRetryAttempts", -1);
    settings.most_age_seconds = integer_or(merged, "MaximumRecordAgeInSeconds", -1);
    settings.bisects = bool_or(merged, "BisectBatchOnFunctionError", false);
    settings.reports_items = !merged["FunctionResponseTypes"].empty();
    if (const Json* destinations = find(merged, "DestinationConfig"))
        settings.on_failure = destination_of(*destinations, "OnFailure");
    if (const Json* filters = find_path(merged, {"FilterCriteria", "Filters"}))
        for (const Json& filter : *filters)
            settings.filters.push_back(string_or(filter, "Pattern", "{}"));
    return settings;
}

}  // namespace lifeboat::local::lambda
