#include "flow/outside.h"

namespace lifeboat::flow {

bool threshold_exceeded(std::int64_t failed, std::int64_t total,
                        std::optional<std::int64_t> tolerated_count,
                        std::optional<double> tolerated_percentage) {
    if (!tolerated_count && !tolerated_percentage) return failed > 0;
    if (tolerated_count && failed > *tolerated_count) return true;
    // In this order what is exactly tolerated comes out as the number it is written as.
    return tolerated_percentage &&
           static_cast<double>(failed) * 100.0 / static_cast<double>(total) > *tolerated_percentage;
}

}  // namespace lifeboat::flow
