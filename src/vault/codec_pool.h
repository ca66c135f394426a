// Codecs that go from thread to thread, and what is read with them.
#pragma once

#include <vector>

#include "vault/repository.h"
#include "vault/spares.h"
#include "vault/tree.h"

namespace lifeboat::vault {

class CodecPool {
  public:
    // `repository` outlives this.
    explicit CodecPool(const Repository& repository)
        : repository_(repository), codecs_([&repository] { return repository.make_codec(); }) {}

    // Calls `work` with a codec nobody else has meanwhile.
    template <class Work>
    auto with(Work work) {
        return codecs_.with(std::move(work));
    }
    std::vector<Node> load_tree(const Id& id) {
        return with([&](Codec& codec) {
            return decode_tree(repository_.load_blob(BlobType::Tree, id, codec));
        });
    }

  private:
    const Repository& repository_;
    Spares<Codec> codecs_;
};

}  // namespace lifeboat::vault
