// Trees for tests, and a judge of equality that is not ours.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace lifeboat::mover::testing {

void write_file(const std::filesystem::path& path, std::string_view content);
std::string read_file(const std::filesystem::path& path);
// Moves the modification time (of a link itself) to `seconds` after 2020-01-01, nanoseconds
// .123456789.
void set_time(const std::filesystem::path& path, long seconds);

// Files of all sizes, nested and empty directories, odd names, symbolic links (broken and absolute
// ones too), hard links across directories, a sparse file, extended attributes, access control
// lists, odd modes; as root also owners, set-uid bits, a FIFO and a device. The same every time.
void make_sample_tree(const std::filesystem::path& root);

// A file "bottom" that says "here", below directories whose path is longer than PATH_MAX.
void make_deep_tree(const std::filesystem::path& root);
// What it says; empty when it is not there.
std::string read_bottom(const std::filesystem::path& root);

// What `rsync -aHAXn --checksum --delete --itemize-changes` would do to make `copy` like
// `original`; empty when they are equal. nullopt when rsync is not installed. `kept` is what should
// be kept, in rsync's letters.
std::optional<std::string> rsync_differences(const std::filesystem::path& original,
                                             const std::filesystem::path& copy,
                                             const std::string& kept = "aHAX");

// Files below `root` that have the name or the mode of unfinished copies.
int count_temporaries(const std::filesystem::path& root);

}  // namespace lifeboat::mover::testing
