#include "cli/vault_progress.h"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>

#include "base/json.h"

namespace lifeboat::cli {
namespace {

using namespace std::chrono_literals;

// Calls `tell` every second until stopped, with the seconds since the beginning.
void every_second(const std::stop_token& stop, const std::function<void(int)>& tell) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    for (int second = 1; !never.wait_for(lock, stop, 1s, [&] { return stop.stop_requested(); });
         ++second)
        tell(second);
}

}  // namespace

VaultProgress::VaultProgress(const Output& output, const char* files, const char* bytes,
                             std::function<Counts()> now) {
    if (output.is_json()) {
        thread_ = std::jthread([=](const std::stop_token& stop) {
            every_second(stop, [&](int second) {
                const Counts counts = now();
                const Json line = {{"message_type", "status"},
                                   {"seconds_elapsed", second},
                                   {files, counts.files},
                                   {bytes, counts.bytes}};
                std::cerr << to_text(line) << std::endl;
            });
        });
    } else if (::isatty(STDERR_FILENO) == 1) {
        const std::string noun = std::string(files).substr(0, std::string_view(files).find('_'));
        thread_ = std::jthread([now, noun](const std::stop_token& stop) {
            every_second(stop, [&](int) {
                const Counts counts = now();
                std::cerr << "\r\x1b[K" << human_count(static_cast<std::int64_t>(counts.files))
                          << ' ' << noun << ", "
                          << human_bytes(static_cast<std::int64_t>(counts.bytes)) << std::flush;
            });
            std::cerr << "\r\x1b[K" << std::flush;
        });
    }
}

VaultProgress::~VaultProgress() = default;

}  // namespace lifeboat::cli
