#include "flow/effort.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::flow {
namespace {

constexpr std::size_t kBytesPerValue = 64;  // of text

}  // namespace

bool Effort::spend(std::size_t values) {
    const bool enough = values <= left_;
    left_ -= std::min(values, left_);
    return enough;
}

bool Effort::spend_on(const Json& value) {
    if (value.is_string())
        return spend(1 + value.get_ref<const std::string&>().size() / kBytesPerValue);
    if (!spend(1)) return false;
    return !value.is_structured() ||
           std::ranges::all_of(value, [this](const Json& part) { return spend_on(part); });
}

void Effort::look(std::size_t values) {
    if (!spend(values))
        throw Error(ErrorCategory::InvalidInput, "States.Runtime",
                    "The expressions of the state look at more than " +
                        std::to_string(kMostValues) + " values");
}

void Effort::look_through(const Json& value) {
    if (!spend_on(value)) look(1);
}

void Effort::copy(const Json& value) {
    if (!spend_on(value))
        throw Error(ErrorCategory::InvalidInput, "States.DataLimitExceeded",
                    "The expressions of the state make data with a size exceeding the maximum "
                    "number of bytes service limit.");
}

}  // namespace lifeboat::flow
