// Scalars as text: how they stand in headers, paths, queries and XML.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "cloud/model.h"

namespace lifeboat::cloud {

std::string timestamp_text(double epoch_seconds, TimestampFormat format);
// Any of the three forms; nullopt for none of them.
std::optional<double> parse_timestamp(std::string_view text);

// Blobs stay base64 text. `standard` is the timestamp form of this place, for shapes that name
// none. A value of a wrong type gives its JSON text.
std::string scalar_text(const Shape& shape, const Json& value, TimestampFormat standard);
// A text that is not of the shape's kind comes back as a string, for validation to name.
Json scalar_from_text(const Shape& shape, std::string_view text);

// A list in one header: "a, b, \"c, d\"".
std::string header_list_text(const Shape& list, const Json& values);
std::vector<std::string> split_header_list(const Shape& list, std::string_view text);

}  // namespace lifeboat::cloud
