#include "local/states/page_token.h"

#include <charconv>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"

namespace lifeboat::local::states {

std::string page_token(std::int64_t after) {
    return base64_encode("after:" + std::to_string(after));
}

std::optional<std::int64_t> page_start(const Json& request) {
    const auto token = find_string(request, "nextToken");
    if (!token) return std::nullopt;
    const auto text = base64_decode(*token);
    std::int64_t after = 0;
    if (text && text->starts_with("after:")) {
        const char* end = text->data() + text->size();
        const auto parsed = std::from_chars(text->data() + 6, end, after);
        if (parsed.ec == std::errc() && parsed.ptr == end) return after;
    }
    throw Error(ErrorCategory::InvalidInput, "InvalidToken", "Invalid Token: 'Invalid token'");
}

std::int64_t page_size(const Json& request) {
    constexpr std::int64_t kDefault = 100;
    const std::int64_t asked = integer_or(request, "maxResults", 0);
    return asked == 0 ? kDefault : asked;
}

}  // namespace lifeboat::local::states
