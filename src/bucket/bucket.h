// The objects below one prefix of a bucket: looked at, listed, read in ranges, written, deleted.
//
// Objects are whole or not there. What is larger than one part goes up in parts, and parts that
// were left by an earlier try for the same key are ended first.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bucket/object_entry.h"
#include "cloud/cloud.h"

namespace lifeboat::bucket {

// Of parts and of what one request reads. S3 takes no parts below 5 MiB (but for the last) and at
// most 10,000 of them, so large files have larger ones.
inline constexpr std::uint64_t kPartBytes = std::uint64_t{8} << 20;
std::uint64_t part_bytes(std::uint64_t size);

// The ETag S3 gives to content that is stored as it is: the MD5 of a single request's bytes, or
// that of the parts' digests. Encrypted buckets give others.
std::string etag_of(std::string_view bytes);
std::string etag_of_parts(const std::vector<std::string>& md5s);

struct Listed {
    std::string key;
    std::uint64_t size = 0;
};

class Bucket {
  public:
    // `cloud` answers the service "s3", repeats what may pass by itself, and outlives this.
    // `prefix` as normal_prefix gives it.
    // What is written gets `storage_class`, where that is not empty.
    Bucket(cloud::Cloud& cloud, std::string name, std::string prefix, std::string storage_class)
        : cloud_(cloud),
          name_(std::move(name)),
          prefix_(std::move(prefix)),
          storage_class_(std::move(storage_class)) {}

    const std::string& name() const { return name_; }
    const std::string& prefix() const { return prefix_; }

    // nullopt when there is none. As all below: throws the Error of S3.
    std::optional<Object> find(const std::string& key) const;
    // Calls `visit` for every object whose key begins with `prefix`, in the order of the keys'
    // bytes; false ends it. A page is held at a time. Throws Error{Unavailable, "InvalidResponse"}
    // where the keys come in another order or twice, before any of that page is visited.
    void each(const std::string& prefix, const std::function<bool(const Listed&)>& visit) const;
    // The same, all of a page at a time.
    void each_page(const std::string& prefix,
                   const std::function<bool(const std::vector<Listed>&)>& visit) const;
    // The names directly below the folder `prefix`: keys, and folders with their slash.
    void each_name(const std::string& prefix,
                   const std::function<void(const std::string& key)>& visit) const;
    bool has_any(const std::string& prefix) const;

    struct Range {
        Object object;  // its size is that of all of it
        std::string bytes;
    };
    // Up to `length` bytes from `offset`; fewer only where the object ends. With `etag` not empty
    // fails with Error{Unavailable, "ChangedWhileRead"} when the object is another by now.
    Range read(const std::string& key, std::uint64_t offset, std::uint64_t length,
               const std::string& etag) const;

    // One request; returns the ETag.
    std::string put(const std::string& key, std::string_view bytes, const Json& metadata) const;
    // Calls `send` with an upload to which part() adds; what it added is the object afterwards.
    // Whatever is thrown, no part stays in the bucket. Returns the ETag. Uploads of the same key
    // that are under way are ended before: their senders get Error{Unavailable, "UploadEnded"}.
    class Parts;
    std::string put_parts(const std::string& key, const Json& metadata,
                          const std::function<void(Parts&)>& send) const;
    void remove(const std::string& key) const;

  private:
    Json call(std::string_view operation, Json request) const;
    // Calls `take` with each answer to the same listing; false ends it.
    void list(Json request, const std::function<bool(const Json& page)>& take) const;
    Json new_object(const std::string& key, const Json& metadata) const;  // of a request
    void abort(const Json& upload) const;
    void end_old_uploads(const std::string& key) const;
    // `wanted` is the ETag the object has where S3 stores it as it is.
    std::string complete(const Json& upload, Json parts, const std::string& wanted) const;

    cloud::Cloud& cloud_;
    const std::string name_;
    const std::string prefix_;
    const std::string storage_class_;
};

class Bucket::Parts {
  public:
    // `number` from 0 on, each once, from any thread.
    void add(std::size_t number, std::string_view bytes);

  private:
    friend class Bucket;
    Parts(const Bucket& bucket, const Json& upload);
    ~Parts();
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace lifeboat::bucket
