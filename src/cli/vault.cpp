// lifeboat vault: repositories of snapshots in restic's format.
#include <CLI/CLI.hpp>

#include "cli/vault_verbs.h"

namespace lifeboat::cli {

void add_vault(CLI::App& app, Context& context) {
    CLI::App* vault = app.add_subcommand("vault", "Repositories of snapshots, in restic's format");
    vault->require_subcommand(1);
    add_vault_init(*vault, context);
    add_vault_backup(*vault, context);
    add_vault_restore(*vault, context);
    add_vault_look(*vault, context);
    add_vault_diff(*vault, context);
    add_vault_tag(*vault, context);
    add_vault_forget(*vault, context);
    add_vault_prune(*vault, context);
    add_vault_stats(*vault, context);
    add_vault_copy(*vault, context);
    add_vault_key(*vault, context);
    add_vault_repair(*vault, context);
    add_vault_locks(*vault, context);
    add_vault_check(*vault, context);
    add_vault_validate(*vault, context);
    add_vault_area(*vault, context);
    add_vault_token(*vault, context);
    add_vault_audit(*vault, context);
}

}  // namespace lifeboat::cli
