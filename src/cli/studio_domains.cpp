// lifeboat studio domains ...
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cli/studio.h"
#include "cloud/pages.h"

namespace lifeboat::cli {
namespace {

struct Options {
    std::string domain;
    std::string name;
    std::string auth_mode = "IAM";
    std::string execution_role;
    std::string vpc;
    std::vector<std::string> subnets;
    bool without_homes = false;
    bool delete_file_system = false;
    Confirmation confirmation;
};

void list(Context& context) {
    const Json domains =
        cloud::all_items(context.world.cloud(), "sagemaker", "ListDomains", {{"MaxResults", 100}});
    std::vector<std::vector<std::string>> rows;
    for (const Json& domain : domains)
        rows.push_back({string_or(domain, "DomainId", ""), string_or(domain, "DomainName", ""),
                        string_or(domain, "Status", ""), time_member(domain, "CreationTime")});
    context.output.table(domains, {"DOMAIN", "NAME", "STATUS", "CREATED"}, rows, "No domains.");
}

void show_domain(Context& context, const std::string& id) {
    const Json domain =
        context.world.cloud().call("sagemaker", "DescribeDomain", {{"DomainId", id}});
    context.output.record(domain,
                          {{"Domain", id},
                           {"Name", string_or(domain, "DomainName", "")},
                           {"Status", string_or(domain, "Status", "")},
                           {"File system", string_or(domain, "HomeEfsFileSystemId", "none")},
                           {"Auth mode", string_or(domain, "AuthMode", "")},
                           {"Created", time_member(domain, "CreationTime")}});
}

// As the console does it: without a VPC the account's default one, without subnets all of the
// VPC's.
void choose_network(cloud::Cloud& cloud, Options& options) {
    const auto filter = [](const char* name, const std::string& value) {
        return Json{
            {"Filters", Json::array({Json{{"Name", name}, {"Values", Json::array({value})}}})}};
    };
    if (options.vpc.empty()) {
        const Json vpcs =
            cloud::all_items(cloud, "ec2", "DescribeVpcs", filter("is-default", "true"));
        if (vpcs.empty())
            throw Error(ErrorCategory::NotFound, "InvalidVpcID.NotFound",
                        "there is no default VPC; name one with --vpc and --subnet");
        options.vpc = require_string(vpcs.front(), "VpcId");
    }
    if (options.subnets.empty())
        for (const Json& subnet :
             cloud::all_items(cloud, "ec2", "DescribeSubnets", filter("vpc-id", options.vpc)))
            options.subnets.push_back(require_string(subnet, "SubnetId"));
    if (options.subnets.empty())
        throw Error(
            ErrorCategory::NotFound, "InvalidSubnetID.NotFound",
            "the VPC '" + options.vpc + "' has no subnets; create one or choose another VPC");
}

void create(Context& context, Options& options) {
    choose_network(context.world.cloud(), options);
    Json settings = Json::object();
    if (!options.execution_role.empty()) settings["ExecutionRole"] = options.execution_role;
    Json request = {{"DomainName", options.name},
                    {"AuthMode", options.auth_mode},
                    {"DefaultUserSettings", settings},
                    {"VpcId", options.vpc},
                    {"SubnetIds", options.subnets}};
    if (options.without_homes) request["HomeEfsFileSystemCreation"] = "Disabled";
    const Json made = context.world.cloud().call("sagemaker", "CreateDomain", request);
    const std::string arn = require_string(made, "DomainArn");
    show_domain(context, arn.substr(arn.rfind('/') + 1));
}

void remove(Context& context, const Options& options) {
    const std::string id = domain_id_of(context.world.cloud(), options.domain);
    const std::string policy = options.delete_file_system ? "Delete" : "Retain";
    if (!confirmed(options.confirmation,
                   "delete the domain " + id +
                       (options.delete_file_system ? " and every home directory in it"
                                                   : "; its home directories stay")))
        return;
    context.world.cloud().call(
        "sagemaker", "DeleteDomain",
        {{"DomainId", id}, {"RetentionPolicy", {{"HomeEfsFileSystem", policy}}}});
    context.output.done(Json{{"DomainId", id}, {"HomeEfsFileSystem", policy}},
                        "Deleted the domain " + id + ".");
}

}  // namespace

void add_studio_domains(CLI::App& studio, Context& context) {
    CLI::App* domains = studio.add_subcommand("domains", "Domains");
    domains->require_subcommand(1);
    domains->add_subcommand("list", "List all domains")->callback([&context] { list(context); });

    const auto options = std::make_shared<Options>();
    CLI::App* shown = domains->add_subcommand("show", "Show one domain");
    shown->add_option("domain", options->domain, "Id or name")->required();
    shown->callback([&context, options] {
        show_domain(context, domain_id_of(context.world.cloud(), options->domain));
    });

    CLI::App* made = domains->add_subcommand("create", "Create a domain with its file system");
    made->add_option("name", options->name, "Name")->required();
    made->add_option("--auth-mode", options->auth_mode, "Who users are")
        ->check(CLI::IsMember({"IAM", "SSO"}))
        ->capture_default_str();
    made->add_option("--execution-role", options->execution_role, "ARN of the users' role");
    made->add_option("--vpc", options->vpc, "VPC (default: the default VPC)");
    made->add_option("--subnet", options->subnets, "Subnets with a mount target (default: all)");
    made->add_flag("--without-homes", options->without_homes,
                   "No file system for home directories");
    made->callback([&context, options] { create(context, *options); });

    CLI::App* gone = domains->add_subcommand(
        "delete", "Delete a domain; its file system stays unless you say so");
    gone->add_option("domain", options->domain, "Id or name")->required();
    gone->add_flag("--delete-file-system", options->delete_file_system,
                   "Delete all home directories as well");
    add_confirmation(*gone, options->confirmation);
    gone->callback([&context, options] { remove(context, *options); });
}

}  // namespace lifeboat::cli
