// Which repository, and its password: the options every `lifeboat vault` verb has. restic's
// environment variables are honoured.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "vault/snapshot.h"

namespace CLI {
class App;
}

namespace lifeboat::cli {

struct VaultRepository {
    std::string path;
    std::string password_file;

    // Only --repo; `location` must outlive the verb.
    static void add_location(CLI::App& verb, std::string& location);
    // This object must outlive the verb.
    void add_to(CLI::App& verb);
    // From the file, else from RESTIC_PASSWORD. Throws InvalidInput when there is none.
    std::string password() const;
};

// Which snapshots a verb is about.
struct VaultSnapshots {
    std::vector<std::string> hosts, tags, paths;

    // This object must outlive the verb.
    void add_to(CLI::App& verb);
    vault::SnapshotFilter filter() const { return {hosts, tags, paths}; }
};

}  // namespace lifeboat::cli
