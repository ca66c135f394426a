#include "deploy/package.h"

#include <minizip/zip.h>
#include <stdlib.h>

#include "base/error.h"
#include "os/file.h"

namespace lifeboat::deploy {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kUnix = 3U << 8U;               // "made by", in the zip format
constexpr unsigned kExecutable = 0100755U << 16U;  // a plain file's mode, likewise
constexpr unsigned kDosDate = (46U << 25U) | (1U << 21U) | (1U << 16U);  // 2026-01-01 00:00

Error failed(const char* step, int code) {
    return Error(ErrorCategory::Internal, "PackagingFailed",
                 std::string("the functions' code cannot be packaged: ") + step + " gave " +
                     std::to_string(code));
}

class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern = (fs::temp_directory_path() / "lifeboat-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr)
            throw error_from_errno(errno, "make a folder in " + fs::temp_directory_path().string());
        path_ = pattern;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

}  // namespace

std::string package_program(const fs::path& program) {
    constexpr std::uint64_t kLargest = 250 << 20;  // Lambda's limit, unzipped
    const std::string bytes = os::read_file(program, kLargest);
    const TemporaryFolder folder;
    const fs::path file = folder.path() / "code.zip";
    zipFile zip = zipOpen64(file.c_str(), APPEND_STATUS_CREATE);
    if (zip == nullptr) throw failed("zipOpen", 0);
    zip_fileinfo about{};
    about.dosDate = kDosDate;
    about.external_fa = kExecutable;
    int problem = zipOpenNewFileInZip4_64(
        zip, "bootstrap", &about, nullptr, 0, nullptr, 0, nullptr, Z_DEFLATED, Z_BEST_COMPRESSION,
        0, -MAX_WBITS, DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, nullptr, 0, kUnix, 0, 0);
    if (problem == ZIP_OK)
        problem = zipWriteInFileInZip(zip, bytes.data(), static_cast<unsigned>(bytes.size()));
    if (problem == ZIP_OK) problem = zipCloseFileInZip(zip);
    const int closed = zipClose(zip, nullptr);
    if (problem != ZIP_OK || closed != ZIP_OK) throw failed("zip", problem != 0 ? problem : closed);
    return os::read_file(file, kLargest);
}

}  // namespace lifeboat::deploy
