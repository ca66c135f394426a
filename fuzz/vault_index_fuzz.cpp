// Any text as an index file: packs that come back as they went in, or Corruption.
#include <cstdlib>

#include "base/error.h"
#include "vault/doomed.h"
#include "vault/index.h"

extern const char* const kSeeds;
const char* const kSeeds = R"~(
{"supersedes":["6aa4ff9d4dd6c6d4e8ea2eaa5d0bdf9d9a5b0e0e7b2f8ffe2d4e8ea2eaa5d0b1"],"packs":[{"id":"6aa4ff9d4dd6c6d4e8ea2eaa5d0bdf9d9a5b0e0e7b2f8ffe2d4e8ea2eaa5d0b1","blobs":[{"id":"1aa4ff9d4dd6c6d4e8ea2eaa5d0bdf9d9a5b0e0e7b2f8ffe2d4e8ea2eaa5d0b1","type":"data","offset":0,"length":38},{"id":"2aa4ff9d4dd6c6d4e8ea2eaa5d0bdf9d9a5b0e0e7b2f8ffe2d4e8ea2eaa5d0b1","type":"tree","offset":38,"length":112,"uncompressed_length":400}]}]}
{"packs":[],"lifeboat_doomed":[{"pack":"6aa4ff9d4dd6c6d4e8ea2eaa5d0bdf9d9a5b0e0e7b2f8ffe2d4e8ea2eaa5d0b1","since":"2026-01-02T03:04:05.6+01:00","holders":["host:12"]}]}
{"packs":null}
[]
)~";

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lifeboat;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const auto packs = vault::decode_index(text);
        const std::string again = vault::encode_index(packs);
        const auto same = vault::decode_index(again);
        if (vault::encode_index(same) != again || same.size() != packs.size()) std::abort();
        vault::Index index;
        for (const vault::PackEntry& pack : packs)
            index.add(pack);
        for (const vault::PackEntry& pack : packs)
            if (index.find_pack(pack.id) == nullptr) std::abort();
    } catch (const Error& error) {
        if (error.category() != ErrorCategory::Corruption) std::abort();
    }
    try {
        const std::string again = vault::encode_doomed(vault::decode_doomed(text));
        if (vault::encode_doomed(vault::decode_doomed(again)) != again) std::abort();
    } catch (const Error& error) {
        if (error.category() != ErrorCategory::Corruption) std::abort();
    }
    return 0;
}
