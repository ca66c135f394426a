// Where a repository's files lie: a directory, a server, a bucket. Files are written once, whole,
// and never changed. Every store promises the same, and store_suite.h holds it to that:
//
// - What save() returned from is durable and complete. Before that the name shows nothing, whatever
//   happens to the writer.
// - As soon as save() or remove() has returned, every reader of the same store sees the change:
//   by name and in listings.
// - Files of one kind are never seen as another.
// - A listing shows every file once that is there from its beginning to its end; what comes or goes
//   meanwhile may be missing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lifeboat::vault {

enum class FileKind { Config, Data, Index, Key, Lock, Snapshot };
std::string_view folder_of(FileKind kind);  // "data", "index", ...; Config: ""

class Tiers;

class Store {
  public:
    virtual ~Store() = default;
    // All are thread-safe, and throw Unavailable when the store does not answer. `name` is 64
    // hexadecimal digits, or "config" for Config; anything else that lies in a folder is not
    // listed.
    virtual void each(
        FileKind kind,
        const std::function<void(const std::string& name, std::uint64_t size)>& visit) = 0;
    // In bytes; nullopt when there is no such file.
    virtual std::optional<std::uint64_t> size(FileKind kind, const std::string& name) = 0;
    // The whole file. Throws NotFound.
    virtual std::string load(FileKind kind, const std::string& name) = 0;
    // Exactly `length` bytes from `offset` to `out`. Throws NotFound; Corruption when the file is
    // shorter.
    virtual void load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
                      std::size_t length) = 0;
    // Durable on return; the name never shows a part. A file that is there already with this name
    // is left alone (its name says what it holds), except that a second Config is AlreadyExists.
    virtual void save(FileKind kind, const std::string& name, std::string_view content) = 0;
    // One that is not there is fine.
    virtual void remove(FileKind kind, const std::string& name) = 0;
    // Its classes of packs; lives as long as the store. None: all are alike.
    virtual Tiers* tiers() { return nullptr; }
};

}  // namespace lifeboat::vault
