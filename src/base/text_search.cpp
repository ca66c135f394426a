#include "base/text_search.h"

#include <cstring>

namespace lifeboat {

std::size_t find_text(std::string_view text, std::string_view piece, std::size_t from) {
    if (from > text.size()) return std::string_view::npos;
    if (piece.empty()) return from;
    // The C library's search is linear (two-way).
    const void* found =
        ::memmem(text.data() + from, text.size() - from, piece.data(), piece.size());
    if (found == nullptr) return std::string_view::npos;
    return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace lifeboat
