#include "local/lambda/stream_positions.h"

namespace lifeboat::local::lambda {

std::optional<std::string> StreamPositions::find(const std::string& mapping,
                                                 const std::string& shard,
                                                 const std::string& sequence) const {
    const std::scoped_lock lock(mutex_);
    const auto it = positions_.find({mapping, shard});
    if (it == positions_.end() || it->second.sequence != sequence) return std::nullopt;
    return it->second.iterator;
}

void StreamPositions::keep(const std::string& mapping, const std::string& shard,
                           std::string sequence, std::string iterator) {
    const std::scoped_lock lock(mutex_);
    positions_[{mapping, shard}] = Position{std::move(sequence), std::move(iterator)};
}

void StreamPositions::forget(const std::string& mapping, const std::string& shard) {
    const std::scoped_lock lock(mutex_);
    positions_.erase({mapping, shard});
}

void StreamPositions::forget(const std::string& mapping) {
    const std::scoped_lock lock(mutex_);
    auto it = positions_.lower_bound({mapping, ""});
    while (it != positions_.end() && it->first.first == mapping)
        it = positions_.erase(it);
}

}  // namespace lifeboat::local::lambda
