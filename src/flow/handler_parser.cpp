#include "flow/handler_parser.h"

#include "base/json.h"

namespace lifeboat::flow {

Retrier parse_retrier(DefinitionReader& reader, const Json& entry, const std::string& where) {
    Retrier retrier;
    reader.check_fields(entry,
                        {"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate",
                         "MaxDelaySeconds", "JitterStrategy", "Comment"},
                        where);
    retrier.errors = reader.error_names(entry, where);
    retrier.interval_seconds = reader.integer(entry, "IntervalSeconds", 1, where).value_or(1);
    retrier.max_attempts = reader.integer(entry, "MaxAttempts", 0, where).value_or(3);
    retrier.max_delay_seconds = reader.integer(entry, "MaxDelaySeconds", 1, where);
    if (const Json* rate = find(entry, "BackoffRate")) {
        if (rate->is_number() && rate->get<double>() >= 1.0)
            retrier.backoff_rate = rate->get<double>();
        else
            reader.report("Value must be a number not below 1.0", where + "/BackoffRate");
    }
    const std::string jitter = reader.string(entry, "JitterStrategy", where);
    if (!jitter.empty() && jitter != "FULL" && jitter != "NONE")
        reader.report("Value must be FULL or NONE", where + "/JitterStrategy");
    retrier.full_jitter = jitter == "FULL";
    return retrier;
}

Catcher parse_catcher(DefinitionReader& reader, const Json& entry, const std::string& where) {
    reader.check_fields(entry, {"ErrorEquals", "ResultPath", "Next", "Comment", "Assign"}, where);
    Catcher catcher;
    catcher.errors = reader.error_names(entry, where);
    catcher.result_path = reader.result_path(entry, where);
    catcher.assign = reader.assign(entry, where);
    catcher.next = reader.string(entry, "Next", where);
    if (catcher.next.empty()) reader.report("These fields are required: [Next]", where);
    return catcher;
}

}  // namespace lifeboat::flow
