// A repository in a directory, laid out as restic's local back end does: config, data/ab/ab…,
// index, keys, locks, snapshots. Unfinished files lie in tmp/.
#pragma once

#include <filesystem>
#include <memory>

#include "base/random.h"
#include "os/unique_fd.h"
#include "vault/store.h"

namespace lifeboat::vault {

// A file on its way into a directory: written part by part, then published under its name at once.
// What is not published goes away with the object.
class FileUpload {
  public:
    // The folder of `temporary` must be there; that of `target` is made when it is not.
    FileUpload(std::filesystem::path temporary, std::filesystem::path target);
    ~FileUpload();
    FileUpload(const FileUpload&) = delete;
    FileUpload& operator=(const FileUpload&) = delete;

    void write(std::string_view part);
    // Durable on return. Leaves alone what has the name already.
    enum class Outcome { Published, WasThere };
    Outcome publish();

  private:
    const std::filesystem::path temporary_;
    const std::filesystem::path target_;
    const os::UniqueFd fd_;
};

class DirectoryStore final : public Store {
  public:
    // Throws NotFound when there is no such directory.
    DirectoryStore(const std::filesystem::path& root, Random& random);
    // Makes the directory (and its parents) and the folders.
    static void make(const std::filesystem::path& root);
    // The same with folders of packs alone.
    static void make_for_packs(const std::filesystem::path& root);

    void each(FileKind kind,
              const std::function<void(const std::string&, std::uint64_t)>& visit) override;
    std::optional<std::uint64_t> size(FileKind kind, const std::string& name) override;
    std::string load(FileKind kind, const std::string& name) override;
    void load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
              std::size_t length) override;
    void save(FileKind kind, const std::string& name, std::string_view content) override;
    void remove(FileKind kind, const std::string& name) override;

    // save() for a file that comes in parts.
    std::unique_ptr<FileUpload> begin_save(FileKind kind, const std::string& name);
    std::filesystem::path path(FileKind kind, const std::string& name) const;

  private:
    std::filesystem::path root_;
    Random& random_;
};

}  // namespace lifeboat::vault
