// lifeboat network ...: letting copies reach file systems.
#include "apps/recovery/network.h"

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cli/studio.h"

namespace lifeboat::cli {
namespace {

struct Options {
    std::string domain;
    std::string file_system;
    std::vector<std::string> groups;
};

void authorize(Context& context, const Options& options) {
    cloud::Cloud& cloud = context.world.cloud();
    if (options.domain.empty() == options.file_system.empty())
        throw Error(ErrorCategory::InvalidInput, "UsageError",
                    "say which: exactly one of --domain and --file-system");
    std::string file_system = options.file_system;
    if (file_system.empty()) {
        const Json domain = cloud.call("sagemaker", "DescribeDomain",
                                       {{"DomainId", domain_id_of(cloud, options.domain)}});
        file_system = string_or(domain, "HomeEfsFileSystemId", "");
        if (file_system.empty())
            throw Error(
                ErrorCategory::NotFound, "FileSystemNotFound",
                "the domain '" + options.domain + "' has no file system for home directories");
    }
    std::vector<std::string> groups = options.groups;
    if (groups.empty()) groups = recovery::copy_security_groups(cloud);
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const auto& one : recovery::authorize_nfs(cloud, file_system, groups)) {
        list.push_back({{"MountTargetId", one.mount_target},
                        {"GroupId", one.security_group},
                        {"SourceGroupId", one.source_group},
                        {"WasThere", one.was_there}});
        rows.push_back({one.mount_target, one.security_group, one.source_group,
                        one.was_there ? "was let in already" : "let in"});
    }
    context.output.table(list, {"MOUNT TARGET", "GROUP", "SOURCE", "NFS (2049)"}, rows,
                         "The file system has no mount targets.");
}

}  // namespace

void add_network(CLI::App& app, Context& context) {
    CLI::App* group = app.add_subcommand("network", "Let copies reach file systems");
    group->require_subcommand(1);
    const auto options = std::make_shared<Options>();
    CLI::App* verb = group->add_subcommand(
        "authorize", "Allow NFS from the copies' security groups on every mount target");
    verb->add_option("--domain", options->domain, "Id or name of a domain");
    verb->add_option("--file-system", options->file_system, "Id of a file system");
    verb->add_option("--security-group", options->groups,
                     "Group to let in (default: parameter /network/vpc/sagemaker/securitygroups)");
    verb->callback([&context, options] { authorize(context, *options); });
}

}  // namespace lifeboat::cli
