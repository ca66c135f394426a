#include "vault/file_saver.h"

#include <mutex>

#include "base/error.h"
#include "os/directory.h"
#include "vault/content_reader.h"

namespace lifeboat::vault {
namespace {

// Smaller files have one chunk, or two.
constexpr std::uint64_t kBigFile = 1 << 20;
// Chunks that wait for a worker, 8 MiB each at most.
constexpr unsigned kMostChunksWaiting = 3;

}  // namespace

struct FileSaver::File {
    File(os::UniqueFd handle, Node& what, std::string name, Done then)
        : fd(std::move(handle)), node(what), path(std::move(name)), done(std::move(then)) {}

    os::UniqueFd fd;
    Node& node;
    const std::string path;
    const Done done;
    std::mutex mutex;
    std::vector<Id> content;
    std::atomic<std::size_t> unfinished{1};
    std::atomic<bool> failed{false};
};

FileSaver::FileSaver(BackupRun& run, mover::Pool& pool, Polynomial polynomial)
    : run_(run),
      pool_(pool),
      chunker_(polynomial),
      buffers_([] { return std::make_unique<Bytes>(); }) {}

void FileSaver::save(os::UniqueFd fd, Node& node, std::string path, Age age, Done done) {
    const auto file = std::make_shared<File>(std::move(fd), node, std::move(path), std::move(done));
    const bool is_read = run_.guarded(file->path, [&] {
        const std::uint64_t size = buffers_.with([&](Bytes& buffer) {
            std::size_t number = 0;
            return read_chunks(file->fd.get(), node.size, chunker_, buffer,
                               [&](std::string_view chunk) { take(file, number++, chunk); });
        });
        if (size != node.size) {
            run_.tell_changed(file->path, "its size changed from " + std::to_string(node.size) +
                                              " to " + std::to_string(size) +
                                              " bytes while it was read");
            node.size = size;
        }
        ++(age == Age::New ? run_.progress.files_new : run_.progress.files_changed);
    });
    if (!is_read) file->failed = true;
    finish(*file);
}

void FileSaver::take(const std::shared_ptr<File>& file, std::size_t number,
                     std::string_view chunk) {
    if (run_.is_over()) throw Error(ErrorCategory::Cancelled, "Cancelled", "it was not read whole");
    run_.progress.bytes += chunk.size();
    const bool is_shared = file->node.size >= kBigFile &&
                           chunks_waiting_.load() < kMostChunksWaiting && pool_.has_idle();
    if (!is_shared) return save_chunk(*file, number, chunk);
    ++chunks_waiting_;
    ++file->unfinished;
    pool_.submit([this, file, number, copy = std::string(chunk)] {
        --chunks_waiting_;
        if (!run_.guarded(file->path, [&] { save_chunk(*file, number, copy); }))
            file->failed = true;
        finish(*file);
    });
}

void FileSaver::save_chunk(File& file, std::size_t number, std::string_view chunk) {
    const Id id = run_.save(BlobType::Data, chunk);
    const std::scoped_lock lock(file.mutex);
    if (file.content.size() <= number) file.content.resize(number + 1);
    file.content[number] = id;
}

void FileSaver::finish(File& file) {
    if (--file.unfinished != 0) return;
    const bool is_saved = !file.failed && run_.guarded(file.path, [&] {
        const struct stat now = os::look_at(file.fd.get());
        if (!(ZonedTime::local(now.st_mtim) == file.node.mtime) &&
            static_cast<std::uint64_t>(now.st_size) == file.node.size)
            run_.tell_changed(file.path, "it was written to while it was read");
        file.node.content = std::move(file.content);
    });
    file.fd.reset(-1);
    file.done(is_saved);
}

}  // namespace lifeboat::vault
