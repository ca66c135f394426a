// Any text as a snapshot or as a lock: one whose text says the same again, or Corruption.
#include <cstdlib>

#include "base/error.h"
#include "vault/lock.h"
#include "vault/snapshot.h"

extern const char* const kSeeds;
const char* const kSeeds = R"~(
{"time":"2026-01-02T03:04:05.678+02:00","parent":"6aa4ff9d4dd6c6d4e8ea2eaa5d0bdf9d9a5b0e0e7b2f8ffe2d4e8ea2eaa5d0b1","tree":"1aa4ff9d4dd6c6d4e8ea2eaa5d0bdf9d9a5b0e0e7b2f8ffe2d4e8ea2eaa5d0b1","paths":["/home"],"hostname":"h","username":"u","uid":1,"gid":2,"excludes":["*.tmp"],"tags":["a","b"],"original":"2aa4ff9d4dd6c6d4e8ea2eaa5d0bdf9d9a5b0e0e7b2f8ffe2d4e8ea2eaa5d0b1","program_version":"restic 0.17","summary":{"files_new":1,"x":[1.5,"\u00e4"]}}
{"time":"2026-01-02T03:04:05Z","exclusive":true,"hostname":"h","username":"u","pid":12,"uid":3,"gid":4}
{"tree":null}
)~";

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lifeboat;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto stays = [](const std::string& once, auto again) {
        if (again(once) != once) std::abort();
    };
    try {
        stays(vault::encode_snapshot(vault::decode_snapshot(text)), [](const std::string& once) {
            return vault::encode_snapshot(vault::decode_snapshot(once));
        });
    } catch (const Error& error) {
        if (error.category() != ErrorCategory::Corruption) std::abort();
    }
    try {
        stays(vault::encode_lock(vault::decode_lock(text)),
              [](const std::string& once) { return vault::encode_lock(vault::decode_lock(once)); });
    } catch (const Error& error) {
        if (error.category() != ErrorCategory::Corruption) std::abort();
    }
    return 0;
}
