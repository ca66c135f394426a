// lifeboat deploy: Lifeboat on AWS, as one CloudFormation stack.
#include <iostream>

#include <CLI/CLI.hpp>

#include "apps/recovery/environment.h"
#include "apps/recovery/functions.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/confirm.h"
#include "deploy/package.h"
#include "deploy/stack.h"
#include "deploy/template.h"

namespace lifeboat::embedded {
extern const std::map<std::string, std::string_view> definition_files;
}

namespace lifeboat::cli {
namespace {

struct Options {
    std::string stack;
    std::string vpc;
    std::string subnet;
    std::string bucket;
    std::string program = "/proc/self/exe";
    bool seed = false;
    bool render_only = false;
    bool destroy = false;
    bool keep_registry = false;
    bool yes = false;
    std::map<std::string, std::string> environment;  // of the functions
};

// What the command line does not say, the configuration may.
void complete(Options& options, const Config& config) {
    const auto fill = [&](std::string& value, const char* key) {
        if (const auto it = config.deploy.find(key); value.empty() && it != config.deploy.end())
            value = it->second;
    };
    fill(options.stack, "stack");
    fill(options.vpc, "vpc");
    fill(options.subnet, "subnet");
    fill(options.bucket, "bucket");
    std::string seed;
    fill(seed, "seed");
    options.seed |= seed == "yes" || seed == "true";
    options.environment = recovery::environment_of(config.recovery);
    if (options.stack.empty()) options.stack = "lifeboat";
    if (options.vpc.empty() != options.subnet.empty())
        throw Error(ErrorCategory::InvalidInput, "IncompleteNetwork",
                    "give both -v VPC and -s SUBNET, or neither");
}

Json rendered(const Options& options) {
    const cloud::Functions functions = recovery::recovery_functions();
    deploy::TemplateInput input{
        {}, functions, !options.vpc.empty(), options.seed, options.environment};
    for (const auto& [path, text] : embedded::definition_files)
        input.definitions[path.substr(path.rfind('/') + 1)] = text;
    return deploy::render_template(input);
}

// An object that is named after what is in it; uploaded when it is not there yet.
std::string upload(cloud::Cloud& cloud, const Options& options, const std::string& bytes,
                   const std::string& ending) {
    const std::string key =
        "lifeboat/" + options.stack + "/" + to_hex(sha256(bytes)).substr(0, 32) + ending;
    try {
        cloud.call("s3", "HeadObject", {{"Bucket", options.bucket}, {"Key", key}});
    } catch (const Error& e) {
        if (e.category() != ErrorCategory::NotFound) throw;
        cloud.call("s3", "PutObject",
                   {{"Bucket", options.bucket}, {"Key", key}, {"Body", base64_encode(bytes)}});
    }
    return key;
}

std::string template_url(const Options& options, const std::string& region,
                         const std::string& key) {
    return "https://" + options.bucket + ".s3." + region + ".amazonaws.com" +
           (region.starts_with("cn-") ? ".cn/" : "/") + key;
}

deploy::Stack stack_of(Context& context, const Options& options) {
    const bool quiet = context.output.is_json();
    return deploy::Stack(context.world.aws(), context.world.clock(), context.world.random(),
                         options.stack, [quiet](const deploy::StackEvent& event) {
                             if (quiet) return;
                             std::cout << "  " << event.status << "  " << event.resource << "  "
                                       << event.type
                                       << (event.reason.empty() ? "" : "  " + event.reason)
                                       << std::endl;
                         });
}

void show(Context& context, const deploy::ChangeSet& set) {
    Json value = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const deploy::Change& change : set.changes) {
        value.push_back(Json{{"Action", change.action},
                             {"Resource", change.resource},
                             {"Type", change.type},
                             {"Replacement", change.replacement}});
        rows.push_back({change.action, change.resource, change.type, change.replacement});
    }
    context.output.table(value, {"ACTION", "RESOURCE", "TYPE", "REPLACED"}, rows, "No changes.");
}

void deploy_stack(Context& context, const Options& options) {
    if (options.bucket.empty())
        throw Error(ErrorCategory::InvalidInput, "NoBucket",
                    "give -b BUCKET: the functions' code and the template are put there");
    cloud::Cloud& cloud = context.world.aws();
    const std::string body = to_text(rendered(options));
    std::map<std::string, std::string> parameters = {
        {"CodeBucket", options.bucket},
        {"CodeKey", upload(cloud, options, deploy::package_program(options.program), ".zip")}};
    if (!options.vpc.empty()) {
        parameters["VpcId"] = options.vpc;
        parameters["SubnetId"] = options.subnet;
    }
    // CloudFormation takes no more from the request itself.
    constexpr std::size_t kLargestBody = 51'200;
    std::string url;
    if (body.size() > kLargestBody)
        url = template_url(options, context.world.aws_region(),
                           upload(cloud, options, body, ".json"));
    deploy::Stack stack = stack_of(context, options);
    const deploy::ChangeSet set = stack.propose(body, url, parameters);
    show(context, set);
    if (set.id.empty()) return;
    bool is_wanted = false;
    try {
        is_wanted = confirmed({options.yes, false},
                              "make these changes to the stack '" + options.stack + "'");
    } catch (const Error&) {
        stack.discard(set);
        throw;
    }
    if (!is_wanted) {
        stack.discard(set);
        return;
    }
    stack.apply(set);
    context.output.done(Json{{"stack", options.stack}, {"status", "deployed"}},
                        "The stack '" + options.stack + "' is deployed.");
}

// What the template keeps when its stack goes: the registry.
void remove_kept(cloud::Cloud& cloud, const Json& resources) {
    for (const auto& [name, resource] : resources.items()) {
        if (!string_or(resource, "DeletionPolicy", "").starts_with("Retain")) continue;
        try {
            cloud.call("dynamodb", "DeleteTable",
                       {{"TableName", require_string(resource["Properties"], "TableName")}});
        } catch (const Error& e) {
            if (e.category() != ErrorCategory::NotFound) throw;
        }
    }
}

void remove_objects(cloud::Cloud& cloud, const Options& options) {
    if (options.bucket.empty()) return;
    const Json answer =
        cloud.call("s3", "ListObjectsV2",
                   {{"Bucket", options.bucket}, {"Prefix", "lifeboat/" + options.stack + "/"}});
    for (const Json& object : answer.value("Contents", Json::array()))
        cloud.call("s3", "DeleteObject",
                   {{"Bucket", options.bucket}, {"Key", require_string(object, "Key")}});
}

void destroy(Context& context, const Options& options) {
    const std::string kept =
        options.keep_registry ? " and leave the registry's tables" : " with the registry's tables";
    if (!confirmed({options.yes, false}, "remove the stack '" + options.stack + "'" + kept)) return;
    stack_of(context, options).remove();
    if (!options.keep_registry)
        remove_kept(context.world.aws(), require(rendered(options), "Resources"));
    remove_objects(context.world.aws(), options);
    context.output.done(Json{{"stack", options.stack}, {"status", "removed"}},
                        "The stack '" + options.stack + "' is removed.");
}

void run(Context& context, Options options) {
    complete(options, context.world.config());
    if (options.render_only)
        std::cout << to_pretty_text(rendered(options)) << '\n';
    else if (options.destroy)
        destroy(context, options);
    else
        deploy_stack(context, options);
}

}  // namespace

void add_deploy(CLI::App& app, Context& context) {
    CLI::App* verb =
        app.add_subcommand("deploy", "Put Lifeboat on AWS, as one CloudFormation stack");
    const auto options = std::make_shared<Options>();
    verb->add_option("-n,--stack", options->stack, "Stack (default: lifeboat)");
    verb->add_option("-v,--vpc", options->vpc, "VPC of the home file systems");
    verb->add_option("-s,--subnet", options->subnet, "Subnet for copies between them");
    verb->add_option("-b,--bucket", options->bucket, "S3 bucket for code and template");
    verb->add_flag("-d,--seed", options->seed, "Register the profiles that exist, too");
    verb->add_option("--program", options->program, "Program to deploy: a static binary")
        ->capture_default_str();
    verb->add_flag("--render-only", options->render_only, "Print the template and do nothing");
    verb->add_flag("--destroy", options->destroy, "Remove the stack and what belongs to it");
    verb->add_flag("--keep-registry", options->keep_registry,
                   "With --destroy: leave the registry's tables");
    verb->add_flag("-y,--yes", options->yes, "Do not ask");
    verb->callback([&context, options] { run(context, *options); });
}

}  // namespace lifeboat::cli
