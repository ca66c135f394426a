// lifeboat vault audit: who read, wrote or was refused what in the areas.
#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/command.h"
#include "vault/area.h"
#include "vault/audit_log.h"

namespace lifeboat::cli {
namespace {

struct Options {
    std::string area;
    std::size_t last = 100;
};

void show(const Options& options, Context& context) {
    const auto entries = vault::AuditLog::read(
        vault::Areas(context.world.data() / "vault").audit_log(), options.area, options.last);
    std::vector<std::vector<std::string>> rows;
    for (const Json& entry : entries) {
        std::vector<std::string> row;
        for (const char* member :
             {"Time", "Area", "Token", "From", "Action", "File", "Outcome", "Reason"})
            row.push_back(string_or(entry, member, ""));
        rows.push_back(std::move(row));
    }
    context.output.table(Json(entries),
                         {"TIME", "AREA", "TOKEN", "FROM", "ACTION", "FILE", "OUTCOME", "REASON"},
                         rows, "Nothing was asked of any area.");
}

}  // namespace

void add_vault_audit(CLI::App& vault, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* verb = vault.add_subcommand(
        "audit", "Show who read, wrote or was refused what in the areas, oldest first");
    verb->add_option("--area", options->area, "Of this area alone");
    verb->add_option("--last", options->last, "How many entries, the newest")
        ->check(CLI::Range(1, 10'000'000))
        ->capture_default_str();
    verb->callback([options, &context] { show(*options, context); });
}

}  // namespace lifeboat::cli
