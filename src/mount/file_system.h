// A repository as a file system that is only read: what the kernel may ask, answered in its terms
// but without FUSE. Everything in a snapshot stays as it is for ever; the folders around them
// change as snapshots come and go.
//
// nullopt and nullptr mean that there is no such thing. Throws Error for what is damaged or cannot
// be reached.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mount/attributes.h"
#include "mount/node_table.h"
#include "vault/browser.h"

namespace lifeboat::mount {

struct FileSystemOptions {
    // Of the folders.
    Owner owner{0, 0};
    vault::ZonedTime time;
    bool owner_is_root = false;        // everything is root's, also what was saved of others
    std::size_t most_files = 100'000;  // that the kernel is let know of at a time
};

class FileSystem {
  public:
    // `browser` outlives this.
    FileSystem(vault::Browser& browser, const FileSystemOptions& options);

    // All are thread-safe.

    struct Entry {
        std::uint64_t number = 0;  // by which the kernel asks about it; 0: not told to the kernel
        struct stat status {};
        bool is_lasting = false;  // it never changes
    };
    // The kernel knows the entry from then on, until it forgets it.
    std::optional<Entry> look_up(std::uint64_t parent, std::string_view name);
    void forget(std::uint64_t number, std::uint64_t lookups) { nodes_.forget(number, lookups); }
    // Is what look_up() says of names in this directory true for ever?
    bool is_lasting(std::uint64_t directory) const;

    std::optional<Entry> status(std::uint64_t number);
    std::optional<std::string> read_link(std::uint64_t number);
    // None for a directory that is no part of a snapshot.
    std::vector<vault::ExtendedAttribute> attributes(std::uint64_t number);

    struct OpenFile {
        std::string path;
        std::unique_ptr<vault::BrowsedFile> file;
    };
    std::unique_ptr<OpenFile> open(std::uint64_t number);
    std::vector<vault::Browser::Part> read(OpenFile& file, std::uint64_t offset,
                                           std::uint64_t length) {
        return browser_.read(*file.file, offset, length);
    }

    // The names in a directory at the moment it was opened.
    struct OpenDirectory {
        std::shared_ptr<const Directory> directory;
        std::shared_ptr<const vault::TreeListing> listing;  // of a directory in a snapshot
        std::vector<std::string> names;                     // of a folder

        std::size_t size() const { return listing ? listing->nodes.size() : names.size(); }
        const std::string& name(std::size_t position) const {
            return listing ? listing->nodes[position].name : names[position];
        }
    };
    std::unique_ptr<OpenDirectory> open_directory(std::uint64_t number);
    enum class Telling { Kernel, Nobody };
    // With Telling::Kernel as look_up(). nullopt: it went since the directory was opened.
    std::optional<Entry> entry(const OpenDirectory& open, std::size_t position, Telling telling);

    // For messages; "?" for what the kernel should not know.
    std::string path(std::uint64_t number) const;
    NodeTable& nodes() { return nodes_; }

  private:
    using DirectoryPointer = std::shared_ptr<const Directory>;

    std::shared_ptr<const vault::TreeListing> listing(const Directory& directory);
    std::optional<Entry> entry(const DirectoryPointer& parent, std::string_view name,
                               Telling telling);
    Entry entry_of_node(const DirectoryPointer& parent, const vault::TreeListing& listing,
                        std::size_t position, Telling telling);
    std::optional<Entry> entry_of_folder(const DirectoryPointer& folder, std::string_view name,
                                         Telling telling);
    struct stat status_of_child(const Directory& parent, const vault::Node& node) const;
    // The node of something in a snapshot but its root; `use` may keep nothing of it.
    template <class Use>
    auto with_node(const Inode& inode, Use use);

    vault::Browser& browser_;
    const FileSystemOptions options_;
    const Owner folder_owner_;
    NodeTable nodes_;
};

}  // namespace lifeboat::mount
