// lifeboat vault token ...: who may do what with an area.
#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/command.h"
#include "server/endpoint_file.h"
#include "vault/area.h"
#include "vault/area_token.h"

namespace lifeboat::cli {
namespace {

struct Options {
    std::string workspace;
    std::string id;
    std::string right = "append";
    std::string label;
    std::int64_t days = 0;
};

vault::AreaTokens tokens_of(const Options& options, Context& context) {
    const vault::Areas areas(context.world.data() / "vault");
    areas.require(options.workspace);
    return vault::AreaTokens(areas.folder(options.workspace));
}

std::string state_of(const vault::AreaToken& token, Time now) {
    if (token.revoked) return "revoked";
    return token.is_valid(now) ? "valid" : "expired";
}

// Never the digest.
Json described(const vault::AreaToken& token, Time now) {
    Json value = {{"Id", token.id},
                  {"Right", to_string(token.right)},
                  {"Label", token.label},
                  {"State", state_of(token, now)},
                  {"Created", to_iso8601(token.created)}};
    if (token.expires) value["Expires"] = to_iso8601(*token.expires);
    if (token.revoked) value["Revoked"] = to_iso8601(*token.revoked);
    return value;
}

void create(const Options& options, Context& context) {
    const World& world = context.world;
    std::optional<Duration> lifetime;
    if (options.days > 0) lifetime = std::chrono::hours(24 * options.days);
    const auto made = tokens_of(options, context)
                          .create(*vault::parse_right(options.right), options.label, lifetime,
                                  world.clock(), context.world.random());
    const auto published = server::read_endpoint(world.data());
    const std::string server = published ? published->url : "http://HOST:PORT";
    const std::string place = server.substr(server.find("//") + 2) + "/vault/" + options.workspace;
    const std::string repository =
        "rest:http://" + made.token.id + ":" + made.secret + "@" + place + "/";
    Json value = described(made.token, world.clock().now());
    value["Secret"] = made.secret;
    value["Repository"] = repository;
    context.output.record(value, {{"Token", made.token.id},
                                  {"Secret", made.secret},
                                  {"Right", options.right},
                                  {"Repository", repository},
                                  {"Note", "The secret is shown this once."}});
}

void list(const Options& options, Context& context) {
    const Time now = context.world.clock().now();
    Json value = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const vault::AreaToken& token : tokens_of(options, context).list()) {
        value.push_back(described(token, now));
        rows.push_back({token.id, std::string(to_string(token.right)), state_of(token, now),
                        to_iso8601(token.created),
                        token.expires ? to_iso8601(*token.expires) : "never", token.label});
    }
    context.output.table(value, {"TOKEN", "RIGHT", "STATE", "CREATED", "EXPIRES", "LABEL"}, rows,
                         "No tokens.");
}

void revoke(const Options& options, Context& context) {
    const auto token = tokens_of(options, context).revoke(options.id, context.world.clock());
    context.output.done(described(token, context.world.clock().now()),
                        "Revoked " + token.id + "; it is refused from now on.");
}

}  // namespace

void add_vault_token(CLI::App& vault, Context& context) {
    CLI::App* group = vault.add_subcommand("token", "Tokens: who may do what with an area");
    group->require_subcommand(1);
    const auto options = std::make_shared<Options>();
    const auto with_area = [&](CLI::App* verb) {
        verb->add_option("workspace", options->workspace, "The area's workspace")->required();
        return verb;
    };
    CLI::App* created =
        with_area(group->add_subcommand("create", "Make a token; its secret is shown once"));
    created
        ->add_option("--right", options->right,
                     "read: list and read; append: also add, never replace or delete; admin: all")
        ->check(CLI::IsMember({"read", "append", "admin"}))
        ->capture_default_str();
    created->add_option("--label", options->label, "Whose it is");
    created->add_option("--days", options->days, "Days until it expires (default: never)")
        ->check(CLI::Range(1, 36500));
    created->callback([options, &context] { create(*options, context); });
    CLI::App* listed = with_area(group->add_subcommand("list", "List an area's tokens"));
    listed->callback([options, &context] { list(*options, context); });
    CLI::App* revoked = with_area(group->add_subcommand("revoke", "Refuse a token from now on"));
    revoked->add_option("token", options->id, "Id of the token")->required();
    revoked->callback([options, &context] { revoke(*options, context); });
}

}  // namespace lifeboat::cli
