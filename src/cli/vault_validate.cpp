// lifeboat vault validate: does a place keep what a repository needs of it?
#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/command.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "vault/store_suite.h"

namespace lifeboat::cli {
namespace {

namespace fs = std::filesystem;

// A directory that holds no repository is tried in a folder of its own, which goes away again.
class TrialFolder {
  public:
    TrialFolder(const std::string& location, Random& random) : location_(location) {
        if (!fs::is_directory(location)) return;  // a server or bucket, or nothing, as will be said
        if (fs::exists(fs::path(location) / "config")) {
            has_temporary_ = fs::exists(fs::path(location) / "tmp");
            return;
        }
        location_ = fs::path(location) / ("validate-" + new_hex(random, 16));
        is_own_ = true;
    }
    ~TrialFolder() {
        std::error_code ignored;  // what is left is named in the report
        if (is_own_)
            fs::remove_all(location_, ignored);
        else if (!has_temporary_)
            fs::remove(fs::path(location_) / "tmp", ignored);
    }
    TrialFolder(const TrialFolder&) = delete;
    TrialFolder& operator=(const TrialFolder&) = delete;

    std::unique_ptr<vault::Store> open(World& world) const {
        return is_own_ ? make_vault_store(location_, world) : open_vault_store(location_, world);
    }

  private:
    std::string location_;
    bool is_own_ = false;
    bool has_temporary_ = true;
};

void validate(const std::string& location, Context& context) {
    const TrialFolder folder(location, context.world.random());
    const auto store = folder.open(context.world);
    std::size_t failed = 0;
    Json rows = Json::array();
    vault::run_store_suite(*store, context.world.random(), {}, [&](const vault::StoreCheck& check) {
        if (!check.passed()) ++failed;
        rows.push_back({{"Check", check.name}, {"Passed", check.passed()}});
        if (!check.passed()) rows.back()["Problem"] = check.problem;
        if (context.output.is_json()) return;
        std::cout << (check.passed() ? "ok      " : "FAILED  ") << check.name
                  << (check.passed() ? "" : ": " + shown(check.problem)) << std::endl;
    });
    context.output.done({{"Checks", rows}, {"Failed", failed}},
                        failed == 0 ? "This place can hold a repository."
                                    : "Checks failed: " + std::to_string(failed) +
                                          ". Do not keep a repository here before they pass.");
    if (failed != 0) context.exit_code = kFailed;
}

}  // namespace

void add_vault_validate(CLI::App& vault, Context& context) {
    auto where = std::make_shared<std::string>();
    CLI::App* verb = vault.add_subcommand(
        "validate",
        "Try whether a place can hold a repository: writes, reads and removes files of its own");
    VaultRepository::add_location(*verb, *where);
    verb->callback([where, &context] { validate(*where, context); });
}

}  // namespace lifeboat::cli
