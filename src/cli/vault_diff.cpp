// lifeboat vault diff: what differs between two snapshots.
#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "cli/vault_verbs.h"
#include "vault/diff.h"

namespace lifeboat::cli {
namespace {

struct Options {
    VaultRepository where;
    std::string before, after;
    bool metadata = false;
};

const char* word(vault::Difference difference) {
    switch (difference) {
        case vault::Difference::Added:
            return "added";
        case vault::Difference::Removed:
            return "removed";
        case vault::Difference::Content:
            return "modified";
        case vault::Difference::Metadata:
            return "metadata";
        case vault::Difference::Type:
            return "type";
    }
    return "";
}

void diff(const Options& options, Context& context) {
    const auto store = open_vault_store(options.where.path, context.world);
    vault::Repository repository(*store, options.where.password(), context.world.random());
    const auto before = vault::find_snapshot(repository, options.before, {});
    const auto after = vault::find_snapshot(repository, options.after, {});
    repository.load_index();
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows;
    vault::diff_trees(
        repository, before.tree, after.tree,
        [&](vault::Difference difference, const std::string& path, const vault::Node& node) {
            if (difference == vault::Difference::Metadata && !options.metadata) return;
            list.push_back({{"Change", word(difference)},
                            {"Path", path},
                            {"Type", std::string(vault::to_string(node.type))},
                            {"Size", node.size}});
            rows.push_back({word(difference), path});
        });
    context.output.table(list, {"CHANGE", "PATH"}, rows, "Nothing differs.");
}

}  // namespace

void add_vault_diff(CLI::App& vault, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* verb = vault.add_subcommand("diff", "Say what differs between two snapshots");
    options->where.add_to(*verb);
    verb->add_option("before", options->before, "Id, or 'latest'")->required();
    verb->add_option("after", options->after, "Id, or 'latest'")->required();
    verb->add_flag("--metadata", options->metadata, "Tell changed owners, modes and times, too");
    verb->callback([options, &context] { diff(*options, context); });
}

}  // namespace lifeboat::cli
