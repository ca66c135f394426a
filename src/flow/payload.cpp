#include "flow/payload.h"

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::flow {

namespace {

void check_depth(std::string_view text, const std::string& whose) {
    if (json_depth(text) > kDeepestPayload)
        throw Error(ErrorCategory::InvalidInput, "States.Runtime",
                    whose + " nested deeper than " + std::to_string(kDeepestPayload) + " levels");
}

}  // namespace

void check_data(std::string_view text, std::string_view what) {
    parse_json(text, what);
    check_depth(text, "it is");
}

Error payload_too_long(const std::string& whose) {
    return {ErrorCategory::InvalidInput, "States.DataLimitExceeded",
            whose + " with a size exceeding the maximum number of bytes service limit."};
}

std::string payload_text(const Json& value, const std::string& whose) {
    std::string text = to_text(value);
    if (text.size() > kLongestPayload) throw payload_too_long(whose);
    check_depth(text, whose + " that is");
    return text;
}

bool MapData::add(const Json& value) {
    constexpr std::size_t kEach = 64;  // of one that is hardly more than nothing
    bytes_ += to_text(value).size() + kEach;
    return bytes_ <= kMostMapData;
}

}  // namespace lifeboat::flow
