// A store that is read and not written: for dry runs.
#pragma once

#include "vault/store.h"

namespace lifeboat::vault {

class DryStore final : public Store {
  public:
    // `store` outlives this.
    explicit DryStore(Store& store) : store_(store) {}

    void each(FileKind kind,
              const std::function<void(const std::string&, std::uint64_t)>& visit) override {
        store_.each(kind, visit);
    }
    std::optional<std::uint64_t> size(FileKind kind, const std::string& name) override {
        return store_.size(kind, name);
    }
    std::string load(FileKind kind, const std::string& name) override {
        return store_.load(kind, name);
    }
    void load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
              std::size_t length) override {
        store_.load(kind, name, offset, out, length);
    }
    void save(FileKind, const std::string&, std::string_view) override {}
    void remove(FileKind, const std::string&) override {}

  private:
    Store& store_;
};

}  // namespace lifeboat::vault
