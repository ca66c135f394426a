#include "vault/directory_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/error.h"
#include "base/fault.h"
#include "os/directory.h"
#include "os/file.h"
#include "vault/id.h"

namespace lifeboat::vault {
namespace fs = std::filesystem;
namespace {

constexpr FileKind kFolders[] = {FileKind::Data, FileKind::Index, FileKind::Key, FileKind::Lock,
                                 FileKind::Snapshot};

void make_directory(const fs::path& path) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        throw error_from_errno(errno, "make the directory '" + path.string() + "'");
}

// A repository that was copied may lack folders that were empty. Durable on return.
void make_missing(const fs::path& folder) {
    const fs::path above = folder.parent_path();
    if (::access(above.c_str(), F_OK) != 0) make_missing(above);
    make_directory(folder);
    os::sync_directory(above);
}

// None when it is not there, or no folder. What cannot be listed must not look empty: a prune or a
// new index would be made of that.
os::UniqueFd open_folder(const fs::path& folder) {
    os::UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd && errno != ENOENT && errno != ENOTDIR)
        throw error_from_errno(errno, "list '" + folder.string() + "'");
    return fd;
}

void list(const fs::path& folder,
          const std::function<void(const std::string&, std::uint64_t)>& visit) {
    const os::UniqueFd directory = open_folder(folder);
    if (!directory) return;
    os::each_name(directory.get(), [&](const std::string& name, unsigned char) {
        if (!Id::parse(name)) return true;
        if (const auto status = os::look_at(directory.get(), name))
            visit(name, static_cast<std::uint64_t>(status->st_size));
        return true;
    });
}

}  // namespace

std::string_view folder_of(FileKind kind) {
    switch (kind) {
        case FileKind::Config:
            return "";
        case FileKind::Data:
            return "data";
        case FileKind::Index:
            return "index";
        case FileKind::Key:
            return "keys";
        case FileKind::Lock:
            return "locks";
        case FileKind::Snapshot:
            return "snapshots";
    }
    return "";
}

DirectoryStore::DirectoryStore(const fs::path& root, Random& random)
    : root_(root), random_(random) {
    if (!fs::is_directory(root_))
        throw Error(
            ErrorCategory::NotFound, "RepositoryNotFound",
            "there is no repository in '" + root_.string() + "'; `lifeboat vault init` makes one");
}

void DirectoryStore::make(const fs::path& root) {
    make_for_packs(root);
    for (const FileKind kind : kFolders)
        make_directory(root / folder_of(kind));
    os::sync_directory(root);
}

void DirectoryStore::make_for_packs(const fs::path& root) {
    fs::create_directories(root);
    make_directory(root / "data");
    constexpr char kDigits[] = "0123456789abcdef";
    for (int i = 0; i < 256; ++i)
        make_directory(root / "data" / std::string{kDigits[i / 16], kDigits[i % 16]});
    os::sync_directory(root / "data");
    os::sync_directory(root);
}

fs::path DirectoryStore::path(FileKind kind, const std::string& name) const {
    if (kind == FileKind::Config) return root_ / "config";
    if (kind == FileKind::Data) return root_ / "data" / name.substr(0, 2) / name;
    return root_ / folder_of(kind) / name;
}

void DirectoryStore::each(FileKind kind,
                          const std::function<void(const std::string&, std::uint64_t)>& visit) {
    if (kind == FileKind::Config) {
        if (const auto bytes = size(kind, "config")) visit("config", *bytes);
        return;
    }
    const fs::path top = root_ / folder_of(kind);
    if (kind != FileKind::Data) return list(top, visit);
    const os::UniqueFd data = open_folder(top);
    if (!data) return;
    std::vector<std::string> folders;
    os::each_name(data.get(), [&](const std::string& name, unsigned char) {
        folders.push_back(name);
        return true;
    });
    for (const std::string& folder : folders)
        list(top / folder, visit);
}

std::optional<std::uint64_t> DirectoryStore::size(FileKind kind, const std::string& name) {
    const fs::path file = path(kind, name);
    struct stat status {};
    if (::stat(file.c_str(), &status) == 0) return static_cast<std::uint64_t>(status.st_size);
    if (errno == ENOENT) return std::nullopt;
    throw error_from_errno(errno, "look at '" + file.string() + "'");
}

std::string DirectoryStore::load(FileKind kind, const std::string& name) {
    return os::read_file(path(kind, name), std::uint64_t{1} << 31);
}

void DirectoryStore::load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
                          std::size_t length) {
    const fs::path file = path(kind, name);
    const os::UniqueFd fd = os::open_file(file, O_RDONLY);
    while (length > 0) {
        const ssize_t got = ::pread(fd.get(), out, length, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw error_from_errno(errno, "read '" + file.string() + "'");
        if (got == 0)
            throw Error(ErrorCategory::Corruption, "FileTooShort",
                        "'" + file.string() + "' ends before byte " +
                            std::to_string(offset + length) +
                            "; `lifeboat vault check` says what "
                            "is affected");
        out += got;
        offset += static_cast<std::uint64_t>(got);
        length -= static_cast<std::size_t>(got);
    }
}

FileUpload::FileUpload(fs::path temporary, fs::path target)
    : temporary_(std::move(temporary)),
      target_(std::move(target)),
      fd_(os::open_file(temporary_, O_WRONLY | O_CREAT | O_EXCL, 0600)) {}

FileUpload::~FileUpload() {
    ::unlink(temporary_.c_str());
}

void FileUpload::write(std::string_view part) {
    os::write_all(fd_.get(), part, temporary_.string());
}

FileUpload::Outcome FileUpload::publish() {
    if (::fsync(fd_.get()) != 0)
        throw error_from_errno(errno, "write '" + temporary_.string() + "' to the disk");
    fault::reach("vault.store.before-publish");
    // A link does not replace what is there.
    bool linked = ::link(temporary_.c_str(), target_.c_str()) == 0;
    // Not where the repository itself is gone.
    if (!linked && errno == ENOENT && ::access(temporary_.c_str(), F_OK) == 0) {
        make_missing(target_.parent_path());
        linked = ::link(temporary_.c_str(), target_.c_str()) == 0;
    }
    if (!linked && errno != EEXIST)
        throw error_from_errno(errno, "publish '" + target_.string() + "'");
    // Whoever put it there may not have made its name durable yet.
    os::sync_directory(target_.parent_path());
    fault::reach("vault.store.after-publish");
    return linked ? Outcome::Published : Outcome::WasThere;
}

std::unique_ptr<FileUpload> DirectoryStore::begin_save(FileKind kind, const std::string& name) {
    make_directory(root_ / "tmp");
    return std::make_unique<FileUpload>(root_ / "tmp" / (name + "." + new_hex(random_, 16)),
                                        path(kind, name));
}

void DirectoryStore::save(FileKind kind, const std::string& name, std::string_view content) {
    const auto upload = begin_save(kind, name);
    upload->write(content);
    if (upload->publish() == FileUpload::Outcome::WasThere && kind == FileKind::Config)
        throw Error(ErrorCategory::AlreadyExists, "RepositoryExists",
                    "'" + root_.string() + "' holds a repository already");
}

void DirectoryStore::remove(FileKind kind, const std::string& name) {
    fault::reach("vault.store.before-remove");
    const fs::path file = path(kind, name);
    if (::unlink(file.c_str()) != 0 && errno != ENOENT)
        throw error_from_errno(errno, "remove '" + file.string() + "'");
    os::sync_directory(file.parent_path());
}

}  // namespace lifeboat::vault
