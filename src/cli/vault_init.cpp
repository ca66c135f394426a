// lifeboat vault init: a new repository.
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/command.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "os/environment.h"
#include "vault/repository.h"
#include "vault/rest_store.h"

namespace lifeboat::cli {
namespace {

void init(const VaultRepository& where, Context& context) {
    const std::string password = where.password();
    char host[256] = {};
    ::gethostname(host, sizeof host - 1);
    Random& random = context.world.random();
    const auto store = make_vault_store(where.path, context.world);
    vault::Repository::make(*store, password,
                            {os::get(os::environment(), "USER").value_or(""), host},
                            context.world.clock(), random);
    const vault::Repository made(*store, password, random);
    context.output.done({{"Id", made.id()},
                         {"Version", made.version()},
                         {"Path", vault::without_password(where.path)}},
                        "Made the repository " + made.id().substr(0, 10) + " in " +
                            shown(vault::without_password(where.path)) +
                            ". Without the password nobody can read it.");
}

}  // namespace

void add_vault_init(CLI::App& vault, Context& context) {
    auto where = std::make_shared<VaultRepository>();
    CLI::App* verb = vault.add_subcommand("init", "Make a repository");
    where->add_to(*verb);
    verb->callback([where, &context] { init(*where, context); });
}

}  // namespace lifeboat::cli
