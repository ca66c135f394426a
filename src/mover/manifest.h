// A list of the files to copy, instead of all: DataSync's manifests.
//
// Comma-separated values, a file a line: its path below the source, with or without a slash in
// front, and after a comma the version of an object, which means nothing for files. A field with a
// comma, a quote or a line break stands in double quotes, a quote in it twice (RFC 4180). Source:
// DataSync user guide, "Specifying what DataSync transfers by using a manifest".
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lifeboat::mover {

class Manifest {
  public:
    // Holds all of `text`'s paths in memory. Throws Error{InvalidInput,
    // "InvalidRequestException"} naming the line, and for a manifest with no path.
    explicit Manifest(std::string_view text);

    // `path` is relative to the root, without a leading slash.
    bool names(std::string_view path) const;
    // Something named lies below the directory `path`.
    bool names_below(std::string_view path) const;

    // To be called for each path found at the source; thread-safe. Others mean nothing.
    void found(std::string_view path) const;
    // `path`, or what is below it, is not to be copied in spite of its being named.
    void leave_out(std::string_view path) const;
    // Calls `visit` for each path that was neither found nor left out.
    void each_missing(const std::function<void(const std::string& path)>& visit) const;

    std::size_t size() const { return paths_.size(); }

  private:
    // Where `path` is or would be.
    std::size_t place_of(std::string_view path) const;

    std::vector<std::string> paths_;  // sorted, each once
    std::unique_ptr<std::atomic<bool>[]> found_;
};

}  // namespace lifeboat::mover
