#include "vault/file_restorer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/fault.h"
#include "mover/content.h"
#include "mover/temporary.h"
#include "os/directory.h"
#include "vault/blob_batch.h"
#include "vault/restored_node.h"

namespace lifeboat::vault {
namespace {

// What is read together of small files. Larger ones are written by several workers, in parts.
constexpr std::uint64_t kMostSmall = 4 << 20;
// Long enough that few blobs are left without another to be hashed beside.
constexpr std::uint64_t kPart = 16 << 20;
// Each small file is open until its pieces are written.
constexpr std::size_t kMostPieces = 128;

bool is_zero(std::string_view bytes) {
    return bytes.empty() ||
           (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

// Reads `size` bytes at `offset` into `out`; true when they have this id.
bool read_if(int fd, std::uint64_t offset, std::size_t size, const Id& id, Bytes& out) {
    char* to = out.reset(size);
    for (std::size_t at = 0; at < size;) {
        const ssize_t got = ::pread(fd, to + at, size - at, static_cast<off_t>(offset + at));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        at += static_cast<std::size_t>(got);
    }
    return Id::of(out.view()) == id;
}

// None when we may not read it, which is no reason not to replace it.
os::UniqueFd open_if_readable(int directory, const std::string& name) {
    try {
        return os::open_below(directory, name, O_RDONLY);
    } catch (const Error& error) {
        if (error.category() != ErrorCategory::PermissionDenied) throw;
        return {};
    }
}

}  // namespace

Error directory_in_the_way() {
    return Error(ErrorCategory::AlreadyExists, "InTheWay",
                 "a directory is in its place; move it away");
}

struct FileRestorer::File {
    std::shared_ptr<RestoredDirectory> parent;
    const Node* node = nullptr;
    os::UniqueFd fd;
    os::UniqueFd old;                        // what it replaces, for its blocks
    std::string written_as;                  // its own name, or a temporary one
    std::atomic<std::size_t> unfinished{1};  // pieces, and whoever begins it
    std::atomic<bool> has_hole{false};
    std::atomic<bool> failed{false};

    std::string path() const { return parent->path_of(node->name); }
    bool has_its_name() const { return written_as == node->name; }
};

FileRestorer::FileRestorer(RestoreRun& run, const Repository& repository, CodecPool& codecs,
                           mover::Pool& pool, Done done)
    : run_(run), repository_(repository), codecs_(codecs), pool_(pool), done_(std::move(done)) {}

std::uint64_t FileRestorer::plain_size(const Id& id) const {
    const auto found = repository_.index().find(BlobType::Data, id);
    if (found.pack == nullptr)
        throw Error(ErrorCategory::NotFound, "BlobNotFound", "no pack holds its blob " + id.hex());
    return vault::plain_size(*found.place);
}

std::vector<FileRestorer::Piece> FileRestorer::pieces_of(const FilePtr& file) const {
    const Node& node = *file->node;
    std::vector<Piece> pieces;
    pieces.reserve(node.content->size());
    std::uint64_t offset = 0;
    for (const Id& id : *node.content) {
        pieces.push_back({file, id, offset, plain_size(id)});
        offset += pieces.back().size;
    }
    if (offset != node.size)
        throw Error(ErrorCategory::Corruption, "InvalidTree",
                    "its blobs hold " + std::to_string(offset) + " bytes, it should be " +
                        std::to_string(node.size));
    return pieces;
}

bool FileRestorer::is_large(const Node& node) {
    return node.size > kMostSmall;
}

void FileRestorer::begin(const std::shared_ptr<RestoredDirectory>& directory, const Node& node,
                         Batch& batch) {
    if (!node.content)
        throw Error(ErrorCategory::Corruption, "InvalidTree", "the file has no content list");
    const auto file = std::make_shared<File>();
    file->parent = directory;
    file->node = &node;
    std::vector<Piece> pieces = pieces_of(file);
    if (!open(*file)) return;
    if (run_.options.dry_run) {
        ++run_.progress.files;
        run_.progress.bytes += node.size;
        return;
    }
    ++directory->unfinished;
    file->unfinished += pieces.size();
    if (!is_large(node)) {
        for (Piece& piece : pieces)
            batch.pieces.push_back(std::move(piece));
        batch.bytes += node.size;
    } else {
        Batch part;
        const auto submit = [&] {
            // Two who write to one file wait for each other; others help who have no file.
            pool_.share([this, given = std::move(part)]() mutable { write(given); });
            part = {};
        };
        for (Piece& piece : pieces) {
            part.bytes += piece.size;
            part.pieces.push_back(std::move(piece));
            if (part.bytes >= kPart) submit();
        }
        if (!part.pieces.empty()) submit();
    }
    finish(file);
    if (batch.bytes >= kMostSmall || batch.pieces.size() >= kMostPieces) write(batch);
}

bool FileRestorer::replaces(const struct stat& there, const Node& node) const {
    if (run_.options.overwrite == Overwrite::Never) return false;
    if (run_.options.overwrite == Overwrite::Always) return true;
    return ZonedTime{there.st_mtim.tv_sec, static_cast<std::int32_t>(there.st_mtim.tv_nsec), 0} <
           node.mtime;
}

bool FileRestorer::is_equal(const struct stat& there, const Node& node) {
    return S_ISREG(there.st_mode) && static_cast<std::uint64_t>(there.st_size) == node.size &&
           there.st_mtim.tv_sec == node.mtime.seconds &&
           there.st_mtim.tv_nsec == node.mtime.nanoseconds;
}

// false: nothing is to be written.
bool FileRestorer::open(File& file) {
    const Node& node = *file.node;
    const RestoreOptions& options = run_.options;
    const int directory = file.parent->handle(options);
    if (directory < 0) return true;
    const auto there = file.parent->is_fresh() ? std::nullopt : os::look_at(directory, node.name);
    if (there && S_ISDIR(there->st_mode)) throw directory_in_the_way();
    os::UniqueFd old;
    if (there && S_ISREG(there->st_mode)) old = open_if_readable(directory, node.name);
    bool stays = there && is_equal(*there, node);
    if (stays && options.verifies) stays = old && is_whole(old.get(), node);
    if (stays) {
        ++run_.progress.files;
        ++run_.progress.unchanged;
        if (there->st_nlink > 1 || options.overwrite != Overwrite::Always || options.dry_run)
            return false;
        if (old)
            apply_node(old.get(), node, options);
        else
            apply_node(directory, node.name, node, options);
        return false;
    }
    if (there && !replaces(*there, node)) return false;
    if (options.dry_run) return true;
    file.old = std::move(old);
    // Nobody looks there yet, and the next run knows what is unfinished.
    const bool is_marked = file.parent->marks_unfinished() && !is_large(node);
    file.written_as = is_marked ? node.name : run_.names.next();
    fault::reach("vault.restore.file");
    file.fd = os::open_below(directory, file.written_as, O_RDWR | O_CREAT | O_EXCL,
                             is_marked ? mover::kUnfinishedFile : 0600);
    fault::reach("vault.restore.file-made");
    return true;
}

bool FileRestorer::is_whole(int fd, const Node& node) const {
    return codecs_.with([&](Codec& codec) {
        std::uint64_t offset = 0;
        for (const Id& id : *node.content) {
            const std::uint64_t size = plain_size(id);
            if (!read_if(fd, offset, size, id, codec.plain)) return false;
            offset += size;
        }
        return true;
    });
}

void FileRestorer::write(Batch& batch) {
    std::vector<const Piece*> wanted;
    std::vector<Id> ids;
    for (const Piece& piece : batch.pieces) {
        if (run_.is_stopped()) {
            fail(piece, Error(ErrorCategory::Cancelled, "Cancelled", "it was interrupted"));
        } else if (!piece.file->old || !reuse(piece)) {
            wanted.push_back(&piece);
            ids.push_back(piece.id);
        }
    }
    codecs_.with([&](Codec& codec) {
        load_blobs(
            repository_, BlobType::Data, ids, codec,
            [&](std::size_t number, std::string_view bytes) { put(*wanted[number], bytes); },
            [&](std::size_t number, const Error& why) { fail(*wanted[number], why); });
    });
    batch = {};
}

// The block may be in the file that is replaced.
bool FileRestorer::reuse(const Piece& piece) {
    return codecs_.with([&](Codec& codec) {
        if (!read_if(piece.file->old.get(), piece.offset, piece.size, piece.id, codec.plain))
            return false;
        run_.progress.reused += piece.size;
        put(piece, codec.plain.view());
        return true;
    });
}

void FileRestorer::put(const Piece& piece, std::string_view bytes) {
    File& file = *piece.file;
    try {
        if (bytes.size() != piece.size)
            throw Error(ErrorCategory::Corruption, "WrongContent",
                        "blob " + piece.id.hex() + " is not as long as the index says");
        if (is_zero(bytes))
            file.has_hole = true;
        else
            mover::write_at(file.fd.get(), bytes, piece.offset);
        run_.progress.bytes += piece.size;
    } catch (const Error& error) {
        return fail(piece, error);
    }
    finish(piece.file);
}

void FileRestorer::fail(const Piece& piece, const Error& why) {
    if (!piece.file->failed.exchange(true)) run_.tell_problem(piece.file->path(), why.what());
    finish(piece.file);
}

void FileRestorer::discard(File& file) {
    ::unlinkat(file.parent->opened(), file.written_as.c_str(), 0);
}

void FileRestorer::finish(const FilePtr& file) {
    if (--file->unfinished != 0) return;
    run_.guarded(file->path(), [&] { publish(*file); });
    file->fd.reset(-1);
    file->old.reset(-1);
    done_(file->parent);
}

void FileRestorer::publish(File& file) {
    const Node& node = *file.node;
    if (file.failed) return discard(file);
    try {
        if (file.has_hole && ::ftruncate(file.fd.get(), static_cast<off_t>(node.size)) != 0)
            throw error_from_errno(errno, "set the size");
        if (run_.options.verifies && !is_whole(file.fd.get(), node))
            throw Error(ErrorCategory::Corruption, "WrongContent",
                        "what was written does not read back as it should");
        // Its content is worth having whatever cannot be set.
        run_.guarded(file.path(), [&] { apply_node(file.fd.get(), node, run_.options); });
        const int directory = file.parent->opened();
        fault::reach("vault.restore.before-rename");
        if (!file.has_its_name() &&
            ::renameat(directory, file.written_as.c_str(), directory, node.name.c_str()) != 0)
            throw error_from_errno(errno, "put it in its place");
    } catch (const Error&) {
        discard(file);
        throw;
    }
    ++run_.progress.files;
}

}  // namespace lifeboat::vault
