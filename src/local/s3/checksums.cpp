#include "local/s3/checksums.h"

#include <boost/crc.hpp>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/json.h"
#include "local/s3/refusal.h"

namespace lifeboat::local::s3 {
namespace {

using Crc32 = boost::crc_32_type;
using Crc32c = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;
using Crc64Nvme =
    boost::crc_optimal<64, 0xAD93D23594C93659, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, true, true>;

template <typename Crc>
std::string big_endian_crc(std::string_view bytes, std::size_t width) {
    Crc crc;
    crc.process_bytes(bytes.data(), bytes.size());
    std::string out(width, '\0');
    auto value = static_cast<std::uint64_t>(crc.checksum());
    for (std::size_t i = width; i-- > 0; value >>= 8)
        out[i] = static_cast<char>(value & 0xff);
    return out;
}

std::string digest(std::string_view algorithm, std::string_view bytes) {
    if (algorithm == "CRC32") return big_endian_crc<Crc32>(bytes, 4);
    if (algorithm == "CRC32C") return big_endian_crc<Crc32c>(bytes, 4);
    if (algorithm == "CRC64NVME") return big_endian_crc<Crc64Nvme>(bytes, 8);
    if (algorithm == "SHA1") return sha1(bytes);
    if (algorithm == "SHA256") return sha256(bytes);
    throw refusal("InvalidRequest", "Checksum algorithm '" + std::string(algorithm) +
                                        "' is not one of CRC32, CRC32C, CRC64NVME, SHA1, SHA256.");
}

}  // namespace

const std::vector<std::string>& checksum_algorithms() {
    static const std::vector<std::string> all = {"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"};
    return all;
}

std::string checksum(std::string_view algorithm, std::string_view bytes) {
    return base64_encode(digest(algorithm, bytes));
}

Json checked_checksums(const Json& request, std::string_view bytes, const std::string& algorithm) {
    if (const auto sent = find_string(request, "ContentMD5")) {
        const auto raw = base64_decode(*sent);
        if (!raw || raw->size() != 16)
            throw refusal("InvalidDigest", "The Content-MD5 you specified was invalid.");
        if (*raw != md5(bytes))
            throw refusal("BadDigest",
                          "The Content-MD5 you specified did not match what we received.");
    }
    Json kept = Json::object();
    for (const std::string& one : checksum_algorithms()) {
        const std::string member = "Checksum" + one;
        const auto sent = find_string(request, member);
        if (!sent && one != algorithm) continue;
        const std::string own = checksum(one, bytes);
        if (sent && *sent != own)
            throw refusal("BadDigest",
                          "The " + one + " you specified did not match the calculated checksum.");
        kept[member] = own;
    }
    return kept;
}

std::string composite_checksum(std::string_view algorithm,
                               const std::vector<std::string>& part_checksums) {
    std::string all;
    for (const std::string& part : part_checksums)
        all += base64_decode(part).value_or("");
    return checksum(algorithm, all) + "-" + std::to_string(part_checksums.size());
}

}  // namespace lifeboat::local::s3
