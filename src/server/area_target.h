// What a request to /vault/<workspace>/ is about: restic's REST protocol, versions 1 and 2.
//
// Nothing of a target is decoded: no name of the protocol needs encoding, so whatever has a '%', an
// empty segment or a name of another form is no target at all.
// Source: https://restic.readthedocs.io/en/stable/REST_backend.html
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vault/store.h"

namespace lifeboat::server {

inline constexpr std::string_view kAreaPrefix = "/vault/";

struct AreaTarget {
    enum class Thing { Repository, Folder, File };
    std::string workspace;
    Thing thing = Thing::Repository;
    vault::FileKind kind = vault::FileKind::Config;  // of a folder or file
    std::string name;                                // of a file; "config" of the configuration
    bool creates = false;                            // ?create=true

    // "data/<name>", "keys/", "config", ""
    std::string text() const;
};
// nullopt: no target of the protocol.
std::optional<AreaTarget> parse_area_target(std::string_view target);

struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t length = 0;
};
enum class RangeForm { None, Bytes, Unsatisfiable };
// A Range header against a file of `size` bytes. What is no single range of bytes counts as none,
// as RFC 9110 section 14.2 has it.
std::pair<RangeForm, ByteRange> parse_range(std::string_view header, std::uint64_t size);

}  // namespace lifeboat::server
