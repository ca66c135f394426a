#include "local/sagemaker/listing.h"

#include <limits>

#include "base/json.h"
#include "local/page_token.h"
#include "local/sagemaker/errors.h"

namespace lifeboat::local::sagemaker {
namespace {

constexpr std::int64_t kPageSize = 10;
constexpr std::size_t kValuesOfCondition = 5;

}  // namespace

Listing::Listing(std::string_view operation, const Json& request)
    : scope_(listing_scope(operation, request, {"NextToken", "MaxResults"})),
      descending_(string_or(request, "SortOrder", "Ascending") == "Descending"),
      limit_(integer_or(request, "MaxResults", kPageSize)) {
    if (string_or(request, "SortBy", "CreationTime") == "LastModifiedTime") column_ = "modified";
    using Limits = std::numeric_limits<std::int64_t>;
    after_time_ = after_number_ = descending_ ? Limits::max() : Limits::min();
    const auto token = find_string(request, "NextToken");
    if (!token) return;
    const auto text = page_position(scope_, *token);
    const auto position = text ? parse_position(*text) : std::nullopt;
    if (!position)
        throw invalid(
            "Invalid NextToken: it is not one that this operation answered with these filters.");
    after_time_ = position->number;
    after_number_ = position->id;
}

std::vector<std::int64_t> Listing::page(Transaction& tx, std::string_view from,
                                        std::string_view number, std::vector<Value> values) {
    const std::string order(descending_ ? " DESC" : "");
    const std::string place = column_ + ", " + std::string(number);
    const std::string sql = "SELECT " + place + " " + std::string(from) + " AND (" + place + ") " +
                            (descending_ ? "<" : ">") + " (?6, ?7) ORDER BY " + column_ + order +
                            ", " + std::string(number) + order + " LIMIT ?8";
    values.resize(kValuesOfCondition, Value(std::nullopt));
    values.emplace_back(after_time_);
    values.emplace_back(after_number_);
    values.emplace_back(limit_ + 1);
    std::vector<NumberedPosition> found;
    tx.each(sql, values, [&](const Row& row) {
        found.push_back({row.integer(0), row.integer(1)});
        return true;
    });
    next_token_.clear();
    if (found.size() > static_cast<std::size_t>(limit_)) {
        found.pop_back();
        next_token_ = page_token(scope_, position_text(found.back()));
    }
    std::vector<std::int64_t> numbers;
    for (const NumberedPosition& position : found)
        numbers.push_back(position.id);
    return numbers;
}

void Listing::add_token(Json& answer) const {
    if (!next_token_.empty()) answer["NextToken"] = next_token_;
}

}  // namespace lifeboat::local::sagemaker
