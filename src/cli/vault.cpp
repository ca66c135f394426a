// lifeboat vault: repositories of snapshots in restic's format.
#include <CLI/CLI.hpp>

#include "cli/vault_verbs.h"

namespace lifeboat::cli {
namespace {

// An option that may be given several times takes one value each time, so that what follows it is
// a path or a snapshot: `backup --exclude '*.tmp' /home`.
void take_one_value_at_a_time(CLI::App& app) {
    for (CLI::Option* option : app.get_options())
        if (!option->get_positional()) option->allow_extra_args(false);
    for (CLI::App* verb : app.get_subcommands({}))
        take_one_value_at_a_time(*verb);
}

}  // namespace

void add_vault(CLI::App& app, Context& context) {
    CLI::App* vault = app.add_subcommand("vault", "Repositories of snapshots, in restic's format");
    vault->require_subcommand(1);
    add_vault_init(*vault, context);
    add_vault_backup(*vault, context);
    add_vault_restore(*vault, context);
    add_vault_dump(*vault, context);
    add_vault_look(*vault, context);
    add_vault_diff(*vault, context);
    add_vault_mount(*vault, context);
    add_vault_tag(*vault, context);
    add_vault_forget(*vault, context);
    add_vault_prune(*vault, context);
    add_vault_cool(*vault, context);
    add_vault_thaw(*vault, context);
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
    take_one_value_at_a_time(*vault);
}

}  // namespace lifeboat::cli
