// What the list operations share: order, page size, tokens.
//
// SortBy CreationTime (default) or LastModifiedTime, SortOrder Ascending (default) or Descending,
// MaxResults 10 unless told, an opaque NextToken. Rows with equal times go by their number, so the
// order is total.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "local/database.h"

namespace lifeboat::local::sagemaker {

class Listing {
  public:
    // Throws Error ValidationException for a token that is not of this listing.
    Listing(std::string_view operation, const Json& request);

    // The row numbers of this page. `from` is "FROM table WHERE condition", which may use ?1 to ?5;
    // `number` is the name of the row number's column. Times are in columns created and modified.
    std::vector<std::int64_t> page(Transaction& tx, std::string_view from, std::string_view number,
                                   std::vector<Value> values);
    // After page(): adds NextToken when there is more.
    void add_token(Json& answer) const;

  private:
    std::string scope_;
    std::string column_ = "created";
    bool descending_ = false;
    std::int64_t limit_;
    std::int64_t after_time_;
    std::int64_t after_number_;
    std::string next_token_;
};

}  // namespace lifeboat::local::sagemaker
