#include "local/events/put_events.h"

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::local::events {
namespace {

// Together, of all entries. Source: EventBridge user guide, "Calculating PutEvents event entry
// size".
constexpr std::size_t kLargestRequest = 256 * 1024;
constexpr std::size_t kTimeSize = 14;

std::size_t size_of(const Json& entry) {
    std::size_t size = entry.contains("Time") ? kTimeSize : 0;
    for (const char* member : {"Source", "DetailType", "Detail"})
        size += string_or(entry, member, "").size();
    if (const Json* resources = find(entry, "Resources"); resources && resources->is_array())
        for (const Json& resource : *resources)
            size += resource.get<std::string>().size();
    return size;
}

struct Refusal {
    std::string code;
    std::string message;
};

// Nothing when the entry is good; then `detail` is set.
std::optional<Refusal> judge(const Json& entry, Json& detail) {
    for (const char* member : {"Source", "DetailType", "Detail"})
        if (string_or(entry, member, "").empty())
            return Refusal{"InvalidArgument", std::string("Parameter ") + member +
                                                  " is not valid. Reason: " + member +
                                                  " is a required argument."};
    if (string_or(entry, "Source", "").starts_with("aws."))
        return Refusal{"NotAuthorizedForSourceException", "Not authorized for the source."};
    try {
        detail = parse_json(string_or(entry, "Detail", ""), "Detail");
    } catch (const Error&) {
        return Refusal{"MalformedDetail", "Detail is malformed."};
    }
    if (!detail.is_object()) return Refusal{"MalformedDetail", "Detail is malformed."};
    return std::nullopt;
}

}  // namespace

Json put_events(Transaction& tx, const Json& request, EventBus& bus, Site& site) {
    const Json& entries = request.at("Entries");
    std::size_t size = 0;
    for (const Json& entry : entries)
        size += size_of(entry);
    if (size > kLargestRequest)
        throw Error(ErrorCategory::InvalidInput, "ValidationException",
                    "Total size of the entries in the request is over the limit.");
    Json results = Json::array();
    int failed = 0;
    for (const Json& entry : entries) {
        Json detail;
        if (const auto refusal = judge(entry, detail)) {
            ++failed;
            results.push_back({{"ErrorCode", refusal->code}, {"ErrorMessage", refusal->message}});
            continue;
        }
        const Json* given = find(entry, "Time");
        const Time time = given != nullptr && given->is_number()
                              ? from_epoch_seconds(given->get<double>())
                              : site.clock.now();
        const Json* resources = find(entry, "Resources");
        const Json event = {
            {"version", "0"},
            {"id", new_uuid(site.random)},
            {"detail-type", entry.at("DetailType")},
            {"source", entry.at("Source")},
            {"account", site.place.account},
            {"time", to_iso8601(time)},
            {"region", site.place.region},
            {"resources", resources && resources->is_array() ? *resources : Json::array()},
            {"detail", std::move(detail)}};
        bus.publish(tx, Rules::bus_name(find_string(entry, "EventBusName")), event);
        results.push_back({{"EventId", event["id"]}});
    }
    return {{"FailedEntryCount", failed}, {"Entries", std::move(results)}};
}

}  // namespace lifeboat::local::events
