// lifeboat vault area ...: repositories of many owners, served at /vault/<workspace>/.
#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/command.h"
#include "vault/area.h"
#include "vault/area_token.h"

namespace lifeboat::cli {
namespace {

void create(const std::string& workspace, Context& context) {
    vault::Areas(context.world.data() / "vault").create(workspace);
    context.output.done({{"Area", workspace}, {"Path", "/vault/" + workspace + "/"}},
                        "Made the area " + workspace + ". `lifeboat vault token create " +
                            workspace + "` lets somebody in.");
}

void list(Context& context) {
    const vault::Areas areas(context.world.data() / "vault");
    Json value = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const std::string& area : areas.list()) {
        std::int64_t valid = 0;
        for (const vault::AreaToken& token : vault::AreaTokens(areas.folder(area)).list())
            if (token.is_valid(context.world.clock().now())) ++valid;
        value.push_back({{"Area", area}, {"Path", "/vault/" + area + "/"}, {"ValidTokens", valid}});
        rows.push_back({area, "/vault/" + area + "/", human_count(valid)});
    }
    context.output.table(value, {"AREA", "PATH", "VALID TOKENS"}, rows, "No areas.");
}

}  // namespace

void add_vault_area(CLI::App& vault, Context& context) {
    CLI::App* group =
        vault.add_subcommand("area", "Areas: repositories that `serve` offers, one a workspace");
    group->require_subcommand(1);
    const auto workspace = std::make_shared<std::string>();
    CLI::App* created = group->add_subcommand("create", "Make an area for a workspace");
    created->add_option("workspace", *workspace, "Letters, digits, '.', '_' and '-'")->required();
    created->callback([workspace, &context] { create(*workspace, context); });
    CLI::App* listed = group->add_subcommand("list", "List areas");
    listed->callback([&context] { list(context); });
}

}  // namespace lifeboat::cli
