// lifeboat vault unlock: remove locks nobody holds any more.
#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "cli/vault_verbs.h"
#include "vault/lock.h"

namespace lifeboat::cli {

void add_vault_locks(CLI::App& vault, Context& context) {
    auto where = std::make_shared<VaultRepository>();
    auto all = std::make_shared<bool>(false);
    CLI::App* verb = vault.add_subcommand("unlock", "Remove locks that nobody holds any more");
    where->add_to(*verb);
    verb->add_flag("--remove-all", *all, "Remove those that are held, too");
    verb->callback([where, all, &context] {
        const auto store = open_vault_store(where->path, context.world);
        vault::Repository repository(*store, where->password(), context.world.random());
        const std::size_t removed = vault::remove_locks(repository, context.world.clock(), *all);
        context.output.done({{"Removed", removed}},
                            "Removed locks: " + std::to_string(removed) + ".");
    });
}

}  // namespace lifeboat::cli
