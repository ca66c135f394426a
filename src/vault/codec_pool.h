// Codecs that go from thread to thread: making one costs more than a small blob does.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "vault/repository.h"

namespace lifeboat::vault {

class CodecPool {
  public:
    // `repository` outlives this.
    explicit CodecPool(const Repository& repository) : repository_(repository) {}

    // Calls `work` with a codec nobody else has meanwhile.
    template <class Work>
    auto with(Work work) {
        struct Back {
            CodecPool& pool;
            std::unique_ptr<Codec> codec;
            ~Back() {
                const std::scoped_lock lock(pool.mutex_);
                pool.idle_.push_back(std::move(codec));
            }
        } borrowed{*this, take()};
        return work(*borrowed.codec);
    }
    std::string load(BlobType type, const Id& id) {
        return with([&](Codec& codec) { return repository_.load_blob(type, id, codec); });
    }

  private:
    std::unique_ptr<Codec> take() {
        const std::scoped_lock lock(mutex_);
        if (idle_.empty()) return repository_.make_codec();
        auto codec = std::move(idle_.back());
        idle_.pop_back();
        return codec;
    }

    const Repository& repository_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Codec>> idle_;
};

}  // namespace lifeboat::vault
