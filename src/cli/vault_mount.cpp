// lifeboat vault mount: a repository as a file system, until it is unmounted.
#include <malloc.h>
#include <unistd.h>

#include <iostream>
#include <optional>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cli/mount_stopper.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "cli/vault_verbs.h"
#include "mount/file_system.h"
#include "mount/mount_point.h"
#include "mount/session.h"
#include "os/stop_signal.h"
#include "vault/browser.h"
#include "vault/lock.h"

namespace lifeboat::cli {
namespace {

struct Options {
    VaultRepository where;
    VaultSnapshots which;
    std::string point;
    bool owner_root = false, allow_other = false, no_default_permissions = false, no_lock = false;
};

mount::FileSystemOptions file_system_options(const Options& options, const Clock& clock) {
    mount::FileSystemOptions wanted;
    wanted.owner = {::geteuid(), ::getegid()};
    wanted.time = vault::ZonedTime::local(clock.now());
    wanted.owner_is_root = options.owner_root;
    return wanted;
}

mount::SessionOptions session_options(const Options& options, const std::string& repository) {
    mount::SessionOptions wanted;
    wanted.source = "lifeboat:" + repository.substr(0, 10);
    wanted.allows_others = options.allow_other;
    if (options.allow_other && !options.no_default_permissions)
        wanted.permissions = mount::Operations::Permissions::KernelChecks;
    return wanted;
}

// Blobs come and go for days, in many threads: each goes back to the system, and none stays in
// what a thread keeps for its next ones. With a threshold of its own choice glibc kept as much
// again as the bounds allow.
void return_blobs_to_system() {
    constexpr int kBlobsFrom = 256 << 10;
    ::mallopt(M_MMAP_THRESHOLD, kBlobsFrom);
}

void take_lock(std::optional<vault::Lock>& lock, vault::Repository& repository,
               const Clock& clock) {
    try {
        lock.emplace(repository, vault::LockKind::Shared, clock, vault::LockOwner::current(),
                     vault::AfterLoss::Renewed);
    } catch (const Error& error) {
        if (error.category() != ErrorCategory::PermissionDenied) throw;
        throw Error(
            error.category(), error.code(),
            error.message() + "; where the repository may only be read, mount it with --no-lock");
    }
}

void mount_repository(const Options& options, Context& context) {
    return_blobs_to_system();
    World& world = context.world;
    const auto point = mount::require_mount_point(
        options.point, is_directory_location(options.where.path) ? options.where.path : "");
    os::StopSignal stop;
    MountStopper stopper(stop);
    const auto store = open_vault_store(options.where.path, world);
    vault::Repository repository(*store, options.where.password(), world.random());
    std::optional<vault::Lock> lock;
    if (!options.no_lock) {
        stopper.expect_lock();
        take_lock(lock, repository, world.clock());
    }
    vault::BrowserOptions browsing;
    browsing.filter = options.which.filter();
    vault::Browser browser(repository, world.clock(), browsing);
    mount::FileSystem files(browser, file_system_options(options, world.clock()));
    const auto how = [&] {
        stopper.begin_mount();
        mount::Session session(files, point, session_options(options, repository.id()));
        context.output.done({{"MountPoint", point.string()},
                             {"RepositoryId", repository.id()},
                             {"Snapshots", browser.folders()->snapshots().size()}},
                            "mounted at " + point.string() +
                                "; stop with Ctrl-C or fusermount3 -u " + point.string());
        std::cout.flush();
        return stopper.serve(session);
    }();
    if (how == mount::Unmounted::StillInUse)
        std::cerr << "lifeboat: " << shown(point.string())
                  << " was in use: it is unmounted, and who still has files of it open gets "
                     "errors from now on\n";
}

}  // namespace

void add_vault_mount(CLI::App& vault, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* verb = vault.add_subcommand(
        "mount", "Show the snapshots as a file system, read-only, until Ctrl-C or unmounted");
    Options& o = *options;
    o.where.add_to(*verb);
    o.which.add_to(*verb);
    verb->add_option("mount-point", o.point, "An empty directory outside the repository")
        ->required();
    verb->add_flag("--owner-root", o.owner_root, "Everything belongs to root");
    verb->add_flag("--allow-other", o.allow_other,
                   "Let other users in, where the saved permissions let them");
    verb->add_flag("--no-default-permissions", o.no_default_permissions,
                   "With --allow-other: let them read everything");
    verb->add_flag("--no-lock", o.no_lock,
                   "Hold no lock, where one may only read; what others prune meanwhile is missing");
    verb->callback([options, &context] { mount_repository(*options, context); });
}

}  // namespace lifeboat::cli
