#include "local/testing/played_stream.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::local::testing {
namespace {

constexpr std::int64_t kPagesAShard = 100;
constexpr std::int64_t kRecordsAPage = 100;

std::string sequence_of(std::size_t shard, std::size_t page, std::size_t record) {
    const auto number =
        (static_cast<std::int64_t>(shard + 1) * kPagesAShard + static_cast<std::int64_t>(page)) *
            kRecordsAPage +
        static_cast<std::int64_t>(record);
    const std::string digits = std::to_string(number);
    return "1" + std::string(20 - digits.size(), '0') + digits;
}

}  // namespace

std::string PlayedStream::arn() {
    return "arn:aws:dynamodb:us-east-1:111122223333:table/users/stream/2026-01-02T09:00:00.000";
}

Json PlayedStream::call(std::string_view service, std::string_view operation, const Json& request,
                        const cloud::CallOptions&) {
    const std::scoped_lock lock(mutex_);
    ++calls_[std::string(operation)];
    if (service == "dynamodbstreams") {
        if (operation == "DescribeStream") return describe(request);
        if (operation == "GetShardIterator") return iterator(request);
        if (operation == "GetRecords") return records(request);
    }
    throw Error(ErrorCategory::Unsupported, "UnknownOperationException",
                std::string(service) + ":" + std::string(operation) + " is not played");
}

void PlayedStream::expire_iterators() {
    const std::scoped_lock lock(mutex_);
    ++generation_;
}

int PlayedStream::calls(const std::string& operation) const {
    const std::scoped_lock lock(mutex_);
    const auto it = calls_.find(operation);
    return it == calls_.end() ? 0 : it->second;
}

Json PlayedStream::describe(const Json& request) const {
    const std::string after = string_or(request, "ExclusiveStartShardId", "");
    auto at = shards.begin();
    if (!after.empty())
        at = std::find_if(shards.begin(), shards.end(),
                          [&](const Shard& shard) { return shard.id == after; }) +
             1;
    Json list = Json::array();
    for (; at != shards.end() && static_cast<int>(list.size()) < shards_a_page; ++at) {
        Json shown = {{"ShardId", at->id}};
        if (!at->parent.empty()) shown["ParentShardId"] = at->parent;
        list.push_back(std::move(shown));
    }
    Json description = {{"StreamArn", arn()}};
    if (at != shards.end()) description["LastEvaluatedShardId"] = list.back()["ShardId"];
    description["Shards"] = std::move(list);
    return {{"StreamDescription", description}};
}

// "generation|shard|page|after which sequence number"
Json PlayedStream::iterator(const Json& request) const {
    const Shard& from = shard(require_string(request, "ShardId"));
    const auto number = static_cast<std::size_t>(&from - shards.data());
    const std::string after = string_or(request, "SequenceNumber", "");
    std::size_t page = 0;
    while (!after.empty() && page + 1 < from.pages.size() &&
           sequence_of(number, page + 1, 0) <= after)
        ++page;
    return {{"ShardIterator", std::to_string(generation_) + "|" + from.id + "|" +
                                  std::to_string(page) + "|" + after}};
}

Json PlayedStream::records(const Json& request) const {
    std::vector<std::string> parts(1);
    for (const char c : require_string(request, "ShardIterator"))
        if (c == '|')
            parts.emplace_back();
        else
            parts.back() += c;
    if (parts.at(0) != std::to_string(generation_))
        throw Error(ErrorCategory::InvalidInput, "ExpiredIteratorException",
                    "The provided iterator exceeds the maximum age allowed.");
    const Shard& from = shard(parts.at(1));
    const auto number = static_cast<std::size_t>(&from - shards.data());
    const std::size_t page = std::stoul(parts.at(2));
    Json found = Json::array();
    if (page < from.pages.size())
        for (std::size_t i = 0; i < from.pages[page].size(); ++i) {
            const std::string sequence = sequence_of(number, page, i);
            if (sequence <= parts.at(3)) continue;
            found.push_back({{"eventName", "INSERT"},
                             {"dynamodb",
                              {{"Keys", {{"id", {{"S", from.pages[page][i]}}}}},
                               {"SequenceNumber", sequence},
                               {"ApproximateCreationDateTime", 1767345504}}}});
        }
    Json answer = {{"Records", std::move(found)}};
    const std::size_t next = std::min(page + 1, from.pages.size());
    if (next < from.pages.size() || !from.closed)
        answer["NextShardIterator"] =
            parts.at(0) + "|" + parts.at(1) + "|" + std::to_string(next) + "|" + parts.at(3);
    return answer;
}

const PlayedStream::Shard& PlayedStream::shard(const std::string& id) const {
    for (const Shard& candidate : shards)
        if (candidate.id == id) return candidate;
    throw Error(ErrorCategory::NotFound, "ResourceNotFoundException", "no shard " + id);
}

}  // namespace lifeboat::local::testing
