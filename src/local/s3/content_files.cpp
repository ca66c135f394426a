#include "local/s3/content_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/fault.h"
#include "os/file.h"

namespace lifeboat::local::s3 {
namespace {

namespace fs = std::filesystem;

void make_directory(const fs::path& directory) {
    if (::mkdir(directory.c_str(), 0700) != 0) {
        if (errno == EEXIST) return;
        throw error_from_errno(errno, "create '" + directory.string() + "'");
    }
    os::sync_directory(directory.parent_path());
}

}  // namespace

ContentFiles::ContentFiles(fs::path directory, Random& random)
    : directory_(std::move(directory)), random_(random) {
    make_directory(directory_);
}

// 256 directories, so that none grows very large.
fs::path ContentFiles::path_of(const std::string& file) const {
    return directory_ / file.substr(0, 2) / file;
}

std::string ContentFiles::new_name() const {
    std::string name = new_hex(random_, 32);
    make_directory(directory_ / name.substr(0, 2));
    return name;
}

std::string ContentFiles::write(std::string_view bytes) {
    const std::string name = new_name();
    os::publish_file(path_of(name), bytes, 0600);
    fault::reach("s3.content-written");
    return name;
}

std::string ContentFiles::link(const std::string& file) {
    const std::string name = new_name();
    const fs::path to = path_of(name);
    if (::link(path_of(file).c_str(), to.c_str()) != 0)
        throw error_from_errno(errno, "link '" + to.string() + "'");
    os::sync_directory(to.parent_path());
    return name;
}

void ContentFiles::read(const std::string& file, std::int64_t offset, std::int64_t size,
                        std::string& out) const {
    const fs::path path = path_of(file);
    const os::UniqueFd fd = os::open_file(path, O_RDONLY);
    const std::size_t start = out.size();
    out.resize(start + static_cast<std::size_t>(size));
    std::size_t done = 0;
    while (done < static_cast<std::size_t>(size)) {
        const ssize_t count =
            ::pread(fd.get(), out.data() + start + done, static_cast<std::size_t>(size) - done,
                    offset + static_cast<off_t>(done));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw error_from_errno(errno, "read '" + path.string() + "'");
        if (count == 0)
            throw Error(ErrorCategory::Corruption, "ShortFile",
                        "'" + path.string() + "' is shorter than the object it belongs to");
        done += static_cast<std::size_t>(count);
    }
}

void ContentFiles::remove(const std::string& file) const noexcept {
    ::unlink(path_of(file).c_str());
}

std::size_t ContentFiles::sweep(
    const std::function<bool(const std::string& file)>& is_referred) const {
    std::size_t removed = 0;
    for (const fs::directory_entry& below : fs::directory_iterator(directory_)) {
        if (!below.is_directory()) continue;
        for (const fs::directory_entry& entry : fs::directory_iterator(below.path())) {
            if (is_referred(entry.path().filename().string())) continue;
            ::unlink(entry.path().c_str());
            ++removed;
        }
    }
    return removed;
}

}  // namespace lifeboat::local::s3
