#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/command.h"

namespace lifeboat::cli {

void add_version(CLI::App& app, Context& context) {
    CLI::App* verb = app.add_subcommand("version", "Print the version");
    verb->callback([&context] {
        context.output.done(Json{{"version", LIFEBOAT_VERSION}}, "lifeboat " LIFEBOAT_VERSION);
    });
}

}  // namespace lifeboat::cli
