#include "local/sqs/batch.h"

#include <algorithm>
#include <set>
#include <string>

#include "base/json.h"
#include "local/sqs/refusal.h"

namespace lifeboat::local::sqs {
namespace {

constexpr std::size_t kMostEntries = 10;
constexpr std::size_t kLongestId = 80;

bool is_entry_id(const std::string& id) {
    return !id.empty() && id.size() <= kLongestId && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
}

}  // namespace

Json run_batch(const Json& request, const char* entry_type,
               const std::function<Json(const Json& entry)>& run) {
    const Json& entries = request.at("Entries");
    if (entries.empty())
        throw refusal("EmptyBatchRequest", std::string("There should be at least one ") +
                                               entry_type + " in the request.");
    if (entries.size() > kMostEntries)
        throw refusal("TooManyEntriesInBatchRequest",
                      "Maximum number of entries per request are 10. You have sent " +
                          std::to_string(entries.size()) + ".");
    std::set<std::string> ids;
    for (const Json& entry : entries) {
        const std::string id = string_or(entry, "Id", "");
        if (!is_entry_id(id))
            throw refusal("InvalidBatchEntryId",
                          "A batch entry id can only contain alphanumeric characters, hyphens and "
                          "underscores. It can be at most 80 letters long.");
        if (!ids.insert(id).second)
            throw refusal("BatchEntryIdsNotDistinct", "Id " + id + " repeated.");
    }
    Json successful = Json::array();
    Json failed = Json::array();
    for (const Json& entry : entries) {
        const std::string id = require_string(entry, "Id");
        try {
            Json answer = run(entry);
            answer["Id"] = id;
            successful.push_back(std::move(answer));
        } catch (const Error& error) {
            if (error.category() != ErrorCategory::InvalidInput) throw;
            failed.push_back({{"Id", id},
                              {"SenderFault", true},
                              {"Code", error.code()},
                              {"Message", error.message()}});
        }
    }
    return {{"Successful", std::move(successful)}, {"Failed", std::move(failed)}};
}

}  // namespace lifeboat::local::sqs
