// How far a copy is, for people: one line that rewrites itself on a terminal, a line now and then
// elsewhere (in a log file, say).
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "base/clock.h"
#include "mover/copy_tree.h"

namespace lifeboat::cli {

class CopyProgress {
  public:
    enum class Form { Terminal, Plain, Silent };

    // `stream` and `clock` must outlive this.
    CopyProgress(std::ostream& stream, Form form, const Clock& clock)
        : stream_(stream), form_(form), clock_(clock) {}

    void show(const mover::Progress& progress);
    // Makes room for other output: the terminal's line goes.
    void clear();

  private:
    std::string text(const mover::Progress& progress) const;
    void measure(const mover::Progress& progress, Time now);

    std::ostream& stream_;
    Form form_;
    const Clock& clock_;
    std::optional<mover::Phase> phase_;
    Time shown_;
    // Bytes a second, smoothed; 0 until it is known.
    double rate_ = 0;
    Time measured_;
    std::uint64_t measured_bytes_ = 0;
    bool line_open_ = false;
};

}  // namespace lifeboat::cli
