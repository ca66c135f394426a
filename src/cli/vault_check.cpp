// lifeboat vault check: is a repository whole?
#include <iostream>

#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/command.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "vault/check.h"

namespace lifeboat::cli {
namespace {

void check(const VaultRepository& where, const vault::CheckOptions& how, Context& context) {
    const auto store = open_vault_store(where.path, context.world);
    vault::Repository repository(*store, where.password(), context.world.random());
    const vault::CheckReport report = vault::check(repository, how);
    const auto count = [](std::uint64_t number) {
        return human_count(static_cast<std::int64_t>(number));
    };
    context.output.done({{"Snapshots", report.snapshots},
                         {"Trees", report.trees},
                         {"Packs", report.packs},
                         {"PacksRead", report.packs_read},
                         {"PacksFrozen", report.packs_frozen},
                         {"BytesRead", report.bytes_read},
                         {"Damage", report.damage}},
                        "Checked snapshots: " + count(report.snapshots) +
                            ", trees: " + count(report.trees) + ", packs: " + count(report.packs) +
                            ", read: " + human_bytes(static_cast<std::int64_t>(report.bytes_read)) +
                            (report.packs_frozen == 0
                                 ? ""
                                 : ", not read as they are frozen: " + count(report.packs_frozen)) +
                            (report.damage.empty() ? ". Nothing is damaged." : "."));
    if (report.damage.empty()) return;
    context.exit_code = kCorruption;
    if (context.output.is_json()) return;
    for (const std::string& damage : report.damage)
        std::cerr << shown(damage) << '\n';
}

}  // namespace

void add_vault_check(CLI::App& vault, Context& context) {
    auto where = std::make_shared<VaultRepository>();
    auto reads = std::make_shared<bool>(false);
    auto subset = std::make_shared<std::string>();
    CLI::App* verb = vault.add_subcommand(
        "check", "Say whether a repository is whole; exit code 9 when something is damaged");
    where->add_to(*verb);
    auto* all = verb->add_flag("--read-data", *reads, "Read and compare every byte of every pack");
    verb->add_option("--read-data-subset", *subset,
                     "Read some packs: 2/5 (the second of five parts), 10% or 500M by chance")
        ->excludes(all);
    verb->callback([where, reads, subset, &context] {
        vault::CheckOptions how;
        if (*reads || !subset->empty()) how.depth = vault::CheckDepth::ReadData;
        if (!subset->empty()) how.subset = vault::PackSubset::parse(*subset);
        check(*where, how, context);
    });
}

}  // namespace lifeboat::cli
