// lifeboat vault validate: does a place keep what a repository needs of it?
#include <filesystem>
#include <fstream>
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
            remove_unpublished();
            return;
        }
        remove_leftovers();
        location_ = fs::path(location) / (kPrefix + new_hex(random, kDigits));
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
    static constexpr const char* kPrefix = "validate-";
    static constexpr std::size_t kDigits = 16;

    // Files of trials that were killed before they had their names.
    void remove_unpublished() const {
        std::error_code absent;
        for (const auto& entry : fs::directory_iterator(fs::path(location_) / "tmp", absent)) {
            std::string start(vault::kTrialMark.size(), '\0');
            std::ifstream(entry.path()).read(start.data(), static_cast<long>(start.size()));
            if (start == vault::kTrialMark) fs::remove(entry.path(), absent);
        }
    }

    // Folders of trials that were killed.
    void remove_leftovers() const {
        for (const auto& entry : fs::directory_iterator(location_)) {
            const std::string name = entry.path().filename();
            const std::size_t prefix = std::char_traits<char>::length(kPrefix);
            const bool is_ours =
                name.starts_with(kPrefix) && name.size() == prefix + kDigits &&
                name.find_first_not_of("0123456789abcdef", prefix) == std::string::npos;
            std::error_code ignored;  // what is left does no harm
            if (is_ours && entry.is_directory(ignored) && !entry.is_symlink(ignored))
                fs::remove_all(entry.path(), ignored);
        }
    }

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
