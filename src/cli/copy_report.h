// The report file of `lifeboat copy`: what became of each file, one a line, and the sums; one JSON
// object.
//
//   {"Files": [
//   {"Action":"copy","Bytes":5,"Path":"a","Reason":"new"},
//   {"Action":"fail","Code":"EACCES","Message":"...","Path":"b","Phase":"TRANSFERRING"}
//   ],
//   "BytesWritten": 5, ...}
#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/json_fwd.h"
#include "mover/run.h"
#include "os/unique_fd.h"

namespace lifeboat::cli {

class CopyReport {
  public:
    // Makes a file beside `path` that gets the name when it is finished; nothing is held in memory.
    // Throws the Error of errno.
    explicit CopyReport(std::filesystem::path path);
    // An unfinished one leaves nothing behind.
    ~CopyReport();
    CopyReport(const CopyReport&) = delete;
    CopyReport& operator=(const CopyReport&) = delete;

    // Thread-safe. What is read back and found equal is counted, not listed. A report that cannot
    // be written is no failure of the copy: finish() throws what went wrong.
    void add(const mover::Action& action);
    void add(const mover::Failure& failure);
    // `sums` is an object. Durable on return. Throws the Error of errno, and there is no report.
    void finish(const Json& sums);

  private:
    void add(const Json& entry);
    void write(const std::string& text) const;

    const std::filesystem::path path_;
    const std::filesystem::path unfinished_;
    os::UniqueFd file_;
    std::mutex mutex_;
    std::string waiting_;  // not written yet
    bool is_first_ = true;
    std::optional<Error> lost_;  // why nothing is written any more
};

}  // namespace lifeboat::cli
