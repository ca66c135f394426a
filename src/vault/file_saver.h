// Reads a file and saves what it holds. Whoever reads a file saves its chunks, too; those of a
// large one are shared with workers that have nothing to do.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "mover/pool.h"
#include "os/unique_fd.h"
#include "vault/backup_run.h"
#include "vault/chunker.h"
#include "vault/spares.h"
#include "vault/tree.h"

namespace lifeboat::vault {

class FileSaver {
  public:
    FileSaver(BackupRun& run, mover::Pool& pool, Polynomial polynomial);

    enum class Age { New, Changed };
    // Told once, by any thread, whether the file was saved; else it is in the report.
    using Done = std::function<void(bool is_saved)>;
    // Sets content and size of `node`, which must stay until `done` is called.
    void save(os::UniqueFd fd, Node& node, std::string path, Age age, Done done);

  private:
    struct File;

    void take(const std::shared_ptr<File>& file, std::size_t number, std::string_view chunk);
    void save_chunk(File& file, std::size_t number, std::string_view chunk);
    void finish(File& file);

    BackupRun& run_;
    mover::Pool& pool_;
    const Chunker chunker_;
    Spares<Bytes> buffers_;
    std::atomic<unsigned> chunks_waiting_{0};
};

}  // namespace lifeboat::vault
