#include "local/events/text_case.h"

#include <algorithm>
#include <array>

namespace lifeboat::local::events {
namespace {

// Upper-case letters first..last have their lower-case partner `distance` further on; with `step` 2
// upper and lower case alternate.
struct CaseRange {
    char32_t first;
    char32_t last;
    std::int32_t distance;
    char32_t step;
};

constexpr std::array kRanges = {
    CaseRange{0x41, 0x5a, 32, 1},       CaseRange{0xc0, 0xd6, 32, 1},
    CaseRange{0xd8, 0xde, 32, 1},       CaseRange{0x100, 0x12e, 1, 2},
    CaseRange{0x132, 0x136, 1, 2},      CaseRange{0x139, 0x147, 1, 2},
    CaseRange{0x14a, 0x176, 1, 2},      CaseRange{0x178, 0x178, -121, 1},
    CaseRange{0x179, 0x17d, 1, 2},      CaseRange{0x1cd, 0x1db, 1, 2},
    CaseRange{0x1de, 0x1ee, 1, 2},      CaseRange{0x1f8, 0x21e, 1, 2},
    CaseRange{0x222, 0x232, 1, 2},      CaseRange{0x386, 0x386, 38, 1},
    CaseRange{0x388, 0x38a, 37, 1},     CaseRange{0x38c, 0x38c, 64, 1},
    CaseRange{0x38e, 0x38f, 63, 1},     CaseRange{0x391, 0x3a1, 32, 1},
    CaseRange{0x3a3, 0x3ab, 32, 1},     CaseRange{0x3d8, 0x3ee, 1, 2},
    CaseRange{0x400, 0x40f, 80, 1},     CaseRange{0x410, 0x42f, 32, 1},
    CaseRange{0x460, 0x480, 1, 2},      CaseRange{0x48a, 0x4be, 1, 2},
    CaseRange{0x4c1, 0x4cd, 1, 2},      CaseRange{0x4d0, 0x52e, 1, 2},
    CaseRange{0x531, 0x556, 48, 1},     CaseRange{0x10a0, 0x10c5, 7264, 1},
    CaseRange{0x1e00, 0x1e94, 1, 2},    CaseRange{0x1ea0, 0x1efe, 1, 2},
    CaseRange{0x2160, 0x216f, 16, 1},   CaseRange{0x24b6, 0x24cf, 26, 1},
    CaseRange{0x2c00, 0x2c2f, 48, 1},   CaseRange{0xff21, 0xff3a, 32, 1},
    CaseRange{0x10400, 0x10427, 40, 1},
};

char32_t lower(char32_t letter) {
    const auto after = std::upper_bound(
        kRanges.begin(), kRanges.end(), letter,
        [](char32_t wanted, const CaseRange& range) { return wanted < range.first; });
    if (after == kRanges.begin()) return letter;
    const CaseRange& range = *(after - 1);
    if (letter > range.last || (letter - range.first) % range.step != 0) return letter;
    return static_cast<char32_t>(static_cast<std::int32_t>(letter) + range.distance);
}

void append(std::string& out, char32_t letter) {
    const auto continuation = [&](int shift) {
        out += static_cast<char>(0x80 | ((letter >> shift) & 0x3f));
    };
    if (letter < 0x80) {
        out += static_cast<char>(letter);
    } else if (letter < 0x800) {
        out += static_cast<char>(0xc0 | (letter >> 6));
        continuation(0);
    } else if (letter < 0x10000) {
        out += static_cast<char>(0xe0 | (letter >> 12));
        continuation(6);
        continuation(0);
    } else {
        out += static_cast<char>(0xf0 | (letter >> 18));
        continuation(12);
        continuation(6);
        continuation(0);
    }
}

}  // namespace

std::string fold_case(std::string_view utf8) {
    std::string out;
    out.reserve(utf8.size());
    for (std::size_t i = 0; i < utf8.size();) {
        const auto lead = static_cast<unsigned char>(utf8[i]);
        const std::size_t length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        if (length == 1 || i + length > utf8.size()) {
            out += lead < 0x80 ? static_cast<char>(lower(lead)) : utf8[i];
            ++i;
            continue;
        }
        char32_t letter = lead & (0x7fU >> length);
        for (std::size_t k = 1; k < length; ++k)
            letter = (letter << 6) | (static_cast<unsigned char>(utf8[i + k]) & 0x3fU);
        append(out, lower(letter));
        i += length;
    }
    return out;
}

}  // namespace lifeboat::local::events
