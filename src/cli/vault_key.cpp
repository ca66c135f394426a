// lifeboat vault key: the passwords of a repository.
#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "cli/vault_verbs.h"
#include "vault/keys.h"
#include "vault/lock.h"

namespace lifeboat::cli {
namespace {

struct Options {
    VaultRepository where;
    std::string new_password_file, user, host, key;
};

// What all of them do first.
struct Opened {
    Opened(const VaultRepository& where, World& world)
        : store(open_vault_store(where.path, world)),
          repository(*store, where.password(), world.random()) {}

    std::unique_ptr<vault::Store> store;
    vault::Repository repository;
};

vault::KeyOwner owner_of(const Options& options) {
    const vault::LockOwner self = vault::LockOwner::current();
    return {options.user.empty() ? self.user : options.user,
            options.host.empty() ? self.host : options.host};
}

void list(const Options& options, Context& context) {
    const Opened opened(options.where, context.world);
    Json keys = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const vault::ListedKey& key : vault::list_keys(opened.repository)) {
        keys.push_back({{"Id", key.name},
                        {"User", key.label.owner.user},
                        {"Host", key.label.owner.host},
                        {"Created", key.label.created},
                        {"Current", key.is_current}});
        rows.push_back({(key.is_current ? "*" : " ") + key.name.substr(0, 8), key.label.owner.user,
                        key.label.owner.host, key.label.created});
    }
    context.output.table(keys, {" ID", "USER", "HOST", "CREATED"}, rows, "No keys.");
}

void add(const Options& options, Context& context) {
    const Opened opened(options.where, context.world);
    const std::string name =
        vault::add_key(opened.repository, password_of_file(options.new_password_file),
                       owner_of(options), context.world.clock());
    context.output.done({{"Id", name}}, "The new password opens the repository, too; its key is " +
                                            name.substr(0, 8) + ".");
}

void remove(const Options& options, Context& context) {
    const Opened opened(options.where, context.world);
    const std::string name = vault::remove_key(opened.repository, options.key);
    context.output.done({{"Id", name}}, "Removed key " + name.substr(0, 8) +
                                            ". Who kept a copy of it can still use that.");
}

void change(const Options& options, Context& context) {
    const Opened opened(options.where, context.world);
    const std::string name =
        vault::change_password(opened.repository, password_of_file(options.new_password_file),
                               owner_of(options), context.world.clock());
    context.output.done({{"Id", name}},
                        "The new password is in force; its key is " + name.substr(0, 8) + ".");
}

}  // namespace

void add_vault_key(CLI::App& vault, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* key = vault.add_subcommand("key", "The passwords of a repository");
    key->require_subcommand(1);
    const auto sub = [&](const char* name, const char* what,
                         void (*work)(const Options&, Context&)) {
        CLI::App* verb = key->add_subcommand(name, what);
        options->where.add_to(*verb);
        verb->callback([options, work, &context] { work(*options, context); });
        return verb;
    };
    const auto takes_password = [&](CLI::App* verb) {
        verb->add_option("--new-password-file", options->new_password_file,
                         "File whose first line is the new password")
            ->required();
        verb->add_option("--user", options->user, "Who the key says it is of (default: you)");
        verb->add_option("-H,--host", options->host, "The host it says (default: this one)");
    };
    sub("list", "List the keys; the one in use has a star", list);
    takes_password(sub("add", "Let another password open the repository, too", add));
    sub("remove", "Remove a key, but never the one in use", remove)
        ->add_option("key", options->key, "Start of its id")
        ->required();
    takes_password(sub("passwd", "Replace the password you give", change));
}

}  // namespace lifeboat::cli
