#include "cli/run.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/command.h"

namespace lifeboat::cli {
namespace {

using namespace std::chrono_literals;

// How long a verb that changed something in an embedded cloud waits for what it caused.
constexpr auto kPatience = 10min;

void add_globals(CLI::App& app, Globals& globals) {
    app.add_option("--data", globals.data, "Data directory of the local cloud")
        ->envname("LIFEBOAT_DATA");
    app.add_option("--config", globals.config, "Configuration file (default: <data>/lifeboat.toml)")
        ->envname("LIFEBOAT_CONFIG");
    app.add_option("--cloud", globals.cloud, "Where the work lives")
        ->check(CLI::IsMember({"local", "aws"}))
        ->envname("LIFEBOAT_CLOUD")
        ->capture_default_str();
    app.add_option("--endpoint-url", globals.endpoint_url,
                   "Send AWS calls to this address (with --cloud aws)")
        ->envname("AWS_ENDPOINT_URL");
    app.add_option("-r,--region", globals.region, "AWS Region");
    app.add_option("--profile", globals.profile, "Profile in the shared AWS files")
        ->envname("AWS_PROFILE");
    app.add_option("--log-level", globals.log_level, "debug, info, warning, error or off");
    app.add_flag("--json", globals.json, "Print JSON for programs");
    // Globals may stand after the verb as well.
    app.fallthrough();
}

int report(const Error& error, const Globals& globals) {
    if (globals.json) {
        Json body = {{"code", error.code()},
                     {"category", std::string(to_string(error.category()))},
                     {"message", error.message()}};
        if (!error.context().empty()) body["context"] = error.context();
        std::cerr << to_text(Json{{"error", body}}) << '\n';
    } else {
        std::cerr << "lifeboat: " << shown(error.what()) << '\n';
    }
    return exit_code_of(error);
}

}  // namespace

int run(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    Globals globals;
    try {
        if (const char* script = std::getenv("LIFEBOAT_FAULTS")) fault::install(script);

        CLI::App app(
            "Lifeboat keeps machine-learning work afloat: backs up and brings back what people "
            "make\n"
            "on Amazon SageMaker, on one machine or on AWS.",
            "lifeboat");
        app.require_subcommand(1);
        app.set_version_flag("--version", "lifeboat " LIFEBOAT_VERSION);
        app.footer("Documentation: docs/ in the source, `lifeboat VERB --help` here.");
        add_globals(app, globals);

        World world(globals);
        std::optional<Output> output;
        // Verbs keep a reference to the context; whether they print JSON is known after parsing.
        output.emplace(std::cout, Output::Form::People);
        Context context{world, *output};
        app.parse_complete_callback([&] {
            if (globals.json) output.emplace(std::cout, Output::Form::Json);
            const std::string& level =
                globals.log_level.empty() ? world.config().log_level : globals.log_level;
            log::set_level(log::parse_level(level));
            log::set_format(world.config().log_format == "json" ? log::Format::Json
                                                                : log::Format::Text);
        });
        add_serve(app, context);
        add_env(app, context);
        add_aws(app, context);
        add_function(app, context);
        add_deploy(app, context);
        add_worker(app, context);
        add_copy(app, context);
        add_studio(app, context);
        add_registry(app, context);
        add_recover(app, context);
        add_machines(app, context);
        add_executions(app, context);
        add_network(app, context);
        add_vault(app, context);
        add_completion(app, context);
        add_version(app, context);
        // As Lambda starts it: a file named bootstrap, whose arguments mean nothing.
        char function[] = "function";
        char* lambda[] = {argv[0], function, nullptr};
        const bool by_lambda = std::getenv("AWS_LAMBDA_RUNTIME_API") != nullptr &&
                               std::string_view(argv[0]).ends_with("bootstrap");
        try {
            app.parse(by_lambda ? 2 : argc, by_lambda ? lambda : argv);
        } catch (const CLI::ParseError& e) {
            // What is wrong may stand before --json, which then has not been read.
            globals.json = std::find(argv, argv + argc, std::string_view("--json")) != argv + argc;
            if (e.get_exit_code() != 0 && globals.json)
                return report(Error(ErrorCategory::InvalidInput, "UsageError", e.what()), globals);
            const int code = app.exit(e);
            return code == 0 ? kSuccess : kUsage;
        }
        if (!world.settle(kPatience))
            std::cerr
                << "lifeboat: background work is still under way; it goes on at the next start\n";
        std::cout.flush();
        return context.exit_code;
    } catch (const Error& error) {
        std::cout.flush();
        return report(error, globals);
    } catch (const std::exception& e) {
        return report(Error(ErrorCategory::Internal, "InternalFailure", e.what()), globals);
    }
}

}  // namespace lifeboat::cli
