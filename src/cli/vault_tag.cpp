// lifeboat vault tag: change tags of snapshots.
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "cli/vault_verbs.h"
#include "vault/lock.h"
#include "vault/tag_change.h"

namespace lifeboat::cli {
namespace {

struct Options {
    VaultRepository where;
    VaultSnapshots which;
    std::vector<std::string> names, add, remove;
};

void tag(const Options& options, Context& context) {
    const vault::TagChange change{tags_of(options.add), tags_of(options.remove)};
    if (change.add.empty() && change.remove.empty())
        throw Error(ErrorCategory::InvalidInput, "NothingToChange",
                    "say which tags to change by --add or --remove");
    World& world = context.world;
    const auto store = open_vault_store(options.where.path, world);
    vault::Repository repository(*store, options.where.password(), world.random());
    // Exclusive: a prune that listed the old snapshot would miss the new one.
    const vault::Lock lock(repository, vault::LockKind::Exclusive, world.clock());
    const auto snapshots = named_snapshots(repository, options.names, options.which.filter());
    Json changed = Json::array();
    for (const vault::Snapshot& snapshot : snapshots)
        if (const auto now = vault::change_tags(repository, snapshot, change))
            changed.push_back(
                {{"Before", snapshot.id.hex()}, {"After", now->id.hex()}, {"Tags", now->tags}});
    const std::size_t count = changed.size();
    context.output.done(
        {{"Snapshots", changed}, {"Looked", snapshots.size()}},
        "Changed the tags of " + std::to_string(count) + " of " + std::to_string(snapshots.size()) +
            " snapshots" +
            (count > 0 ? ", which have new ids; `lifeboat vault snapshots` shows them." : "."));
}

}  // namespace

void add_vault_tag(CLI::App& vault, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* verb =
        vault.add_subcommand("tag", "Change tags of snapshots, which get new ids by that");
    Options& o = *options;
    o.where.add_to(*verb);
    o.which.add_to(*verb);
    verb->add_option("snapshots", o.names, "Ids, or 'latest' (default: all)");
    verb->add_option("--add", o.add, "Tags to add, separated by commas");
    verb->add_option("--remove", o.remove, "Tags to remove, separated by commas");
    verb->callback([options, &context] { tag(*options, context); });
}

}  // namespace lifeboat::cli
