// Date and time by picture strings: "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01]", as
// XPath's format-dateTime has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace lifeboat::flow::jsonata {

// `millis` since 1970; `offset` in minutes. D3132, D3133, D3134, D3135.
std::string format_date(std::int64_t millis, const std::string& picture, int offset);
// nullopt when the text does not fit; missing parts are today's (`now`) above the largest given one
// and the least below. D3136 when what is given does not make a date.
std::optional<std::int64_t> parse_date(const std::string& text, const std::string& picture,
                                       std::int64_t now);
// "+0530", "-0800": minutes.
std::optional<int> parse_offset(const std::string& text);

}  // namespace lifeboat::flow::jsonata
