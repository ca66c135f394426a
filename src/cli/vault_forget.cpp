// lifeboat vault forget: remove snapshots by name or by a policy.
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "cli/vault_verbs.h"
#include "vault/lock.h"
#include "vault/retention.h"

namespace lifeboat::cli {
namespace {

struct Options {
    VaultRepository where;
    VaultSnapshots which;
    vault::RetentionPolicy policy;
    std::string within;
    std::vector<std::string> names;
    bool dry_run = false;
};

std::vector<vault::Kept> choose(const Options& options, vault::Repository& repository) {
    std::vector<vault::Kept> chosen;
    if (!options.names.empty()) {
        for (const std::string& name : options.names) {
            chosen.push_back({vault::find_snapshot(repository, name, {}), {}});
            vault::require_not_held(chosen.back().snapshot);
        }
        return chosen;
    }
    auto snapshots = vault::list_snapshots(repository, options.which.filter());
    for (auto& group : vault::group_snapshots(std::move(snapshots)))
        for (vault::Kept& kept : vault::apply(options.policy, std::move(group)))
            chosen.push_back(std::move(kept));
    return chosen;
}

void forget(Options options, Context& context) {
    if (!options.within.empty()) options.policy.within = vault::parse_span(options.within);
    if (options.names.empty() == options.policy.is_empty())
        throw Error(ErrorCategory::InvalidInput, "NothingToForget",
                    "name the snapshots to forget, or say what to keep by --keep-last and the "
                    "like");
    const auto store = open_vault_store(options.where.path, context.world);
    vault::Repository repository(*store, options.where.password(), context.world.random());
    const vault::Lock lock(repository, vault::LockKind::Shared, context.world.clock());
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const vault::Kept& kept : choose(options, repository)) {
        const vault::Snapshot& s = kept.snapshot;
        const bool goes = kept.reasons.empty();
        std::string reasons;
        for (const std::string& reason : kept.reasons)
            reasons += (reasons.empty() ? "" : ", ") + reason;
        if (goes && !options.dry_run)
            repository.store().remove(vault::FileKind::Snapshot, s.id.hex());
        list.push_back({{"Id", s.id.hex()},
                        {"Time", vault::to_text(s.time)},
                        {"Host", s.host},
                        {"Paths", s.paths},
                        {"Forgotten", goes},
                        {"Reasons", kept.reasons}});
        rows.push_back({s.id.brief(), to_iso8601(s.time.time()), s.host,
                        goes ? options.dry_run ? "would be forgotten" : "forgotten" : "kept",
                        reasons});
    }
    context.output.table(list, {"ID", "TIME", "HOST", "WHAT", "WHY"}, rows, "No snapshots.");
}

}  // namespace

void add_vault_forget(CLI::App& vault, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* verb = vault.add_subcommand(
        "forget", "Remove snapshots; the newest of each host and paths only by name");
    Options& o = *options;
    o.where.add_to(*verb);
    o.which.add_to(*verb);
    verb->add_option("snapshots", o.names, "Ids of snapshots to forget");
    verb->add_option("-l,--keep-last", o.policy.last, "Keep the last N");
    verb->add_option("--keep-hourly", o.policy.hourly, "Keep the last of N hours");
    verb->add_option("-d,--keep-daily", o.policy.daily, "Keep the last of N days");
    verb->add_option("-w,--keep-weekly", o.policy.weekly, "Keep the last of N weeks");
    verb->add_option("-m,--keep-monthly", o.policy.monthly, "Keep the last of N months");
    verb->add_option("-y,--keep-yearly", o.policy.yearly, "Keep the last of N years");
    verb->add_option("--keep-within", o.within, "Keep what is younger than 3d, 2w6h, ...");
    verb->add_option("--keep-tag", o.policy.tags, "Keep those with all these tags");
    verb->add_flag("-n,--dry-run", o.dry_run, "Forget nothing; say what would be");
    verb->callback([options, &context] { forget(*options, context); });
}

}  // namespace lifeboat::cli
