// lifeboat vault thaw: cold packs made readable, for a restore that comes later.
#include <iostream>

#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/confirm.h"
#include "cli/interrupt.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "cli/vault_thawing.h"
#include "cli/vault_verbs.h"
#include "vault/lock.h"

namespace lifeboat::cli {
namespace {

struct Options {
    VaultRepository where;
    VaultSnapshots which;
    std::string snapshot;
    std::vector<std::string> includes, excludes;
    ThawOptions thaw;
    Confirmation confirmation;
    bool waits = false;
};

void show(const vault::ThawPlan& plan, const Options& options, Context& context) {
    const Json list = describe_thaw(plan, options.thaw.how());
    std::vector<std::vector<std::string>> rows;
    for (const Json& one : list)
        rows.push_back({member_text(one, "StorageClass"), human_count(integer_or(one, "Packs", 0)),
                        human_bytes(integer_or(one, "Bytes", 0)),
                        human_count(integer_or(one, "PacksThawing", 0)),
                        human_count(integer_or(one, "PacksFrozen", 0)), member_text(one, "Wait"),
                        member_text(one, "Cost")});
    context.output.table({{"Cold", list}, {"Ready", plan.is_ready()}},
                         {"CLASS", "PACKS", "SIZE", "THAWING", "FROZEN", "WAIT", "COST"}, rows,
                         "Everything is hot.");
}

void thaw(const Options& options, Context& context) {
    World& world = context.world;
    const Interrupt interrupt(kLockStays);
    const auto store = open_vault_store(options.where.path, world);
    vault::Repository repository(*store, options.where.password(), world.random());
    const vault::Lock lock(repository, vault::LockKind::Shared, world.clock());
    const SnapshotPart part = load_part(repository, options.snapshot, options.which.filter());
    vault::RestoreOptions what;
    what.tree = part.tree;
    what.includes = vault::PatternList(options.includes);
    what.excludes = vault::PatternList(options.excludes);
    vault::ThawPlan plan(repository, what);
    if (plan.waiting().frozen_packs > 0) {
        const vault::Thaw how = options.thaw.how();
        if (!confirmed(options.confirmation, "ask for the thaw of " + thaw_in_words(plan, how)))
            return show(plan, options, context);
        plan.ask(how);
    }
    if (options.waits && !options.confirmation.dry_run)
        wait_for_thaw(plan, context, interrupt.token());
    show(plan, options, context);
}

}  // namespace

void add_vault_thaw(CLI::App& vault, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* verb = vault.add_subcommand(
        "thaw", "Ask for what a restore will need of frozen packs; exit code 0 when it was asked");
    Options& o = *options;
    o.where.add_to(*verb);
    o.which.add_to(*verb);
    verb->add_option("snapshot", o.snapshot, "Id, 'latest', or either with :PATH in the snapshot")
        ->required();
    verb->add_option("-i,--include", o.includes, "Only what this pattern matches");
    verb->add_option("-e,--exclude", o.excludes, "Leave out what this pattern matches");
    o.thaw.add_to(*verb, "");
    verb->add_flag("--wait", o.waits, "Until all can be read");
    verb->add_flag("-n,--dry-run", o.confirmation.dry_run, "Ask for nothing; say what would be");
    verb->add_flag("-y,--yes", o.confirmation.yes, "Do not ask first");
    verb->callback([options, &context] { thaw(*options, context); });
}

}  // namespace lifeboat::cli
