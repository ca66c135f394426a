// A repository in a directory, laid out as restic's local back end does: config, data/ab/ab…,
// index, keys, locks, snapshots. Unfinished files lie in tmp/.
#pragma once

#include <filesystem>

#include "base/random.h"
#include "os/unique_fd.h"
#include "vault/store.h"

namespace lifeboat::vault {

class DirectoryStore final : public Store {
  public:
    // Throws NotFound when there is no such directory.
    DirectoryStore(const std::filesystem::path& root, Random& random);
    // Makes the directory (and its parents) and the folders.
    static void make(const std::filesystem::path& root);

    void each(FileKind kind,
              const std::function<void(const std::string&, std::uint64_t)>& visit) override;
    std::optional<std::uint64_t> size(FileKind kind, const std::string& name) override;
    std::string load(FileKind kind, const std::string& name) override;
    void load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
              std::size_t length) override;
    void save(FileKind kind, const std::string& name, std::string_view content) override;
    void remove(FileKind kind, const std::string& name) override;

  private:
    std::filesystem::path path(FileKind kind, const std::string& name) const;

    std::filesystem::path root_;
    Random& random_;
};

}  // namespace lifeboat::vault
