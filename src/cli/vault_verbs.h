// The verbs of `lifeboat vault` that work in a repository: cli/vault_<verb>.cpp each.
#pragma once

#include "cli/command.h"

namespace lifeboat::cli {

void add_vault_backup(CLI::App& vault, Context& context);
void add_vault_restore(CLI::App& vault, Context& context);
void add_vault_dump(CLI::App& vault, Context& context);
void add_vault_look(CLI::App& vault, Context& context);  // snapshots, ls, find
void add_vault_diff(CLI::App& vault, Context& context);
void add_vault_mount(CLI::App& vault, Context& context);
void add_vault_forget(CLI::App& vault, Context& context);
void add_vault_prune(CLI::App& vault, Context& context);
void add_vault_cool(CLI::App& vault, Context& context);
void add_vault_thaw(CLI::App& vault, Context& context);
void add_vault_stats(CLI::App& vault, Context& context);
void add_vault_key(CLI::App& vault, Context& context);  // list, add, remove, passwd
void add_vault_copy(CLI::App& vault, Context& context);
void add_vault_repair(CLI::App& vault, Context& context);  // index, snapshots; and rebuild-index
void add_vault_tag(CLI::App& vault, Context& context);
void add_vault_locks(CLI::App& vault, Context& context);  // unlock

}  // namespace lifeboat::cli
