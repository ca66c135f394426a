// A store that hands every call on to another; what it is made of does one thing otherwise.
#pragma once

#include "vault/store.h"

namespace lifeboat::vault {

class ForwardingStore : public Store {
  public:
    // `store` outlives this.
    explicit ForwardingStore(Store& store) : store_(store) {}

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
    void save(FileKind kind, const std::string& name, std::string_view content) override {
        store_.save(kind, name, content);
    }
    void remove(FileKind kind, const std::string& name) override { store_.remove(kind, name); }
    Tiers* tiers() override { return store_.tiers(); }

  private:
    Store& store_;
};

}  // namespace lifeboat::vault
