// lifeboat vault cool: old packs of data into a cold class.
#include <iostream>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cli/interrupt.h"
#include "cli/vault_progress.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "cli/vault_verbs.h"
#include "vault/cool.h"
#include "vault/lock.h"
#include "vault/retention.h"
#include "vault/tiered_store.h"

namespace lifeboat::cli {
namespace {

struct Options {
    VaultRepository where;
    std::string older_than, directory;
    vault::CoolOptions how;
};

std::unique_ptr<vault::Store> open(const Options& options, World& world) {
    const bool is_directory = is_directory_location(options.where.path);
    if (!is_directory && !options.directory.empty())
        throw Error(ErrorCategory::InvalidInput, "NoColdDirectory",
                    "only a repository in a directory has a cold one; for a bucket say "
                    "--storage-class");
    if (is_directory && !options.how.storage_class.empty())
        throw Error(ErrorCategory::InvalidInput, "NoStorageClass",
                    "a repository in a directory has no storage classes; say --cold DIRECTORY");
    if (options.where.path.starts_with("s3:") && options.how.storage_class.empty())
        throw Error(ErrorCategory::InvalidInput, "StorageClassMissing",
                    "say by --storage-class where old packs are to go: STANDARD_IA, ONEZONE_IA, "
                    "GLACIER_IR, GLACIER or DEEP_ARCHIVE");
    return open_vault_store(options.where.path, world);
}

void cool(const Options& options, Context& context) {
    World& world = context.world;
    const Interrupt interrupt(kLockStays);
    vault::CoolOptions how = options.how;
    how.before = world.clock().now() - vault::parse_span(options.older_than);
    const auto store = open(options, world);
    vault::Repository repository(*store, options.where.password(), world.random());
    const vault::Lock lock(repository, vault::LockKind::Shared, world.clock());
    if (!options.directory.empty()) {
        vault::TieredStore tiered(options.where.path, world.random());
        if (how.dry_run)
            tiered.require_may_be_cold(options.directory);
        else
            tiered.set_cold(options.directory);
    }
    vault::CoolProgress progress;
    const vault::CoolReport done = [&] {
        const VaultProgress shown(context.output, "packs_moved", "bytes_moved", [&progress] {
            return VaultProgress::Counts{progress.packs.load(), progress.bytes.load()};
        });
        return vault::cool(repository, how, progress, interrupt.token());
    }();
    const auto amount = [](std::uint64_t packs, std::uint64_t bytes) {
        return human_count(static_cast<std::int64_t>(packs)) + " packs, " +
               human_bytes(static_cast<std::int64_t>(bytes));
    };
    context.output.done({{"PacksMoved", done.packs},
                         {"BytesMoved", done.bytes},
                         {"PacksCold", done.cold_packs},
                         {"BytesCold", done.cold_bytes},
                         {"PacksHot", done.hot_packs},
                         {"BytesHot", done.hot_bytes},
                         {"DryRun", how.dry_run},
                         {"Damage", done.problems}},
                        std::string(how.dry_run ? "Would move " : "Moved ") +
                            amount(done.packs, done.bytes) +
                            ". Cold before: " + amount(done.cold_packs, done.cold_bytes) +
                            ". Hot: " + amount(done.hot_packs, done.hot_bytes) + ".");
    if (done.problems.empty()) return;
    context.exit_code = kCorruption;
    if (context.output.is_json()) return;
    for (const std::string& problem : done.problems)
        std::cerr << shown(problem) << '\n';
}

}  // namespace

void add_vault_cool(CLI::App& vault, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* verb = vault.add_subcommand(
        "cool", "Move old data that only old snapshots need to a cold place or class");
    Options& o = *options;
    o.where.add_to(*verb);
    verb->add_option("--older-than", o.older_than,
                     "Packs written, and snapshots made, longer ago than 90d, 1y, ...")
        ->required();
    auto* directory = verb->add_option(
        "--cold", o.directory,
        "Directory for cold packs, said once: the repository gets a link to it called 'cold'");
    verb->add_option("--storage-class", o.how.storage_class,
                     "In a bucket: the class for cold packs; GLACIER and DEEP_ARCHIVE have to be "
                     "thawed before they can be read")
        ->check(
            CLI::IsMember({"STANDARD_IA", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"}))
        ->excludes(directory);
    verb->add_flag("--newest-too", o.how.newest_too,
                   "Also what the newest snapshot of a host and its paths needs");
    verb->add_flag("-n,--dry-run", o.how.dry_run, "Move nothing; say what would be");
    verb->add_option("--workers", o.how.workers, "Packs moved at a time")
        ->check(CLI::Range(1U, 64U))
        ->capture_default_str();
    verb->callback([options, &context] { cool(*options, context); });
}

}  // namespace lifeboat::cli
