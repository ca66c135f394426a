// Where the paths a backup was given lie in its snapshot.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace lifeboat::vault {

// `path` as snapshots name it: absolute, without ".", ".." and a slash at the end.
std::string absolute_target(const std::string& path);

// A name above what the user named, or that itself.
struct BackupTarget {
    std::map<std::string, BackupTarget> below;
    std::string path;  // on disk
    bool is_whole = false;

    // Adds `path` below this, the root. As restic: "a/b" is named so from the root of the snapshot,
    // "../b" is "b", and "." is where it is. Returns the absolute path.
    std::string add(const std::string& path);
};

}  // namespace lifeboat::vault
