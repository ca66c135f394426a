#include "bucket/content_check.h"

#include <fcntl.h>

#include <algorithm>

#include "base/digest.h"
#include "base/error.h"
#include "mover/content.h"
#include "mover/entry.h"
#include "os/directory.h"

namespace lifeboat::bucket {
namespace {

void check_stop(const std::stop_token& stop) {
    if (stop.stop_requested())
        throw Error(ErrorCategory::Cancelled, "Cancelled", "the copy was cancelled");
}

// What the ETag of the file's content is when it went up the way we do it.
std::string etag_of_file(int fd, std::uint64_t size, ByteBudget& budget,
                         const std::stop_token& stop) {
    const std::uint64_t step = part_bytes(size);
    std::vector<std::string> digests;
    for (std::uint64_t offset = 0; offset < size || offset == 0; offset += step) {
        check_stop(stop);
        const ByteBudget::Share share(budget, std::min(step, size), stop);
        const std::string bytes = read_part(fd, offset, std::min(step, size - offset));
        if (size <= step) return etag_of(bytes);
        digests.push_back(md5(bytes));
    }
    return etag_of_parts(digests);
}

bool is_equal_to_object(int fd, const Bucket& bucket, const Object& object, ByteBudget& budget,
                        const std::stop_token& stop) {
    const std::uint64_t size = object.entry.size();
    for (std::uint64_t offset = 0; offset < size; offset += kPartBytes) {
        check_stop(stop);
        const std::uint64_t length = std::min(kPartBytes, size - offset);
        const ByteBudget::Share share(budget, 2 * length, stop);
        if (read_part(fd, offset, length) !=
            bucket.read(object.key, offset, length, object.etag).bytes)
            return false;
    }
    return true;
}

}  // namespace

std::string read_part(int fd, std::uint64_t offset, std::uint64_t length) {
    std::string bytes(length, '\0');
    bytes.resize(mover::read_at(fd, bytes.data(), length, offset));
    return bytes;
}

bool holds_content_of(int fd, const Bucket& bucket, const Object& object, ByteBudget& budget,
                      const std::stop_token& stop) {
    if (mover::look(fd).size() != object.entry.size()) return false;
    if (etag_of_file(fd, object.entry.size(), budget, stop) == object.etag) return true;
    return is_equal_to_object(fd, bucket, object, budget, stop);
}

bool holds_content_of(int directory, const std::string& name, const Bucket& bucket,
                      const Object& object, ByteBudget& budget, const std::stop_token& stop) {
    if (object.entry.is_symlink()) {
        const std::string target = os::read_link(directory, name);
        return object.etag == etag_of(target) ||
               bucket.read(object.key, 0, kPartBytes, object.etag).bytes == target;
    }
    const os::UniqueFd fd = os::open_below(directory, name, O_RDONLY);
    return holds_content_of(fd.get(), bucket, object, budget, stop);
}

}  // namespace lifeboat::bucket
