#include "vault/browser.h"

#include "base/error.h"
#include "base/log.h"

namespace lifeboat::vault {
namespace {

// As many blobs as are read before they are asked for, when a file is read in order.
constexpr std::size_t kBlobsAhead = 2;
// The kernel asks for 128 KiB at a time, several at once; so far apart they are still in order.
constexpr std::uint64_t kDisorder = 4 << 20;
constexpr unsigned kOrderlyFrom = 3;

}  // namespace

bool BrowsedFile::is_read_in_order(std::uint64_t offset, std::uint64_t length) {
    const std::uint64_t last = last_end_.exchange(offset + length);
    const std::uint64_t apart = last > offset ? last - offset : offset - last;
    if (apart <= kDisorder) return ++in_order_ >= kOrderlyFrom;
    in_order_ = 0;
    return false;
}

Browser::Browser(Repository& repository, const Clock& clock, const BrowserOptions& options)
    : blobs_(repository),
      watch_(repository, blobs_, clock, options.filter, options.look_every),
      trees_(options.tree_room),
      data_(options.data_room),
      ahead_(kBlobsAhead, kBlobsAhead * 4) {}

std::shared_ptr<const TreeListing> Browser::listing(const Id& tree) {
    return trees_.get(tree, [&] {
        auto listing = std::make_shared<TreeListing>(
            blobs_.with(BlobType::Tree, tree,
                        [](std::string_view text) { return list_tree(decode_tree(text)); }));
        if (listing->hidden > 0)
            log::warning("a directory has names that cannot be shown",
                         {{"tree", tree.hex()},
                          {"names", std::to_string(listing->hidden)},
                          {"first", listing->first_hidden.substr(0, 300)}});
        const std::size_t bytes = listing->bytes();
        return LoadingCache<TreeListing>::Loaded{std::move(listing), bytes};
    });
}

std::unique_ptr<BrowsedFile> Browser::open(const Node& node) const {
    return std::make_unique<BrowsedFile>(node, blobs_);
}

std::shared_ptr<const Bytes> Browser::blob(const Id& id) {
    return data_.get(id, [&] {
        auto bytes = std::make_shared<Bytes>();
        blobs_.with(BlobType::Data, id, [&](std::string_view plain) { bytes->append(plain); });
        const std::size_t size = bytes->size();
        return LoadingCache<Bytes>::Loaded{std::move(bytes), size};
    });
}

std::vector<Browser::Part> Browser::read(BrowsedFile& file, std::uint64_t offset,
                                         std::uint64_t length) {
    const FileContent& content = file.content;
    const auto pieces = content.pieces(offset, length);
    if (pieces.empty()) return {};
    const std::size_t next = pieces.back().number + 1;
    if (file.is_read_in_order(offset, length) && file.reaches(next)) read_ahead(content, next);
    std::vector<Part> parts;
    for (const FileContent::Piece& piece : pieces) {
        const Id& id = content.blobs()[piece.number];
        try {
            auto bytes = blob(id);
            const std::string_view all = bytes->view();
            if (all.size() < piece.begin + piece.length)
                throw Error(ErrorCategory::Corruption, "InvalidContent",
                            "it is shorter than the index says");
            parts.push_back({std::move(bytes), all.substr(piece.begin, piece.length)});
        } catch (Error& error) {
            throw Error(error.within("reading the data blob " + id.hex()));
        }
    }
    return parts;
}

void Browser::read_ahead(const FileContent& content, std::size_t next) {
    for (std::size_t i = 0; i < kBlobsAhead && next + i < content.blobs().size(); ++i) {
        const Id& id = content.blobs()[next + i];
        if (!data_.has(id)) ahead_.submit([this, id] { blob(id); });
    }
}

}  // namespace lifeboat::vault
