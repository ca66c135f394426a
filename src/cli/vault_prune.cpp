// lifeboat vault prune, rebuild-index: room back, and an index from the packs themselves.
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cli/interrupt.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "cli/vault_verbs.h"
#include "vault/prune.h"
#include "vault/retention.h"

namespace lifeboat::cli {
namespace {

struct Options {
    VaultRepository where;
    std::string margin = "1h";
    bool dry_run = false;
};

void prune(const Options& options, Context& context) {
    const Interrupt interrupt(kLockStays);
    const auto store = open_vault_store(options.where.path, context.world);
    vault::Repository repository(*store, options.where.password(), context.world.random());
    vault::Lock lock(repository, vault::LockKind::Shared, context.world.clock());
    vault::PruneOptions how;
    how.margin =
        options.margin == "0" ? std::chrono::seconds(0) : vault::parse_span(options.margin);
    how.dry_run = options.dry_run;
    const vault::PruneReport done =
        vault::prune(repository, lock, context.world.clock(), how, interrupt.token());
    const auto bytes = [](std::uint64_t size) {
        return human_bytes(static_cast<std::int64_t>(size));
    };
    context.output.done({{"BytesNeeded", done.needed_bytes},
                         {"BytesRewritten", done.rewritten_bytes},
                         {"PacksWaiting", done.doomed_packs},
                         {"BytesWaiting", done.doomed_bytes},
                         {"PacksDeleted", done.deleted_packs},
                         {"BytesDeleted", done.deleted_bytes},
                         {"PacksRescued", done.rescued_packs},
                         {"DryRun", options.dry_run}},
                        std::string(options.dry_run ? "Would delete " : "Deleted ") +
                            bytes(done.deleted_bytes) + "; " + bytes(done.doomed_bytes) +
                            " wait for a later prune; " + bytes(done.rewritten_bytes) +
                            " of packs rewritten.");
}

}  // namespace

void add_vault_prune(CLI::App& vault, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* verb =
        vault.add_subcommand("prune", "Delete what no snapshot needs; backups may run beside it");
    options->where.add_to(*verb);
    verb->add_option("--margin", options->margin,
                     "How long what is not needed any more is kept: 0, 1h, 2d, ...")
        ->capture_default_str();
    verb->add_flag("-n,--dry-run", options->dry_run, "Change nothing; say what would be");
    verb->callback([options, &context] { prune(*options, context); });
}

}  // namespace lifeboat::cli
