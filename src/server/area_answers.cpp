#include "server/area_answers.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>
#include <vector>

#include "os/directory.h"
#include "os/file.h"
#include "vault/id.h"

namespace lifeboat::server {
namespace {

namespace fs = std::filesystem;
using vault::FileKind;

constexpr std::size_t kPart = 256 << 10;

class FileSource final : public BodySource {
  public:
    FileSource(os::UniqueFd file, ByteRange range) : file_(std::move(file)), left_(range) {}

    std::string next() override {
        std::string part(std::min<std::uint64_t>(left_.length, kPart), '\0');
        std::size_t filled = 0;
        while (filled < part.size()) {
            const ssize_t got = ::pread(file_.get(), part.data() + filled, part.size() - filled,
                                        static_cast<off_t>(left_.first + filled));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) throw error_from_errno(errno, "read a file of an area");
            if (got == 0)
                throw Error(ErrorCategory::Corruption, "FileTooShort",
                            "a file of an area became shorter while it was read");
            filled += static_cast<std::size_t>(got);
        }
        left_.first += part.size();
        left_.length -= part.size();
        return part;
    }

  private:
    os::UniqueFd file_;
    ByteRange left_;
};

class FolderSource final : public BodySource {
  public:
    FolderSource(std::vector<fs::path> folders, bool with_sizes)
        : folders_(std::move(folders)), with_sizes_(with_sizes) {}

    std::string next() override {
        std::string part;
        while (part.empty() && at_ < folders_.size())
            add_folder(folders_[at_++], part);
        if (at_ < folders_.size() || ended_) return part;
        ended_ = true;
        return part + (any_ ? "]" : "[]");
    }

  private:
    void add_folder(const fs::path& folder, std::string& part) {
        const os::UniqueFd directory = os::open_file(folder, O_RDONLY | O_DIRECTORY);
        os::each_name(directory.get(), [&](const std::string& name, unsigned char) {
            if (!vault::Id::parse(name)) return true;
            const auto status = os::look_at(directory.get(), name);
            if (!status) return true;  // gone meanwhile
            part += std::exchange(any_, true) ? ",\n" : "[";
            part += with_sizes_ ? "{\"name\":\"" + name +
                                      "\",\"size\":" + std::to_string(status->st_size) + "}"
                                : "\"" + name + "\"";
            return true;
        });
    }

    const std::vector<fs::path> folders_;
    const bool with_sizes_;
    std::size_t at_ = 0;
    bool any_ = false;
    bool ended_ = false;
};

}  // namespace

StreamedAnswer plain_answer_of(int status) {
    StreamedAnswer answer;
    answer.head.status = status;
    return answer;
}

int status_of(const Error& error) {
    switch (error.category()) {
        case ErrorCategory::NotFound:
            return 404;
        case ErrorCategory::NoSpace:
            return 507;
        case ErrorCategory::InvalidInput:
            return 400;
        default:
            return 500;
    }
}

std::unique_ptr<BodySource> read_file(os::UniqueFd file, ByteRange range) {
    return std::make_unique<FileSource>(std::move(file), range);
}

std::unique_ptr<BodySource> list_folder(vault::TieredStore& store, FileKind kind, bool with_sizes) {
    // The path of a file says which folder it is in.
    const auto folder_of = [kind](const vault::DirectoryStore& directory) {
        return directory.path(kind, std::string(64, '0')).parent_path();
    };
    std::vector<fs::path> folders;
    const auto add_packs = [&](const vault::DirectoryStore& directory) {
        for (const auto& entry : fs::directory_iterator(folder_of(directory).parent_path()))
            if (entry.is_directory()) folders.push_back(entry.path());
    };
    if (kind != FileKind::Data) {
        folders.push_back(folder_of(store.hot()));
    } else {
        // In this order, as packs go to the cold directory; one on its way may be named twice.
        add_packs(store.hot());
        if (const auto cold = store.cold()) add_packs(*cold);
    }
    return std::make_unique<FolderSource>(std::move(folders), with_sizes);
}

}  // namespace lifeboat::server
