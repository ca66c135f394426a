#include "flow/outside.h"

namespace lifeboat::flow {

bool threshold_exceeded(std::int64_t failed, std::int64_t total,
                        std::optional<std::int64_t> tolerated_count,
                        std::optional<double> tolerated_percentage) {
    if (!tolerated_count && !tolerated_percentage) return failed > 0;
    if (tolerated_count && failed > *tolerated_count) return true;
    return tolerated_percentage &&
           static_cast<double>(failed) * 100 > *tolerated_percentage * static_cast<double>(total);
}

}  // namespace lifeboat::flow
