// A store that is read and not written: for dry runs.
#pragma once

#include "vault/forwarding_store.h"

namespace lifeboat::vault {

class DryStore final : public ForwardingStore {
  public:
    using ForwardingStore::ForwardingStore;

    void save(FileKind, const std::string&, std::string_view) override {}
    void remove(FileKind, const std::string&) override {}
};

}  // namespace lifeboat::vault
