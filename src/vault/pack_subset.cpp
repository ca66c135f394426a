#include "vault/pack_subset.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "base/byte_size.h"
#include "base/error.h"

namespace lifeboat::vault {
namespace {

// The parts go by the first byte of an id.
constexpr unsigned kMostParts = 256;

template <class Number>
bool read(std::string_view text, Number& number) {
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failure == std::errc() && end == text.data() + text.size();
}

}  // namespace

PackSubset PackSubset::parse(const std::string& text) {
    const auto refuse = [&] {
        return Error(ErrorCategory::InvalidInput, "InvalidSubset",
                     "'" + text +
                         "' is no part of the packs; write it as 2/5 (parts up to 256), 10% or "
                         "500M");
    };
    PackSubset subset;
    if (const auto slash = text.find('/'); slash != std::string::npos) {
        subset.kind_ = Kind::Part;
        const std::string_view whole(text);
        if (!read(whole.substr(0, slash), subset.part_) ||
            !read(whole.substr(slash + 1), subset.parts_) || subset.part_ < 1 ||
            subset.part_ > subset.parts_ || subset.parts_ > kMostParts)
            throw refuse();
    } else if (text.ends_with('%')) {
        subset.kind_ = Kind::Percent;
        if (!read(std::string_view(text).substr(0, text.size() - 1), subset.percent_) ||
            !(subset.percent_ > 0 && subset.percent_ <= 100))
            throw refuse();
    } else {
        subset.kind_ = Kind::Bytes;
        const auto bytes = parse_byte_size(text);
        if (!bytes || *bytes == 0) throw refuse();
        subset.bytes_ = *bytes;
    }
    return subset;
}

std::vector<SizedPack> PackSubset::choose(std::vector<SizedPack> packs, Random& random) const {
    if (kind_ == Kind::All || packs.empty()) return packs;
    if (kind_ == Kind::Part) {
        std::erase_if(
            packs, [&](const SizedPack& pack) { return pack.id.bytes[0] % parts_ != part_ - 1; });
        return packs;
    }
    for (std::size_t i = packs.size() - 1; i > 0; --i)
        std::swap(packs[i], packs[random.next() % (i + 1)]);
    std::size_t count = 0;
    if (kind_ == Kind::Percent) {
        count = static_cast<std::size_t>(static_cast<double>(packs.size()) * percent_ / 100);
    } else {
        for (std::uint64_t sum = 0; count < packs.size(); ++count)
            if ((sum += packs[count].size) > bytes_) break;
    }
    packs.resize(std::clamp<std::size_t>(count, 1, packs.size()));
    return packs;
}

}  // namespace lifeboat::vault
