// Page tokens of listings: opaque to the caller, bound to what was asked, and holding no more than
// the place where the listing goes on. So nothing is kept between pages, rows that come and go in
// between do not repeat or lose others, and a token of another listing is told from a good one.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/json_fwd.h"

namespace lifeboat::local {

// What a token is bound to: the operation and every request member but `paging` (the token and the
// limit).
std::string listing_scope(std::string_view operation, const Json& request,
                          std::initializer_list<std::string_view> paging);

// Text of A-Z a-z 0-9 - _. Under 128 characters (the limit of EFS) for positions up to 80 bytes.
std::string page_token(std::string_view scope, std::string_view position);
// nullopt when `token` was not made for `scope`.
std::optional<std::string> page_position(std::string_view scope, std::string_view token);

// A position in a listing ordered by a number and then an id: "<number>.<id>".
struct NumberedPosition {
    std::int64_t number = 0;
    std::int64_t id = 0;
};
std::string position_text(NumberedPosition position);
// nullopt when `text` is no such position.
std::optional<NumberedPosition> parse_position(std::string_view text);

}  // namespace lifeboat::local
