// Numbers by picture strings, as XPath's format-number and format-integer have them.
#pragma once

#include <string>

#include "flow/jsonata/item.h"

namespace lifeboat::flow::jsonata {

// `options` is an object of symbols that replace the usual ones, or undefined. D3080 to D3093.
std::string format_number(double value, const std::string& picture, const Item& options);

// "0001", "#,##0", "w", "W", "Ww", "I", "i", "A", "a", each with ";o" for ordinals. D3130, D3131.
std::string format_integer(double value, const std::string& picture);
// The reverse. nullopt when the text is no such number.
std::optional<double> parse_integer(const std::string& text, const std::string& picture);

}  // namespace lifeboat::flow::jsonata
