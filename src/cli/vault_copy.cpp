// lifeboat vault copy: snapshots from another repository.
#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/interrupt.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "cli/vault_verbs.h"
#include "vault/copy.h"
#include "vault/lock.h"

namespace lifeboat::cli {
namespace {

struct Options {
    VaultRepository from, to;
    VaultSnapshots which;
    std::vector<std::string> names;
};

void copy(const Options& options, Context& context) {
    World& world = context.world;
    const Interrupt interrupt(kLockStays);
    const auto source = open_vault_store(options.from.path, world);
    const auto destination = open_vault_store(options.to.path, world);
    vault::Repository from(*source, options.from.password(kSourcePassword), world.random());
    vault::Repository to(*destination, options.to.password(), world.random());
    const vault::Lock from_lock(from, vault::LockKind::Shared, world.clock());
    vault::Lock to_lock(to, vault::LockKind::Shared, world.clock());
    const auto snapshots = named_snapshots(from, options.names, options.which.filter());
    from.load_index();
    to.load_index();
    const vault::CopyReport done =
        vault::copy_snapshots(from, snapshots, to, to_lock, interrupt.token());
    Json copied = Json::array(), skipped = Json::array();
    for (const vault::Snapshot& snapshot : done.copied)
        copied.push_back({{"Id", snapshot.id.hex()}, {"Original", snapshot.original->hex()}});
    for (const vault::Snapshot& snapshot : done.skipped)
        skipped.push_back(snapshot.id.hex());
    const std::uint64_t bytes = done.data.bytes + done.trees.bytes;
    context.output.done(
        {{"Copied", copied},
         {"Skipped", skipped},
         {"DataBlobs", done.data.blobs},
         {"TreeBlobs", done.trees.blobs},
         {"BytesAdded", bytes}},
        "Copied snapshots: " + human_count(static_cast<std::int64_t>(done.copied.size())) + ", " +
            human_bytes(static_cast<std::int64_t>(bytes)) + "; there already: " +
            human_count(static_cast<std::int64_t>(done.skipped.size())) + ".");
}

}  // namespace

void add_vault_copy(CLI::App& vault, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* verb = vault.add_subcommand("copy", "Copy snapshots from another repository");
    options->to.add_to(*verb);
    options->from.add_source_to(*verb)->required();
    options->which.add_to(*verb);
    verb->add_option("snapshots", options->names, "Ids, or 'latest' (default: all)");
    verb->callback([options, &context] { copy(*options, context); });
}

}  // namespace lifeboat::cli
