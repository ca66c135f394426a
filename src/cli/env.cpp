// lifeboat env: what a shell needs to talk to `lifeboat serve`.
#include <iostream>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cli/command.h"
#include "cloud/credentials.h"
#include "server/endpoint_file.h"

namespace lifeboat::cli {
namespace {

// One "export NAME=value" a line, and nothing before them that breaks when a shell joins the lines,
// as in an unquoted eval $(lifeboat env). No value has a character a shell would touch.
std::string script(const std::vector<std::pair<std::string, std::string>>& variables) {
    std::string text;
    for (const auto& [name, value] : variables)
        text += "export " + name + "=" + value + "\n";
    return text +
           "unset AWS_SESSION_TOKEN AWS_PROFILE\n"
           "# The AWS CLI before 2.13 does not know AWS_ENDPOINT_URL; for it:\n"
           "aws() { command aws --endpoint-url \"$AWS_ENDPOINT_URL\" \"$@\"; }\n";
}

void print(Context& context) {
    World& world = context.world;
    const auto credentials = cloud::read_local_credentials(world.data());
    if (!credentials)
        throw Error(ErrorCategory::NotFound, "NoLocalCredentials",
                    "'" + world.data().string() +
                        "' has no keys yet: they are made when `lifeboat serve` first starts");
    const auto endpoint = server::read_endpoint(world.data());
    const std::string url = endpoint ? endpoint->url : "http://" + world.config().listen;
    const std::string region = world.place().region;
    const std::vector<std::pair<std::string, std::string>> variables = {
        {"AWS_ACCESS_KEY_ID", credentials->access_key_id},
        {"AWS_SECRET_ACCESS_KEY", credentials->secret_access_key},
        {"AWS_REGION", region},
        {"AWS_DEFAULT_REGION", region},
        {"AWS_ENDPOINT_URL", url}};
    Json value = Json::object();
    for (const auto& [name, text] : variables)
        value[name] = text;
    if (context.output.is_json())
        context.output.done(value, "");
    else
        std::cout << script(variables);
}

}  // namespace

void add_env(CLI::App& app, Context& context) {
    CLI::App* verb = app.add_subcommand(
        "env", "Print what a shell needs to talk to `lifeboat serve`: eval \"$(lifeboat env)\"");
    verb->callback([&context] { print(context); });
}

}  // namespace lifeboat::cli
