// A file of a snapshot as bytes that can be read anywhere: which blobs a range lies in.
#pragma once

#include <cstdint>
#include <vector>

#include "vault/blob_reader.h"
#include "vault/tree.h"

namespace lifeboat::vault {

class FileContent {
  public:
    // Asks the index for the length of each blob. Throws Corruption when one is in no pack, or when
    // together they are not what the node says.
    FileContent(const Node& node, const BlobReader& blobs);

    std::uint64_t size() const { return ends_.empty() ? 0 : ends_.back(); }
    // In the order of the file.
    const std::vector<Id>& blobs() const { return blobs_; }

    // A part of a blob.
    struct Piece {
        std::size_t number;  // in blobs()
        std::uint64_t begin;
        std::uint64_t length;  // more than 0

        friend bool operator==(const Piece&, const Piece&) = default;
    };
    // What makes up the `length` bytes from `offset`, as far as the file goes.
    std::vector<Piece> pieces(std::uint64_t offset, std::uint64_t length) const;

  private:
    std::vector<Id> blobs_;
    std::vector<std::uint64_t> ends_;  // where each blob ends in the file
};

}  // namespace lifeboat::vault
