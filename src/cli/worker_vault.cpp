#include "cli/worker_vault.h"

#include <filesystem>
#include <system_error>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/log.h"
#include "cli/vault_store.h"
#include "vault/area.h"
#include "vault/lock.h"

namespace lifeboat::cli {

void WorkerVault::add_to(CLI::App& verb) {
    verb.add_option("--vault", place_.path,
                    "Place of snapshots: each workspace has its repository below it; a directory "
                    "that is there, rest:... or s3:...");
    verb.add_option("-p,--password-file", place_.password_file,
                    "File whose first line is the repositories' password; else RESTIC_PASSWORD "
                    "has it")
        ->envname("RESTIC_PASSWORD_FILE");
}

void WorkerVault::require_password() const {
    if (is_given()) place_.password();
}

void WorkerVault::require_given() const {
    if (!is_given())
        throw Error(ErrorCategory::InvalidInput, "VaultNotConfigured",
                    "this worker was started without --vault, so it can neither save nor restore "
                    "snapshots; give every worker of the activity --vault PLACE and "
                    "--password-file FILE");
}

void WorkerVault::require_there() const {
    std::error_code unreadable;
    if (!is_given() || !is_directory_location(place_.path) ||
        std::filesystem::is_directory(place_.path, unreadable))
        return;
    throw Error(ErrorCategory::Unavailable, "VaultNotThere",
                "the vault's directory '" + place_.path + "' is not there" +
                    (unreadable && unreadable != std::errc::no_such_file_or_directory
                         ? " (" + unreadable.message() + ")"
                         : "") +
                    ": mount its file system, make it if the vault is new, or name another with "
                    "--vault");
}

std::string WorkerVault::location_of(const std::string& workspace) const {
    require_given();
    if (!vault::is_workspace_name(workspace))
        throw Error(ErrorCategory::InvalidInput, "InvalidWorkspaceName",
                    "'" + workspace + "' cannot name a workspace's repository");
    std::string place = place_.path;
    while (place.size() > 1 && place.back() == '/')
        place.pop_back();
    return place + "/" + workspace;
}

WorkspaceRepository WorkerVault::open(const std::string& workspace, World& world) const {
    const std::string location = location_of(workspace);
    require_there();
    WorkspaceRepository opened;
    opened.store = open_vault_store(location, world);
    opened.repository =
        std::make_unique<vault::Repository>(*opened.store, place_.password(), world.random());
    return opened;
}

WorkspaceRepository WorkerVault::open_or_make(const std::string& workspace, World& world) const {
    try {
        return open(workspace, world);
    } catch (const Error& e) {
        if (e.category() != ErrorCategory::NotFound) throw;
    }
    const auto store = make_vault_store(location_of(workspace), world);
    const vault::LockOwner owner = vault::LockOwner::current();
    try {
        vault::Repository::make(*store, place_.password(), {owner.user, owner.host}, world.clock(),
                                world.random());
        log::info("made a workspace's repository", {{"workspace", workspace}});
    } catch (const Error& e) {
        // Another worker was quicker.
        if (e.category() != ErrorCategory::AlreadyExists) throw;
    }
    return open(workspace, world);
}

}  // namespace lifeboat::cli
