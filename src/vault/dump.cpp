#include "vault/dump.h"

namespace lifeboat::vault {

void dump(Browser& browser, const Node& file, const std::function<void(std::string_view)>& sink) {
    constexpr std::uint64_t kPart = std::uint64_t{1} << 20;
    const auto opened = browser.open(file);
    for (std::uint64_t offset = 0; offset < opened->content.size(); offset += kPart)
        for (const Browser::Part& part : browser.read(*opened, offset, kPart))
            sink(part.bytes);
}

}  // namespace lifeboat::vault
