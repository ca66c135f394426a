// lifeboat function: this binary as the custom runtime of one Lambda function.
#include <CLI/CLI.hpp>

#include "apps/recovery/functions.h"
#include "base/error.h"
#include "base/log.h"
#include "cli/command.h"
#include "cloud/custom_resource.h"
#include "cloud/http_client.h"
#include "cloud/lambda_runtime.h"
#include "os/environment.h"
#include "os/process.h"

namespace lifeboat::cli {
namespace {

// Where the program's own start is slow, somebody should know.
constexpr std::chrono::milliseconds kSlowStart{50};

const cloud::FunctionDescription& described(const cloud::Functions& functions,
                                            const std::string& name) {
    const auto found = functions.find(name);
    if (found != functions.end()) return found->second;
    std::string names;
    for (const auto& [known, function] : functions)
        names += (names.empty() ? "" : ", ") + known;
    throw Error(ErrorCategory::NotFound, "FunctionNotFound",
                "there is no function '" + name + "'; there are " + names);
}

void serve(Context& context, std::string name) {
    // Lambda keeps what the program logs, a line an event.
    log::set_format(log::Format::Json);
    if (context.world.globals().log_level.empty()) log::set_level(log::Level::Info);
    const os::Environment variables = os::environment();
    const auto api = os::get(variables, "AWS_LAMBDA_RUNTIME_API");
    if (!api)
        throw Error(ErrorCategory::InvalidInput, "NoRuntimeApi",
                    "AWS_LAMBDA_RUNTIME_API is not set: this verb is started by AWS Lambda, or by "
                    "its Runtime Interface Emulator");
    if (name.empty()) name = os::get(variables, "_HANDLER").value_or("");
    World& world = context.world;
    cloud::HttpClient transport(cloud::runtime_http_options(), world.clock());
    cloud::Place place;
    place.region = os::get(variables, "AWS_REGION").value_or(place.region);
    cloud::LambdaRuntime runtime(*api, transport, world.aws(), world.clock(), world.random(),
                                 place);
    const cloud::Functions functions = recovery::recovery_functions();
    cloud::FunctionDescription function;
    try {
        function = described(functions, name);
    } catch (const Error& e) {
        runtime.report_start_failure(e);
        throw;
    }
    cloud::HttpClient answers({}, world.clock());
    function.run = cloud::with_custom_resource(std::move(function.run), answers);
    // On AWS the deployment says what a function's settings are.
    for (const auto& [variable, value] : variables)
        function.environment[variable] = value;
    const auto start = os::process_age();
    const auto used = os::processor_time();
    log::info("ready", {{"function", name},
                        {"start_ms", std::to_string(start.count())},
                        {"processor_ms", std::to_string(used.count())}});
    if (used > kSlowStart)
        log::warning("a slow start", {{"processor_ms", std::to_string(used.count())}});
    while (true)
        runtime.serve_one(name, function);
}

}  // namespace

void add_function(CLI::App& app, Context& context) {
    CLI::App* verb = app.add_subcommand(
        "function", "Be the custom runtime of one Lambda function, until Lambda ends it");
    const auto name = std::make_shared<std::string>();
    verb->add_option("name", *name, "Function (default: the handler, _HANDLER)");
    verb->callback([&context, name] { serve(context, *name); });
}

}  // namespace lifeboat::cli
