// lifeboat vault stats: how much snapshots hold.
#include <map>

#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "cli/vault_verbs.h"
#include "vault/stats.h"

namespace lifeboat::cli {
namespace {

const std::map<std::string, vault::StatsMode> kModes = {
    {"restore-size", vault::StatsMode::RestoreSize},
    {"files-by-contents", vault::StatsMode::FilesByContents},
    {"blobs-per-file", vault::StatsMode::BlobsPerFile},
    {"raw-data", vault::StatsMode::RawData}};

struct Options {
    VaultRepository where;
    VaultSnapshots which;
    std::vector<std::string> names;
    std::string mode = "restore-size";
};

void stats(const Options& options, Context& context) {
    const auto store = open_vault_store(options.where.path, context.world);
    vault::Repository repository(*store, options.where.password(), context.world.random());
    const auto snapshots = named_snapshots(repository, options.names, options.which.filter());
    repository.load_index();
    const vault::StatsMode mode = kModes.at(options.mode);
    const vault::Stats found = vault::count(repository, snapshots, mode);
    const auto count = [](std::uint64_t number) {
        return human_count(static_cast<std::int64_t>(number));
    };
    const auto size = [](std::uint64_t bytes) {
        return human_bytes(static_cast<std::int64_t>(bytes));
    };
    Json value = {
        {"Mode", options.mode}, {"Snapshots", found.snapshots}, {"TotalSize", found.bytes}};
    std::vector<std::pair<std::string, std::string>> rows = {{"Snapshots", count(found.snapshots)},
                                                             {"Size", size(found.bytes)}};
    if (mode != vault::StatsMode::RawData) {
        value["TotalFileCount"] = found.files;
        rows.emplace_back("Files", count(found.files));
    }
    if (mode == vault::StatsMode::RawData || mode == vault::StatsMode::BlobsPerFile) {
        value["TotalBlobCount"] = found.blobs;
        rows.emplace_back("Blobs", count(found.blobs));
    }
    if (mode == vault::StatsMode::RawData) {
        value["TotalUncompressedSize"] = found.plain_bytes;
        rows.emplace_back("Before compression", size(found.plain_bytes));
    }
    context.output.record(value, rows);
}

}  // namespace

void add_vault_stats(CLI::App& vault, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* verb = vault.add_subcommand("stats", "Say how much snapshots hold");
    options->where.add_to(*verb);
    options->which.add_to(*verb);
    verb->add_option("snapshots", options->names, "Ids, or 'latest' (default: all)");
    std::vector<std::string> modes;
    for (const auto& [name, mode] : kModes)
        modes.push_back(name);
    verb->add_option("--mode", options->mode,
                     "restore-size: what restoring each writes; files-by-contents: each content "
                     "once; blobs-per-file: each blob once a path; raw-data: each blob once, as it "
                     "is stored")
        ->check(CLI::IsMember(modes))
        ->capture_default_str();
    verb->callback([options, &context] { stats(*options, context); });
}

}  // namespace lifeboat::cli
