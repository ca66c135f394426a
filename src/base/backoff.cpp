#include "base/backoff.h"

#include <algorithm>
#include <cmath>

namespace lifeboat {

Duration Backoff::delay_after(int attempt, Random& random) const {
    const double uncapped =
        static_cast<double>(first.count()) * std::pow(rate, std::max(0, attempt - 1));
    const double whole = std::min(uncapped, static_cast<double>(longest.count()));
    return Duration(static_cast<std::int64_t>(whole * (0.5 + random.fraction() / 2)));
}

}  // namespace lifeboat
