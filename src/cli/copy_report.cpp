#include "cli/copy_report.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "os/file.h"

namespace lifeboat::cli {
namespace {

constexpr std::size_t kWriteAt = 64 * 1024;

}  // namespace

CopyReport::CopyReport(std::filesystem::path path)
    : path_(std::move(path)),
      unfinished_(path_.string() + "." + std::to_string(::getpid()) + ".part"),
      file_(os::open_file(unfinished_, O_WRONLY | O_CREAT | O_EXCL, 0644)),
      waiting_("{\"Files\": [\n") {}

CopyReport::~CopyReport() {
    if (file_) ::unlink(unfinished_.c_str());
}

void CopyReport::add(const mover::Action& action) {
    if (action.kind == mover::Action::Kind::Verify) return;
    add(Json{{"Action", to_string(action.kind)},
             {"Path", action.path},
             {"Reason", action.reason},
             {"Bytes", action.bytes}});
}

void CopyReport::add(const mover::Failure& failure) {
    add(Json{{"Action", "fail"},
             {"Path", failure.path},
             {"Phase", to_string(failure.phase)},
             {"Code", failure.code},
             {"Message", failure.message}});
}

void CopyReport::add(const Json& entry) {
    const std::scoped_lock lock(mutex_);
    if (lost_) return;
    if (!std::exchange(is_first_, false)) waiting_ += ",\n";
    waiting_ += to_text(entry);
    if (waiting_.size() < kWriteAt) return;
    try {
        write(std::exchange(waiting_, {}));
    } catch (const Error& error) {
        lost_ = error;
    }
}

void CopyReport::write(const std::string& text) const {
    fault::reach("copy.report-write");
    os::write_all(file_.get(), text, path_.string());
}

void CopyReport::finish(const Json& sums) {
    if (lost_) throw *lost_;
    // "{...}" goes on after the list.
    waiting_ += "\n],\n" + to_pretty_text(sums).substr(1) + "\n";
    write(waiting_);
    if (::fsync(file_.get()) != 0) throw error_from_errno(errno, "write the report");
    if (std::rename(unfinished_.c_str(), path_.c_str()) != 0)
        throw error_from_errno(errno, "give the report its name");
    file_.reset(-1);
    os::sync_directory(std::filesystem::absolute(path_).parent_path());
}

}  // namespace lifeboat::cli
