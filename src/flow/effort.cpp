#include "flow/effort.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::flow {
namespace {

constexpr std::size_t kBytesPerValue = 64;  // of text

}  // namespace

Effort::Effort(int steps)
    : most_(kMostValues * static_cast<std::size_t>(steps)), units_(kMostUnits * steps) {}

bool Effort::spend(std::size_t values) {
    const bool enough = values <= left_;
    left_ -= std::min(values, left_);
    return (whole_ == nullptr || whole_->spend(values)) && enough;
}

std::int64_t Effort::jsonata_units() const {
    return whole_ == nullptr ? units_ : std::min(units_, whole_->jsonata_units());
}

void Effort::spend_jsonata(std::int64_t units) {
    units_ -= units;
    if (whole_ != nullptr) whole_->spend_jsonata(units);
}

bool Effort::spend_on(const Json& value) {
    if (value.is_string())
        return spend(1 + value.get_ref<const std::string&>().size() / kBytesPerValue);
    if (!spend(1)) return false;
    return !value.is_structured() ||
           std::ranges::all_of(value, [this](const Json& part) { return spend_on(part); });
}

void Effort::look(std::size_t values) {
    const bool enough = values <= left_;
    left_ -= std::min(values, left_);
    if (!enough)
        throw Error(
            ErrorCategory::InvalidInput, "States.Runtime",
            "The expressions of the state look at more than " + std::to_string(most_) + " values");
    if (whole_ != nullptr) whole_->look(values);
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
