#include "cli/copy_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "cli/output.h"

namespace lifeboat::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kBetweenPlainLines = 10s;
constexpr auto kBetweenMeasurements = 500ms;
// Weight of what is new in the smoothed rate: settles within a few seconds.
constexpr double kNewWeight = 0.3;

std::string count(std::uint64_t number) {
    return human_count(static_cast<std::int64_t>(number));
}

std::string bytes(std::uint64_t number) {
    return human_bytes(static_cast<std::int64_t>(number));
}

std::uint64_t percent(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 100 : std::min<std::uint64_t>(100, part * 100 / whole);
}

}  // namespace

void CopyProgress::measure(const mover::Progress& progress, Time now) {
    const auto passed = now - measured_;
    if (phase_ != progress.phase) {
        rate_ = 0;
    } else if (passed < kBetweenMeasurements || progress.bytes < measured_bytes_) {
        return;
    } else {
        const double current = static_cast<double>(progress.bytes - measured_bytes_) /
                               std::chrono::duration<double>(passed).count();
        rate_ = rate_ == 0 ? current : (1 - kNewWeight) * rate_ + kNewWeight * current;
    }
    measured_ = now;
    measured_bytes_ = progress.bytes;
}

std::string CopyProgress::text(const mover::Progress& progress) const {
    if (progress.phase == mover::Phase::Preparing)
        return "Comparing  " + count(progress.files) + " files";
    if (progress.phase == mover::Phase::Verifying)
        return fmt::format("Checking  {:3}%  {} of {} files",
                           percent(progress.files, progress.files_total), count(progress.files),
                           count(progress.files_total));
    if (!progress.is_estimated)
        return "Copying  " + count(progress.files) + " files  " + bytes(progress.bytes);
    const bool by_bytes = progress.bytes_total > 0;
    std::string line = fmt::format("Copying  {:3}%  {} of {} files",
                                   by_bytes ? percent(progress.bytes, progress.bytes_total)
                                            : percent(progress.files, progress.files_total),
                                   count(progress.files), count(progress.files_total));
    if (by_bytes) line += "  " + bytes(progress.bytes) + " of " + bytes(progress.bytes_total);
    if (rate_ >= 1) {
        line += "  " + bytes(static_cast<std::uint64_t>(rate_)) + "/s";
        if (progress.bytes < progress.bytes_total) {
            const double left = static_cast<double>(progress.bytes_total - progress.bytes) / rate_;
            // Whole seconds: an estimate has no tenths.
            const auto seconds = static_cast<std::int64_t>(std::min(left, 1e9)) + 1;
            line += "  " +
                    (seconds < 60 ? std::to_string(seconds) + " s"
                                  : human_milliseconds(seconds * 1000)) +
                    " left";
        }
    }
    if (progress.failures > 0) line += "  " + count(progress.failures) + " failed";
    return line;
}

void CopyProgress::show(const mover::Progress& progress) {
    if (form_ == Form::Silent) return;
    const Time now = clock_.now();
    measure(progress, now);
    const bool new_phase = phase_ != progress.phase;
    phase_ = progress.phase;
    if (form_ == Form::Plain) {
        if (!new_phase && now < shown_ + kBetweenPlainLines) return;
        stream_ << text(progress) << '\n' << std::flush;
    } else {
        stream_ << "\r" << text(progress) << "\x1b[K" << std::flush;
        line_open_ = true;
    }
    shown_ = now;
}

void CopyProgress::clear() {
    if (!line_open_) return;
    stream_ << "\r\x1b[K" << std::flush;
    line_open_ = false;
}

}  // namespace lifeboat::cli
