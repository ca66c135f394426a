#include "cli/vault_repository.h"

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "os/environment.h"
#include "os/file.h"

namespace lifeboat::cli {

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

std::string VaultRepository::password() const {
    if (!password_file.empty()) {
        const std::string text = os::read_file(password_file, 64 << 10);
        return text.substr(0, text.find_first_of("\r\n"));
    }
    if (const auto given = os::get(os::environment(), "RESTIC_PASSWORD")) return *given;
    throw Error(ErrorCategory::InvalidInput, "PasswordMissing",
                "no password was given; use --password-file or set RESTIC_PASSWORD");
}

void VaultSnapshots::add_to(CLI::App& verb) {
    verb.add_option("-H,--host", hosts, "Snapshots of this host");
    verb.add_option("--tag", tags, "Snapshots with all these tags, separated by commas");
    verb.add_option("--path", paths, "Snapshots of this path");
}

}  // namespace lifeboat::cli
