#include "vault/file_content.h"

#include <algorithm>

#include "base/error.h"

namespace lifeboat::vault {
namespace {

Error damaged(const std::string& what) {
    return Error(ErrorCategory::Corruption, "InvalidContent", what);
}

}  // namespace

FileContent::FileContent(const Node& node, const BlobReader& blobs) {
    if (node.content) blobs_ = *node.content;
    ends_.reserve(blobs_.size());
    std::uint64_t end = 0;
    for (const Id& id : blobs_) {
        const auto size = blobs.size(BlobType::Data, id);
        if (!size) throw damaged(blob_not_found(BlobType::Data, id).message());
        end += *size;  // 32 bits each: so many blobs that this wraps do not fit into memory
        ends_.push_back(end);
    }
    if (end != node.size)
        throw damaged("the file should have " + std::to_string(node.size) +
                      " bytes, but its blobs have " + std::to_string(end));
}

std::vector<FileContent::Piece> FileContent::pieces(std::uint64_t offset,
                                                    std::uint64_t length) const {
    std::vector<Piece> found;
    if (offset >= size()) return found;
    const std::uint64_t end = offset + std::min(length, size() - offset);
    auto number = static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), offset) -
                                           ends_.begin());
    for (std::uint64_t at = offset; at < end; ++number) {
        const std::uint64_t begin = number == 0 ? 0 : ends_[number - 1];
        const std::uint64_t count = std::min(end, ends_[number]) - at;
        if (count > 0) found.push_back({number, at - begin, count});
        at += count;
    }
    return found;
}

}  // namespace lifeboat::vault
