#include "cli/studio.h"

#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "cloud/pages.h"

namespace lifeboat::cli {

std::string domain_id_of(cloud::Cloud& cloud, const std::string& id_or_name) {
    if (id_or_name.starts_with("d-")) return id_or_name;
    std::vector<std::string> ids;
    cloud::each_item(cloud, "sagemaker", "ListDomains", Json::object(), [&](const Json& domain) {
        if (string_or(domain, "DomainName", "") == id_or_name)
            ids.push_back(require_string(domain, "DomainId"));
        return true;
    });
    if (ids.empty())
        throw Error(ErrorCategory::NotFound, "ResourceNotFound",
                    "there is no domain named '" + id_or_name +
                        "'; `lifeboat studio domains list` shows them");
    if (ids.size() > 1) {
        std::string list;
        for (const std::string& id : ids)
            list += (list.empty() ? "" : ", ") + id;
        throw Error(ErrorCategory::InvalidInput, "AmbiguousDomain",
                    "several domains are named '" + id_or_name + "'; give the id of one: " + list);
    }
    return ids.front();
}

void add_confirmation(CLI::App& verb, Confirmation& confirmation) {
    verb.add_flag("--yes,-y", confirmation.yes, "Do not ask");
    verb.add_flag("--dry-run,-n", confirmation.dry_run, "Only say what would happen");
}

std::string time_member(const Json& value, const char* member) {
    const Json* time = find(value, member);
    return time && time->is_number() ? to_iso8601(from_epoch_seconds(time->get<double>())) : "";
}

void add_studio(CLI::App& app, Context& context) {
    CLI::App* studio =
        app.add_subcommand("studio", "SageMaker Studio: domains, users, spaces, apps");
    studio->require_subcommand(1);
    add_studio_domains(*studio, context);
    add_studio_users(*studio, context);
    add_studio_spaces(*studio, context);
    add_studio_apps(*studio, context);
}

}  // namespace lifeboat::cli
