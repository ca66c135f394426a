// Any bytes as the header of a pack: blobs that account for every byte, or Corruption. The input is
// hexadecimal: two bytes say how long the blobs are, the rest is the header, which is sealed here,
// as only who has the key can make one that is opened.
#include <cstdlib>

#include "base/error.h"
#include "base/random.h"
#include "vault/pack.h"

extern const char* const kSeeds;
const char* const kSeeds = R"~(
002800280000006aa4ff9d4dd6c6d4e8ea2eaa5d0bdf9d9a5b0e0e7b2f8ffe2d4e8ea2eaa5d0b1
0064030032000000c80000006aa4ff9d4dd6c6d4e8ea2eaa5d0bdf9d9a5b0e0e7b2f8ffe2d4e8ea2eaa5d0b10132000000aaa4ff9d4dd6c6d4e8ea2eaa5d0bdf9d9a5b0e0e7b2f8ffe2d4e8ea2eaa5d0b1
0000
0028ff
)~";

namespace {

std::string from_hex(const std::uint8_t* data, std::size_t size) {
    std::string bytes;
    unsigned nibbles = 1;
    for (std::size_t i = 0; i < size; ++i) {
        const char c = static_cast<char>(data[i] | 0x20);
        const bool is_letter = c >= 'a' && c <= 'f';
        if (!is_letter && (data[i] < '0' || data[i] > '9')) continue;
        nibbles = nibbles << 4 | static_cast<unsigned>(is_letter ? c - 'a' + 10 : data[i] - '0');
        if (nibbles < 0x100) continue;
        bytes += static_cast<char>(nibbles);
        nibbles = 1;
    }
    return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lifeboat;
    static SeededRandom random(1);
    static vault::Cipher cipher(vault::Key::random(random), random);
    const std::string input = from_hex(data, size);
    const std::string header = input.size() < 2 ? "" : input.substr(2);
    const std::size_t blobs = input.size() < 2 ? 0
                                               : static_cast<unsigned char>(input[0]) * 256U +
                                                     static_cast<unsigned char>(input[1]);
    std::string pack = std::string(blobs, 'b') + cipher.seal(header);
    const auto sealed = static_cast<std::uint32_t>(header.size() + vault::kSealOverhead);
    for (int shift = 0; shift < 32; shift += 8)
        pack += static_cast<char>(sealed >> shift);
    for (const std::string& tried : {pack, input}) {
        try {
            std::uint64_t end = 0;
            const auto found = vault::read_pack_header(tried, cipher);
            for (const vault::BlobPlace& place : found) {
                if (place.offset != end) std::abort();
                end += place.length;
            }
            if (end + sealed + 4 != tried.size()) std::abort();
            const std::string again = tried.substr(0, end) + encode_pack_end(found, cipher);
            if (vault::read_pack_header(again, cipher) != found) std::abort();
        } catch (const Error& error) {
            if (error.category() != ErrorCategory::Corruption) std::abort();
        }
    }
    return 0;
}
