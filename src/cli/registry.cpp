// lifeboat registry ...: what Lifeboat knows about homes.
#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/profile_argument.h"

namespace lifeboat::cli {
namespace {

struct Options {
    ProfileArgument who;
    std::string domain;
    std::string status;
    std::string state;
    std::string source_profile, source_domain, target_profile, target_domain;
    bool spaces = false;
};

std::string home_of(const Json& item) {
    const std::string uid = member_text(item, "efs_uid");
    return uid.empty() ? "" : member_text(item, "efs_sys_id") + "/" + uid;
}

// "default": the setting PROTECTION decides, which the functions know.
std::string protection_of(const Json& item) {
    const std::string set = member_text(item, "protection");
    return set.empty() ? "default" : set == "true" ? "on" : "off";
}

// What came of a final snapshot.
std::string snapshot_reason(const Json& item) {
    const std::string id = member_text(item, "snapshot_id");
    std::string reason;
    if (!id.empty())
        reason = "snapshot " + id.substr(0, 8) + " in " + member_text(item, "snapshot_workspace");
    const std::string error = member_text(item, "snapshot_error");
    if (error.empty()) return reason;
    return reason + (reason.empty() ? "" : ", ") + error + ": " +
           member_text(item, "snapshot_cause");
}

// Why an entry of the history came to be, in one line.
std::string history_reason(const Json& item) {
    if (member_text(item, "event").starts_with("snapshot")) return snapshot_reason(item);
    const std::string error = member_text(item, "recovery_error");
    return error.empty() ? member_text(item, "recovery_explanation")
                         : error + ": " + member_text(item, "recovery_cause");
}

void list(Context& context, const Options& options) {
    const Json items = administration(context).list(options.domain, options.status);
    std::vector<std::vector<std::string>> rows;
    for (const Json& item : items)
        rows.push_back({member_text(item, "profile_name"), member_text(item, "domain_name"),
                        home_of(item), member_text(item, "home_state"),
                        member_text(item, "replication") == "false" ? "off" : "on",
                        protection_of(item), member_text(item, "replication_status")});
    context.output.table(
        items, {"PROFILE", "DOMAIN", "HOME", "STATE", "REPLICATION", "PROTECTION", "LAST RECOVERY"},
        rows, "The registry is empty; `lifeboat registry seed` registers what exists.");
}

void show_row(Context& context, const Options& options) {
    const Json item = administration(context).show(options.who.value());
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& [name, value] : item.items())
        pairs.emplace_back(name, member_text(item, name.c_str()));
    context.output.record(item, pairs);
}

void history(Context& context, const Options& options) {
    const Json items = administration(context).history(options.who.value());
    std::vector<std::vector<std::string>> rows;
    for (const Json& item : items) {
        const Json* when = find(item, "epoctime");
        rows.push_back({when && when->is_number()
                            ? to_iso8601_millis(from_epoch_micros(when->get<std::int64_t>() * 1000))
                            : member_text(item, "epoctime"),
                        member_text(item, "event"), member_text(item, "domain_name"), home_of(item),
                        history_reason(item).substr(0, 100)});
    }
    context.output.table(items, {"TIME", "EVENT", "DOMAIN", "HOME", "WHY"}, rows, "No history.");
}

void seed(Context& context) {
    const Json answer = administration(context).seed();
    std::vector<std::vector<std::string>> rows;
    for (const auto& [outcome, count] : require(answer, "Outcomes").items())
        rows.push_back({outcome, to_text(count), "", ""});
    const Json& failures = require(answer, "Failures");
    for (const Json& failure : failures)
        rows.push_back({"failed", "",
                        member_text(failure, "DomainId") + " " + member_text(failure, "Profile"),
                        member_text(failure, "Error") + ": " + member_text(failure, "Cause")});
    context.output.table(answer, {"OUTCOME", "PROFILES", "WHICH", "WHY"}, rows,
                         "There is nothing to register.");
    if (!failures.empty()) context.exit_code = kPartial;
}

void set_replication(Context& context, const Options& options) {
    const bool changed =
        administration(context).set_replication(options.who.value(), options.state == "on");
    context.output.done(Json{{"changed", changed}, {"replication", options.state == "on"}},
                        "Replication of '" + options.who.name + "' " +
                            (changed ? "is now " : "was already ") + options.state + ".");
}

void set_protection(Context& context, const Options& options) {
    const bool changed =
        administration(context).set_protection(options.who.value(), options.state == "on");
    context.output.done(Json{{"changed", changed}, {"protection", options.state == "on"}},
                        "Protection of '" + options.who.name + "' " +
                            (changed ? "is now " : "was already ") + options.state + ".");
}

void add_target(Context& context, const Options& options) {
    const auto kind = options.spaces ? recovery::Kind::Space : recovery::Kind::User;
    administration(context).add_target({{kind, options.source_profile}, options.source_domain},
                                       {{kind, options.target_profile}, options.target_domain});
    context.output.done(Json{{"target", options.target_profile}, {"domain", options.target_domain}},
                        "When '" + options.target_profile + "' is created in '" +
                            options.target_domain + "', it gets the work of '" +
                            options.source_profile + "' in '" + options.source_domain + "'.");
}

}  // namespace

void add_registry(CLI::App& app, Context& context) {
    CLI::App* group = app.add_subcommand("registry", "What is known about homes: whose is where");
    group->require_subcommand(1);
    const auto options = std::make_shared<Options>();

    CLI::App* listed = group->add_subcommand("list", "List registered profiles");
    listed->add_option("--domain", options->domain, "Only of this domain (name or id)");
    listed->add_option("--status", options->status,
                       "Only with this last recovery: SUCCESS, ERROR, ...");
    listed->callback([&context, options] { list(context, *options); });

    CLI::App* shown = group->add_subcommand("show", "Show everything about one profile");
    add_profile_argument(*shown, options->who);
    shown->callback([&context, options] { show_row(context, *options); });

    CLI::App* past = group->add_subcommand("history", "Show what happened to a profile's homes");
    add_profile_argument(*past, options->who);
    past->callback([&context, options] { history(context, *options); });

    group->add_subcommand("seed", "Register every user profile and space of every domain")
        ->callback([&context] { seed(context); });

    const auto add_switch = [&](const char* name, const char* description,
                                void (*set)(Context&, const Options&)) {
        CLI::App* verb = group->add_subcommand(name, description);
        add_profile_argument(*verb, options->who);
        verb->add_option("state", options->state, "on or off")
            ->required()
            ->check(CLI::IsMember({"on", "off"}));
        verb->callback([&context, options, set] { set(context, *options); });
    };
    add_switch("set-replication", "Switch recovery on or off for one profile; it stays as set",
               set_replication);
    add_switch("set-protection",
               "Switch the snapshot at its deletion on or off for one profile; it stays as set",
               set_protection);

    CLI::App* target = group->add_subcommand(
        "add-target", "Say that a profile yet to be created gets the work of another");
    target->add_option("--source-profile", options->source_profile, "Whose work")->required();
    target->add_option("--source-domain", options->source_domain, "Its domain (name or id)")
        ->required();
    target->add_option("--target-profile", options->target_profile, "Who gets it")->required();
    target->add_option("--target-domain", options->target_domain, "Its domain (name)")->required();
    target->add_flag("--space", options->spaces, "Both are spaces");
    target->callback([&context, options] { add_target(context, *options); });
}

}  // namespace lifeboat::cli
