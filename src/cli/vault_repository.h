// Which repository, and its password: the options every `lifeboat vault` verb has. restic's
// environment variables are honoured.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "vault/snapshot.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace lifeboat::cli {

struct VaultRepository {
    std::string path;
    std::string password_file;

    // Only --repo; `location` must outlive the verb.
    static void add_location(CLI::App& verb, std::string& location);
    // This object must outlive the verb.
    void add_to(CLI::App& verb);
    // --from-repo and its password file, for verbs that take from one repository into another. The
    // option of the former. This object must outlive the verb.
    CLI::Option* add_source_to(CLI::App& verb);
    // From the file, else from the variable. Throws InvalidInput when there is none.
    std::string password(const char* variable = "RESTIC_PASSWORD") const;
};
inline constexpr const char* kSourcePassword = "RESTIC_FROM_PASSWORD";

// The first line of the file. Throws InvalidInput when it is empty.
std::string password_of_file(const std::string& path);

// The tags of comma-separated lists.
std::vector<std::string> tags_of(const std::vector<std::string>& lists);

// Which snapshots a verb is about.
struct VaultSnapshots {
    std::vector<std::string> hosts, tags, paths;

    // This object must outlive the verb.
    void add_to(CLI::App& verb);
    vault::SnapshotFilter filter() const { return {hosts, tags, paths}; }
};

// A directory of a snapshot.
struct SnapshotPart {
    vault::Snapshot snapshot;
    vault::Id tree;
};
// `name` is an id or "latest", or either with ":PATH". Loads the index, after the snapshot.
SnapshotPart load_part(vault::Repository& repository, const std::string& name,
                       const vault::SnapshotFilter& filter);

// Those called `names` (once each), or all the filter takes.
std::vector<vault::Snapshot> named_snapshots(vault::Repository& repository,
                                             const std::vector<std::string>& names,
                                             const vault::SnapshotFilter& filter);

}  // namespace lifeboat::cli
