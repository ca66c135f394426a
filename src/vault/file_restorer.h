// Writes files of a snapshot, each under a temporary name first, or marked as unfinished where the
// directory is. Blobs are read for many small files at a time, and for large ones in parts by
// several workers.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <memory>
#include <vector>

#include "base/error.h"
#include "mover/pool.h"
#include "vault/codec_pool.h"
#include "vault/restored_directory.h"

namespace lifeboat::vault {

// What is said where a file or link should go.
Error directory_in_the_way();

class FileRestorer {
  public:
    // Told when a file is done, in whichever way.
    using Done = std::function<void(std::shared_ptr<RestoredDirectory>)>;
    FileRestorer(RestoreRun& run, const Repository& repository, CodecPool& codecs,
                 mover::Pool& pool, Done done);

    struct File;
    using FilePtr = std::shared_ptr<File>;
    // A blob and where it goes.
    struct Piece {
        FilePtr file;
        Id id;
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
    };
    // Pieces of several files that are read together.
    struct Batch {
        std::vector<Piece> pieces;
        std::uint64_t bytes = 0;
    };

    // Is it written in parts? Then it is worth a task of its own.
    static bool is_large(const Node& node);
    // Begins `node` of `directory`, which stays until `done` is called; small ones go into `batch`,
    // which the caller writes when it is complete. Throws what a report says about the file.
    void begin(const std::shared_ptr<RestoredDirectory>& directory, const Node& node, Batch& batch);
    // Writes what is in the batch, and empties it.
    void write(Batch& batch);
    // May the file or link that is there be replaced?
    bool replaces(const struct stat& there, const Node& node) const;
    // Is what is there the file of `node`, as far as size and modification time tell?
    static bool is_equal(const struct stat& there, const Node& node);
    // Does the open file hold the content of `node`? Reads all of it.
    bool is_whole(int fd, const Node& node) const;

  private:
    std::vector<Piece> pieces_of(const FilePtr& file) const;
    bool open(File& file);
    std::uint64_t plain_size(const Id& id) const;
    bool reuse(const Piece& piece);
    void put(const Piece& piece, std::string_view bytes);
    void fail(const Piece& piece, const Error& why);
    void finish(const FilePtr& file);
    void publish(File& file);
    void discard(File& file);

    RestoreRun& run_;
    const Repository& repository_;
    CodecPool& codecs_;
    mover::Pool& pool_;
    const Done done_;
};

}  // namespace lifeboat::vault
