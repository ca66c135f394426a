// lifeboat studio users ... and lifeboat studio spaces ...
#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/studio.h"
#include "cloud/pages.h"

namespace lifeboat::cli {
namespace {

struct Kind {
    const char* verb;       // of the command line
    const char* noun;       // for people
    const char* operation;  // "Create" + operation
    const char* name_member;
    const char* list_member;  // "List" + this is the operation, too
};
constexpr Kind kUsers{"users", "user profile", "UserProfile", "UserProfileName", "UserProfiles"};
constexpr Kind kSpaces{"spaces", "space", "Space", "SpaceName", "Spaces"};

struct Options {
    std::string domain;
    std::string name;
    std::string execution_role;
    std::string owner;
    std::string sharing = "Private";
    std::string app_type;
    Confirmation confirmation;
};

void list(Context& context, const Kind& kind, const Options& options) {
    Json request = {{"MaxResults", 100}};
    if (!options.domain.empty())
        request["DomainIdEquals"] = domain_id_of(context.world.cloud(), options.domain);
    const Json profiles = cloud::all_items(context.world.cloud(), "sagemaker",
                                           std::string("List") + kind.list_member, request);
    std::vector<std::vector<std::string>> rows;
    for (const Json& profile : profiles)
        rows.push_back({string_or(profile, kind.name_member, ""),
                        string_or(profile, "DomainId", ""), string_or(profile, "Status", ""),
                        time_member(profile, "CreationTime")});
    context.output.table(profiles, {"NAME", "DOMAIN", "STATUS", "CREATED"}, rows,
                         std::string("No ") + kind.noun + "s.");
}

Json key_of(Context& context, const Kind& kind, const Options& options) {
    return Json{{"DomainId", domain_id_of(context.world.cloud(), options.domain)},
                {kind.name_member, options.name}};
}

void show_profile(Context& context, const Kind& kind, const Json& key) {
    const Json profile =
        context.world.cloud().call("sagemaker", std::string("Describe") + kind.operation, key);
    const Json domain = context.world.cloud().call("sagemaker", "DescribeDomain",
                                                   {{"DomainId", key.at("DomainId")}});
    const std::string uid = string_or(profile, "HomeEfsFileSystemUid", "");
    context.output.record(
        profile, {{"Name", string_or(profile, kind.name_member, "")},
                  {"Domain", string_or(domain, "DomainName", "") + " (" +
                                 string_or(domain, "DomainId", "") + ")"},
                  {"Status", string_or(profile, "Status", "")},
                  {"Home", uid.empty() ? "none yet"
                                       : string_or(domain, "HomeEfsFileSystemId", "") + "/" + uid},
                  {"Created", time_member(profile, "CreationTime")}});
}

void create(Context& context, const Kind& kind, const Options& options) {
    const Json key = key_of(context, kind, options);
    Json request = key;
    if (!options.execution_role.empty())
        request["UserSettings"] = {{"ExecutionRole", options.execution_role}};
    if (!options.app_type.empty()) request["SpaceSettings"] = {{"AppType", options.app_type}};
    if (!options.owner.empty()) {
        request["OwnershipSettings"] = {{"OwnerUserProfileName", options.owner}};
        request["SpaceSharingSettings"] = {{"SharingType", options.sharing}};
    }
    context.world.cloud().call("sagemaker", std::string("Create") + kind.operation, request);
    show_profile(context, kind, key);
}

void remove(Context& context, const Kind& kind, const Options& options) {
    const Json key = key_of(context, kind, options);
    if (!confirmed(options.confirmation,
                   std::string("delete the ") + kind.noun + " '" + options.name + "' in " +
                       key.at("DomainId").get<std::string>() + "; its home directory stays"))
        return;
    context.world.cloud().call("sagemaker", std::string("Delete") + kind.operation, key);
    context.output.done(key, std::string("Deleted the ") + kind.noun + " '" + options.name + "'.");
}

void add(CLI::App& studio, Context& context, const Kind& kind) {
    const std::string noun = kind.noun;
    CLI::App* group = studio.add_subcommand(kind.verb, "The " + noun + "s of domains");
    group->require_subcommand(1);
    const auto options = std::make_shared<Options>();
    const auto add_key = [&](CLI::App* verb) {
        verb->add_option("name", options->name, "Name of the " + noun)->required();
        verb->add_option("--domain", options->domain, "Id or name of the domain")->required();
    };
    CLI::App* listed = group->add_subcommand("list", "List them");
    listed->add_option("--domain", options->domain, "Only of this domain (id or name)");
    listed->callback([&context, &kind, options] { list(context, kind, *options); });

    CLI::App* shown = group->add_subcommand("show", "Show one, with its home");
    add_key(shown);
    shown->callback([&context, &kind, options] {
        show_profile(context, kind, key_of(context, kind, *options));
    });

    CLI::App* made = group->add_subcommand("create", "Create a " + noun + " with its home");
    add_key(made);
    if (&kind == &kUsers) {
        made->add_option("--execution-role", options->execution_role, "ARN of the user's role");
    } else {
        made->add_option("--owner", options->owner, "User profile that owns it");
        made->add_option("--sharing", options->sharing, "With --owner")
            ->check(CLI::IsMember({"Private", "Shared"}))
            ->capture_default_str();
        made->add_option("--app-type", options->app_type, "JupyterLab, CodeEditor, ...");
    }
    made->callback([&context, &kind, options] { create(context, kind, *options); });

    CLI::App* gone =
        group->add_subcommand("delete", "Delete a " + noun + "; its home directory stays");
    add_key(gone);
    add_confirmation(*gone, options->confirmation);
    gone->callback([&context, &kind, options] { remove(context, kind, *options); });
}

}  // namespace

void add_studio_users(CLI::App& studio, Context& context) {
    add(studio, context, kUsers);
}
void add_studio_spaces(CLI::App& studio, Context& context) {
    add(studio, context, kSpaces);
}

}  // namespace lifeboat::cli
