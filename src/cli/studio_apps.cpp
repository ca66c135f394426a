// lifeboat studio apps ...
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cli/studio.h"
#include "cloud/pages.h"

namespace lifeboat::cli {
namespace {

struct Options {
    std::string domain;
    std::string user;
    std::string space;
    std::string type = "JupyterLab";
    std::string name = "default";
    Confirmation confirmation;
};

void list(Context& context, const Options& options) {
    Json request = {{"MaxResults", 100}};
    if (!options.domain.empty())
        request["DomainIdEquals"] = domain_id_of(context.world.cloud(), options.domain);
    if (!options.user.empty()) request["UserProfileNameEquals"] = options.user;
    if (!options.space.empty()) request["SpaceNameEquals"] = options.space;
    const Json apps = cloud::all_items(context.world.cloud(), "sagemaker", "ListApps", request);
    std::vector<std::vector<std::string>> rows;
    for (const Json& app : apps) {
        const std::string user = string_or(app, "UserProfileName", "");
        rows.push_back({string_or(app, "AppName", ""), string_or(app, "AppType", ""),
                        user.empty() ? "space " + string_or(app, "SpaceName", "") : "user " + user,
                        string_or(app, "DomainId", ""), string_or(app, "Status", ""),
                        time_member(app, "CreationTime")});
    }
    context.output.table(apps, {"NAME", "TYPE", "OWNER", "DOMAIN", "STATUS", "CREATED"}, rows,
                         "No apps.");
}

Json key_of(Context& context, const Options& options) {
    if (options.user.empty() == options.space.empty())
        throw Error(ErrorCategory::InvalidInput, "UsageError",
                    "say whose app: exactly one of --user and --space");
    Json key = {{"DomainId", domain_id_of(context.world.cloud(), options.domain)},
                {"AppType", options.type},
                {"AppName", options.name}};
    key[options.user.empty() ? "SpaceName" : "UserProfileName"] =
        options.user.empty() ? options.space : options.user;
    return key;
}

void show_app(Context& context, const Json& key) {
    const Json app = context.world.cloud().call("sagemaker", "DescribeApp", key);
    context.output.record(app, {{"Name", string_or(app, "AppName", "")},
                                {"Type", string_or(app, "AppType", "")},
                                {"Domain", string_or(app, "DomainId", "")},
                                {"Status", string_or(app, "Status", "")},
                                {"Created", time_member(app, "CreationTime")}});
}

}  // namespace

void add_studio_apps(CLI::App& studio, Context& context) {
    CLI::App* group = studio.add_subcommand("apps", "Apps of user profiles and spaces");
    group->require_subcommand(1);
    const auto options = std::make_shared<Options>();
    const auto add_owner = [&](CLI::App* verb) {
        verb->add_option("--user", options->user, "User profile");
        verb->add_option("--space", options->space, "Space");
    };
    const auto add_key = [&](CLI::App* verb) {
        verb->add_option("name", options->name, "Name")->capture_default_str();
        verb->add_option("--domain", options->domain, "Id or name of the domain")->required();
        verb->add_option("--type", options->type, "JupyterLab, JupyterServer, KernelGateway, ...")
            ->capture_default_str();
        add_owner(verb);
    };
    CLI::App* listed = group->add_subcommand("list", "List them");
    listed->add_option("--domain", options->domain, "Only of this domain (id or name)");
    add_owner(listed);
    listed->callback([&context, options] { list(context, *options); });

    CLI::App* shown = group->add_subcommand("show", "Show one");
    add_key(shown);
    shown->callback([&context, options] { show_app(context, key_of(context, *options)); });

    CLI::App* made = group->add_subcommand("create", "Start an app");
    add_key(made);
    made->callback([&context, options] {
        const Json key = key_of(context, *options);
        context.world.cloud().call("sagemaker", "CreateApp", key);
        show_app(context, key);
    });

    CLI::App* gone = group->add_subcommand("delete", "Stop an app; files stay");
    add_key(gone);
    add_confirmation(*gone, options->confirmation);
    gone->callback([&context, options] {
        const Json key = key_of(context, *options);
        if (!confirmed(options->confirmation,
                       "stop the app '" + options->name + "'; unsaved work in it is lost"))
            return;
        context.world.cloud().call("sagemaker", "DeleteApp", key);
        context.output.done(key, "Deleted the app '" + options->name + "'.");
    });
}

}  // namespace lifeboat::cli
