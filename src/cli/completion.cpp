// lifeboat completion bash, lifeboat man: what shells and people look up, made from the verbs.
#include <iostream>

#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/bash_completion.h"
#include "cli/command.h"
#include "cli/command_tree.h"
#include "cli/manual.h"

namespace lifeboat::cli {

void add_completion(CLI::App& app, Context& context) {
    CLI::App* group = app.add_subcommand("completion", "Completion scripts for shells");
    group->require_subcommand(1);
    CLI::App* bash = group->add_subcommand("bash", "Print a script for bash, to be sourced");
    bash->callback([&app, &context] {
        const std::string script = bash_completion(command_tree(app));
        if (context.output.is_json())
            context.output.done(Json{{"script", script}}, "");
        else
            std::cout << script;
    });
    CLI::App* man = app.add_subcommand("man", "Print the manual page, for `man -l -`");
    man->callback([&app, &context] {
        const std::string page = manual_page(command_tree(app), LIFEBOAT_VERSION);
        if (context.output.is_json())
            context.output.done(Json{{"page", page}}, "");
        else
            std::cout << page;
    });
}

}  // namespace lifeboat::cli
