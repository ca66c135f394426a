#include "cli/vault_repository.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "os/environment.h"
#include "os/file.h"
#include "vault/tree_path.h"

namespace lifeboat::cli {
namespace {

// As restic: whoever forgot to write it somewhere would lock nobody out.
std::string require_password(std::string password, const std::string& where) {
    if (password.empty())
        throw Error(ErrorCategory::InvalidInput, "PasswordEmpty",
                    where + " is empty, and an empty password is none; write the password there");
    return password;
}

}  // namespace

void VaultRepository::add_location(CLI::App& verb, std::string& location) {
    verb.add_option("-r,--repo", location,
                    "Repository: a directory, rest:http://NAME:PASSWORD@HOST:PORT/PATH/ "
                    "or s3:http://HOST:PORT/BUCKET/PREFIX")
        ->required()
        ->envname("RESTIC_REPOSITORY");
}

void VaultRepository::add_to(CLI::App& verb) {
    add_location(verb, path);
    verb.add_option("-p,--password-file", password_file,
                    "File whose first line is the password; else RESTIC_PASSWORD has it")
        ->envname("RESTIC_PASSWORD_FILE");
}

CLI::Option* VaultRepository::add_source_to(CLI::App& verb) {
    verb.add_option("--from-password-file", password_file,
                    "File whose first line is its password; else RESTIC_FROM_PASSWORD has it")
        ->envname("RESTIC_FROM_PASSWORD_FILE");
    return verb.add_option("--from-repo", path, "The other repository, as --repo names one")
        ->envname("RESTIC_FROM_REPOSITORY");
}

std::string VaultRepository::password(const char* variable) const {
    if (!password_file.empty()) return password_of_file(password_file);
    if (const auto given = os::get(os::environment(), variable))
        return require_password(*given, variable);
    throw Error(ErrorCategory::InvalidInput, "PasswordMissing",
                std::string("no password was given; use --password-file (--from-password-file for "
                            "--from-repo) or set ") +
                    variable);
}

std::string password_of_file(const std::string& path) {
    const std::string text = os::read_file(path, 64 << 10);
    return require_password(text.substr(0, text.find_first_of("\r\n")),
                            "the first line of '" + path + "'");
}

SnapshotPart load_part(vault::Repository& repository, const std::string& name,
                       const vault::SnapshotFilter& filter) {
    const auto colon = name.find(':');
    SnapshotPart part;
    part.snapshot = vault::find_snapshot(repository, name.substr(0, colon), filter);
    repository.load_index();
    part.tree = colon == std::string::npos
                    ? part.snapshot.tree
                    : vault::tree_at(repository, part.snapshot.tree, name.substr(colon + 1));
    return part;
}

std::vector<vault::Snapshot> named_snapshots(vault::Repository& repository,
                                             const std::vector<std::string>& names,
                                             const vault::SnapshotFilter& filter) {
    if (names.empty()) return vault::list_snapshots(repository, filter);
    std::vector<vault::Snapshot> found;
    for (const std::string& name : names) {
        vault::Snapshot snapshot = vault::find_snapshot(repository, name, filter);
        const bool is_known = std::any_of(found.begin(), found.end(),
                                          [&](const auto& one) { return one.id == snapshot.id; });
        if (!is_known) found.push_back(std::move(snapshot));
    }
    return found;
}

std::vector<std::string> tags_of(const std::vector<std::string>& lists) {
    std::vector<std::string> tags;
    for (const std::string& list : lists)
        for (const std::string& tag : CLI::detail::split(list, ','))
            if (!tag.empty()) tags.push_back(tag);
    return tags;
}

void VaultSnapshots::add_to(CLI::App& verb) {
    verb.add_option("-H,--host", hosts, "Snapshots of this host");
    verb.add_option("--tag", tags, "Snapshots with all these tags, separated by commas");
    verb.add_option("--path", paths, "Snapshots of this path");
}

}  // namespace lifeboat::cli
