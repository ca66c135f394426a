#include "cli/vault_views.h"

#include <iostream>

#include <CLI/CLI.hpp>

#include "base/error.h"

namespace lifeboat::cli {

void VaultViews::add_option(CLI::App& verb, std::string& kind) {
    // A flag, as restic's: what follows it is a path. Its value needs '='.
    verb.add_flag(
            "--use-fs-snapshot{auto}", kind,
            "Read a snapshot that the file system makes of itself (restic's name), "
            "where it does; =btrfs, =zfs, =lvm: of that kind, or fail; =none: what is there now")
        ->check(CLI::IsMember({"auto", "btrfs", "zfs", "lvm", "none"}))
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void VaultViews::take(const std::vector<std::string>& paths, Random& random) {
    if (!is_wanted(kind_)) return;
    views_.emplace(paths, os::parse_view_kind(kind_), os::MountTable::read(), random);
    for (const auto& [path, why] : views_->unviewed())
        std::cerr << "lifeboat: read without a snapshot of the file system: " << shown(path) << ": "
                  << shown(why) << '\n';
}

std::vector<std::string> VaultViews::names() const {
    return views_ ? views_->names() : std::vector<std::string>();
}

std::vector<std::string> VaultViews::unviewed() const {
    std::vector<std::string> paths;
    if (views_)
        for (const auto& unviewed : views_->unviewed())
            paths.push_back(unviewed.path);
    return paths;
}

void VaultViews::remove(Context& context) {
    if (!views_) return;
    try {
        views_->remove();
    } catch (const Error& e) {
        context.exit_code = kPartial;
        std::cerr << "lifeboat: " << shown(e.what())
                  << "; the backup is whole, and the next one with --use-fs-snapshot tries to "
                     "remove it again\n";
    }
}

}  // namespace lifeboat::cli
