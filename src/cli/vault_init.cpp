// lifeboat vault init: a new repository.
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "os/environment.h"
#include "vault/repository.h"
#include "vault/rest_store.h"

namespace lifeboat::cli {
namespace {

struct Options {
    VaultRepository where, from;
    bool copies_chunker = false;
};

// Of the repository whose files are to be cut alike.
std::optional<vault::Polynomial> polynomial_of(const Options& options, World& world) {
    if (!options.copies_chunker) return std::nullopt;
    if (options.from.path.empty())
        throw Error(ErrorCategory::InvalidInput, "SourceMissing",
                    "--copy-chunker-params needs --from-repo, the repository to take them from");
    const auto store = open_vault_store(options.from.path, world);
    return vault::Repository(*store, options.from.password(kSourcePassword), world.random())
        .polynomial();
}

void init(const Options& options, Context& context) {
    const VaultRepository& where = options.where;
    const std::string password = where.password();
    char host[256] = {};
    ::gethostname(host, sizeof host - 1);
    Random& random = context.world.random();
    const auto polynomial = polynomial_of(options, context.world);
    const auto store = make_vault_store(where.path, context.world);
    vault::Repository::make(*store, password,
                            {os::get(os::environment(), "USER").value_or(""), host},
                            context.world.clock(), random, polynomial);
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
    auto options = std::make_shared<Options>();
    CLI::App* verb = vault.add_subcommand("init", "Make a repository");
    options->where.add_to(*verb);
    options->from.add_source_to(*verb);
    verb->add_flag("--copy-chunker-params", options->copies_chunker,
                   "Cut files as the repository --from-repo does, so that copies between the two "
                   "and backups to either share what is the same");
    verb->callback([options, &context] { init(*options, context); });
}

}  // namespace lifeboat::cli
