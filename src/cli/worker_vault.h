// Where a worker keeps snapshots: one repository a workspace, side by side below one place.
#pragma once

#include <memory>
#include <string>

#include "cli/vault_repository.h"
#include "cli/world.h"
#include "vault/repository.h"
#include "vault/store.h"

namespace CLI {
class App;
}

namespace lifeboat::cli {

// A workspace's repository, open.
struct WorkspaceRepository {
    std::unique_ptr<vault::Store> store;
    std::unique_ptr<vault::Repository> repository;  // of the store
};

class WorkerVault {
  public:
    // --vault and --password-file. This object must outlive the verb.
    void add_to(CLI::App& verb);
    // Before the first task: throws Error{InvalidInput, "PasswordMissing"} where --vault is given
    // and no password is.
    void require_password() const;

    // Throws Error{InvalidInput, "VaultNotConfigured"} without --vault.
    void require_given() const;
    // A directory for the vault is never made: where it is mounted elsewhere, or not yet, snapshots
    // would go to another disk than the vault's. Throws Error{Unavailable, "VaultNotThere"}. What a
    // server keeps is not looked at, nor is a vault that was not given.
    void require_there() const;
    // Throws what both do, Error{InvalidInput, "InvalidWorkspaceName"}, NotFound, and what opening
    // throws.
    WorkspaceRepository open(const std::string& workspace, World& world) const;
    // The same, made where it is not there yet, or finished where a worker died making it.
    WorkspaceRepository open_or_make(const std::string& workspace, World& world) const;

  private:
    bool is_given() const { return !place_.path.empty(); }
    std::string location_of(const std::string& workspace) const;

    VaultRepository place_;
};

}  // namespace lifeboat::cli
