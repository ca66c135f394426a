#include "vault/audit_log.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <deque>
#include <fstream>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "os/directory.h"
#include "os/file.h"

namespace lifeboat::vault {
namespace {

namespace fs = std::filesystem;

// Clients choose some of the texts.
std::string bounded(const std::string& text) {
    constexpr std::size_t kMost = 200;
    std::string out = text.substr(0, kMost);
    return is_utf8(out) ? out : to_hex(out);
}

fs::path aside(const fs::path& file, int number) {
    return number == 0 ? file : fs::path(file.string() + "." + std::to_string(number));
}

}  // namespace

void AuditLog::add(const AuditEntry& entry, Time now) {
    Json line = {{"Time", to_iso8601_millis(now)}, {"Area", bounded(entry.area)},
                 {"Token", bounded(entry.token)},  {"From", entry.from},
                 {"Action", entry.action},         {"File", bounded(entry.file)},
                 {"Outcome", entry.outcome}};
    if (!entry.reason.empty()) line["Reason"] = bounded(entry.reason);
    if (entry.bytes != 0) line["Bytes"] = entry.bytes;
    const std::string text = to_text(line) + "\n";
    const std::scoped_lock lock(mutex_);
    if (!fd_ || size_ + text.size() > rotate_bytes_) rotate();
    os::write_all(fd_.get(), text, file_.string());
    size_ += text.size();
}

void AuditLog::rotate() {
    if (fd_) {
        for (int number = kKept - 1; number >= 0; --number) {
            std::error_code absent;
            fs::rename(aside(file_, number), aside(file_, number + 1), absent);
        }
    }
    fd_ = os::open_file(file_, O_WRONLY | O_APPEND | O_CREAT, 0600);
    size_ = static_cast<std::uint64_t>(os::look_at(fd_.get()).st_size);
}

std::vector<Json> AuditLog::read(const fs::path& file, const std::string& area, std::size_t most) {
    std::deque<Json> newest;
    for (int number = kKept; number >= 0; --number) {
        std::ifstream lines(aside(file, number));
        for (std::string line; std::getline(lines, line);) {
            Json entry = Json::parse(line, nullptr, false);
            if (!entry.is_object()) continue;
            if (!area.empty() && string_or(entry, "Area", "") != area) continue;
            newest.push_back(std::move(entry));
            if (newest.size() > most) newest.pop_front();
        }
    }
    return {newest.begin(), newest.end()};
}

}  // namespace lifeboat::vault
