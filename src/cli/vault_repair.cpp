// lifeboat vault repair: index and snapshots of a damaged repository.
#include <iostream>

#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "cli/vault_verbs.h"
#include "vault/lock.h"
#include "vault/orphans.h"
#include "vault/repair.h"

namespace lifeboat::cli {
namespace {

void repair_index(const VaultRepository& where, Context& context) {
    const auto store = open_vault_store(where.path, context.world);
    vault::Repository repository(*store, where.password(), context.world.random());
    const vault::Lock lock(repository, vault::LockKind::Exclusive, context.world.clock());
    const std::size_t packs = vault::rebuild_index(repository);
    context.output.done({{"Packs", packs}},
                        "Made a new index of " + std::to_string(packs) + " packs.");
}

struct Options {
    VaultRepository where;
    VaultSnapshots which;
    std::vector<std::string> names;
    vault::RepairOptions how;
};

void repair_snapshots(const Options& options, Context& context) {
    World& world = context.world;
    const auto store = open_vault_store(options.where.path, world);
    vault::Repository repository(*store, options.where.password(), world.random());
    const vault::Lock lock(repository, vault::LockKind::Exclusive, world.clock());
    const auto snapshots = named_snapshots(repository, options.names, options.which.filter());
    repository.load_index();
    const auto repaired = vault::repair_snapshots(repository, snapshots, options.how);
    Json list = Json::array();
    for (const vault::RepairedSnapshot& one : repaired) {
        list.push_back({{"Before", one.before.id.hex()}, {"Losses", one.losses}});
        if (one.after && !options.how.dry_run) list.back()["After"] = one.after->id.hex();
        list.back()["Repairable"] = one.after.has_value();
        if (context.output.is_json()) continue;
        std::cout << one.before.id.brief()
                  << (!one.after            ? " cannot be repaired"
                      : options.how.dry_run ? " would be repaired"
                                            : " is repaired as " + one.after->id.brief())
                  << ":\n";
        for (const std::string& loss : one.losses)
            std::cout << "  " << shown(loss) << '\n';
    }
    context.output.done({{"Snapshots", list}, {"Looked", snapshots.size()}},
                        std::to_string(repaired.size()) + " of " +
                            std::to_string(snapshots.size()) + " snapshots are damaged.");
}

}  // namespace

void add_vault_repair(CLI::App& vault, Context& context) {
    CLI::App* repair = vault.add_subcommand("repair", "Mend a damaged repository");
    repair->require_subcommand(1);
    // The same under its old name.
    for (CLI::App* verb :
         {repair->add_subcommand("index", "Make the index anew from what the packs say"),
          vault.add_subcommand("rebuild-index", "The same as repair index")}) {
        auto where = std::make_shared<VaultRepository>();
        where->add_to(*verb);
        verb->callback([where, &context] { repair_index(*where, context); });
    }
    auto options = std::make_shared<Options>();
    CLI::App* verb = repair->add_subcommand(
        "snapshots", "Save what is left of damaged snapshots as new ones, tagged 'repaired'");
    options->where.add_to(*verb);
    options->which.add_to(*verb);
    verb->add_option("snapshots", options->names, "Ids, or 'latest' (default: all)");
    verb->add_flag("--forget", options->how.forgets, "Remove those that were repaired");
    verb->add_flag("-n,--dry-run", options->how.dry_run, "Save nothing; say what is lost");
    verb->callback([options, &context] { repair_snapshots(*options, context); });
}

}  // namespace lifeboat::cli
