// lifeboat vault snapshots, ls, find: what is in a repository.
#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "cli/vault_verbs.h"
#include "vault/excludes.h"
#include "vault/tree_path.h"

namespace lifeboat::cli {
namespace {

struct Options {
    VaultRepository where;
    VaultSnapshots which;
    std::string snapshot = "latest";
    std::vector<std::string> patterns;
};

std::string joined(const std::vector<std::string>& texts) {
    std::string out;
    for (const std::string& text : texts)
        out += (out.empty() ? "" : ", ") + text;
    return out;
}

void snapshots(const Options& options, Context& context) {
    const auto store = open_vault_store(options.where.path, context.world);
    vault::Repository repository(*store, options.where.password(), context.world.random());
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const vault::Snapshot& s : vault::list_snapshots(repository, options.which.filter())) {
        list.push_back({{"Id", s.id.hex()},
                        {"Time", vault::to_text(s.time)},
                        {"Tree", s.tree.hex()},
                        {"Paths", s.paths},
                        {"Host", s.host},
                        {"User", s.user},
                        {"Tags", s.tags}});
        if (s.parent) list.back()["Parent"] = s.parent->hex();
        if (!s.program.empty()) list.back()["Program"] = s.program;
        rows.push_back(
            {s.id.brief(), to_iso8601(s.time.time()), s.host, joined(s.tags), joined(s.paths)});
    }
    context.output.table(list, {"ID", "TIME", "HOST", "TAGS", "PATHS"}, rows, "No snapshots.");
}

Json describe(const std::string& path, const vault::Node& node) {
    return {{"Path", path},
            {"Type", std::string(vault::to_string(node.type))},
            {"Size", node.size},
            {"Mode", vault::permissions_of(node.mode)},
            {"User", node.uid},
            {"Group", node.gid},
            {"Modified", vault::to_text(node.mtime)}};
}

std::vector<std::string> row_of(const std::string& path, const vault::Node& node) {
    return {std::string(vault::to_string(node.type)), std::to_string(node.size),
            to_iso8601(node.mtime.time()), path};
}

void ls(const Options& options, Context& context) {
    const auto store = open_vault_store(options.where.path, context.world);
    vault::Repository repository(*store, options.where.password(), context.world.random());
    const auto colon = options.snapshot.find(':');
    const vault::Snapshot snapshot =
        vault::find_snapshot(repository, options.snapshot.substr(0, colon), options.which.filter());
    repository.load_index();
    std::string path = colon == std::string::npos ? "" : options.snapshot.substr(colon + 1);
    while (path.ends_with('/'))
        path.pop_back();
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows;
    vault::walk_tree(repository, vault::tree_at(repository, snapshot.tree, path), path,
                     [&](const std::string& below, const vault::Node& node) {
                         list.push_back(describe(below, node));
                         rows.push_back(row_of(below, node));
                         return true;
                     });
    context.output.table(list, {"TYPE", "SIZE", "MODIFIED", "PATH"}, rows, "Nothing there.");
}

void find(const Options& options, Context& context) {
    const auto store = open_vault_store(options.where.path, context.world);
    vault::Repository repository(*store, options.where.password(), context.world.random());
    const auto all = vault::list_snapshots(repository, options.which.filter());
    repository.load_index();
    const vault::PatternList patterns(options.patterns);
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const vault::Snapshot& snapshot : all)
        vault::walk_tree(repository, snapshot.tree, "",
                         [&](const std::string& path, const vault::Node& node) {
                             if (patterns.matches(path)) {
                                 list.push_back(describe(path, node));
                                 list.back()["SnapshotId"] = snapshot.id.hex();
                                 rows.push_back(row_of(path, node));
                                 rows.back().insert(rows.back().begin(), snapshot.id.brief());
                             }
                             return true;
                         });
    context.output.table(list, {"SNAPSHOT", "TYPE", "SIZE", "MODIFIED", "PATH"}, rows,
                         "Nothing matches.");
    if (list.empty()) context.exit_code = kNotFound;
}

}  // namespace

void add_vault_look(CLI::App& vault, Context& context) {
    auto options = std::make_shared<Options>();
    const auto add = [&](const char* name, const char* what,
                         void (*work)(const Options&, Context&)) {
        CLI::App* verb = vault.add_subcommand(name, what);
        options->where.add_to(*verb);
        options->which.add_to(*verb);
        verb->callback([options, work, &context] { work(*options, context); });
        return verb;
    };
    add("snapshots", "List the snapshots", snapshots);
    add("ls", "List what a snapshot holds", ls)
        ->add_option("snapshot", options->snapshot, "Id or 'latest', also with :PATH")
        ->capture_default_str();
    add("find", "Find names in all snapshots", find)
        ->add_option("patterns", options->patterns, "Patterns, as of --exclude")
        ->required();
}

}  // namespace lifeboat::cli
