// lifeboat aws: any operation of any service that is known, as the functions call it.
#include <iostream>
#include <iterator>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cli/command.h"
#include "cloud/model.h"
#include "cloud/pages.h"
#include "os/file.h"

namespace lifeboat::cli {
namespace {

struct Options {
    std::string service;
    std::string operation;
    std::string input = "{}";
    bool every_page = false;
    bool batch = false;
    bool list = false;
};

std::string standard_input() {
    return {std::istreambuf_iterator<char>(std::cin), {}};
}

Json read_input(const std::string& input) {
    if (input == "-") return parse_json(standard_input(), "standard input");
    if (input.starts_with('@'))
        return parse_json(os::read_file(input.substr(1)), "the file " + input.substr(1));
    return parse_json(input, "--input");
}

void list(const Options& options) {
    if (options.service.empty()) {
        for (const auto& [name, model] : cloud::service_models())
            std::cout << name << '\n';
        return;
    }
    for (const auto& [name, operation] : cloud::service_model(options.service).operations())
        std::cout << name << '\n';
}

void call(Context& context, const Options& options) {
    if (options.operation.empty())
        throw Error(ErrorCategory::InvalidInput, "NoOperation",
                    "name a service and an operation, as in `lifeboat aws sts GetCallerIdentity`; "
                    "--list shows what there is");
    const Json request = read_input(options.input);
    cloud::Cloud& cloud = context.world.cloud();
    const Json answer =
        options.every_page
            ? Json(cloud::all_items(cloud, options.service, options.operation, request))
            : cloud.call(options.service, options.operation, request);
    std::cout << to_pretty_text(answer) << '\n';
}

// One call a line, one outcome a line, in order.
void batch(Context& context) {
    std::string line;
    while (std::getline(std::cin, line)) {
        Json outcome;
        try {
            const Json one = parse_json(line, "a line of standard input");
            const Json* request = find(one, "request");
            outcome["answer"] = context.world.cloud().call(
                require_string(one, "service"), require_string(one, "operation"),
                request != nullptr ? *request : Json::object());
        } catch (const Error& e) {
            outcome["error"] = {{"code", e.code()},
                                {"category", std::string(to_string(e.category()))},
                                {"message", e.what()}};
            context.exit_code = kPartial;
        }
        std::cout << to_text(outcome) << std::endl;
    }
}

}  // namespace

void add_aws(CLI::App& app, Context& context) {
    CLI::App* verb = app.add_subcommand(
        "aws", "Call one operation of a service, with --cloud local or aws, and print its answer");
    const auto options = std::make_shared<Options>();
    verb->add_option("service", options->service, "Service: dynamodb, states, ...");
    verb->add_option("operation", options->operation, "Operation, as AWS spells it");
    verb->add_option("--input", options->input,
                     "Members of the request: JSON, @FILE, or - for standard input")
        ->capture_default_str();
    verb->add_flag("--every-page", options->every_page, "Print all items of all pages, as a list");
    verb->add_flag("--batch", options->batch,
                   "Read {\"service\",\"operation\",\"request\"} a line, print an outcome a line");
    verb->add_flag("--list", options->list, "Print the known services, or a service's operations");
    verb->callback([&context, options] {
        if (options->list)
            list(*options);
        else if (options->batch)
            batch(context);
        else
            call(context, *options);
    });
}

}  // namespace lifeboat::cli
