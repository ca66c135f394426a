// What a verb is: a function that adds itself to the command line. Its callback does the work with
// the context and leaves the exit code there; errors are thrown.
//
// One verb per file: cli/<verb>.cpp, declared here, listed in run.cpp.
#pragma once

#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/world.h"

namespace CLI {
class App;
}

namespace lifeboat::cli {

struct Context {
    World& world;
    Output& output;
    int exit_code = kSuccess;
};

void add_serve(CLI::App& app, Context& context);
void add_env(CLI::App& app, Context& context);
void add_aws(CLI::App& app, Context& context);
void add_function(CLI::App& app, Context& context);
void add_deploy(CLI::App& app, Context& context);
void add_worker(CLI::App& app, Context& context);
void add_copy(CLI::App& app, Context& context);
void add_studio(CLI::App& app, Context& context);
void add_registry(CLI::App& app, Context& context);
void add_recover(CLI::App& app, Context& context);
void add_machines(CLI::App& app, Context& context);
void add_executions(CLI::App& app, Context& context);
void add_network(CLI::App& app, Context& context);
void add_demo(CLI::App& app, Context& context);
void add_vault(CLI::App& app, Context& context);
void add_vault_init(CLI::App& vault, Context& context);
void add_vault_check(CLI::App& vault, Context& context);
void add_vault_validate(CLI::App& vault, Context& context);
void add_vault_area(CLI::App& vault, Context& context);
void add_vault_token(CLI::App& vault, Context& context);
void add_vault_audit(CLI::App& vault, Context& context);
void add_completion(CLI::App& app, Context& context);  // and `man`
void add_version(CLI::App& app, Context& context);

}  // namespace lifeboat::cli
