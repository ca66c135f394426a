#include "bucket/upload.h"

#include <fcntl.h>

#include <algorithm>

#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "bucket/content_check.h"
#include "bucket/object_key.h"
#include "mover/ranges.h"
#include "os/directory.h"

namespace lifeboat::bucket {

using mover::Action;
using mover::Directory;
using mover::Entry;
using mover::Plan;
using mover::Selection;

namespace {

constexpr int kMostTries = 3;

Error changed_while_read(const std::string& how) {
    return Error(ErrorCategory::Unavailable, "ChangedWhileRead", "the source " + how);
}

}  // namespace

Plan plan_object(const Entry& source, const std::optional<Object>& found,
                 const mover::Options& options) {
    using Kind = Plan::Kind;
    if (source.is_special()) return {Kind::Skip, "devices, FIFOs and sockets are not copied", {}};
    if (!found) return {Kind::Create, "new", {}};
    const Entry& there = found->entry;
    if (auto kept = mover::plan_to_keep(options, source, there)) return *kept;
    if (options.transfer_mode == mover::TransferMode::All)
        return {Kind::Replace, "TransferMode is ALL", there};
    if (there.type() != source.type()) return {Kind::Replace, "it is of another type", there};
    if (!source.is_directory() && there.size() != source.size())
        return {Kind::Replace, "the size differs", there};
    std::string differs = mover::difference(there, wanted_in_bucket(source, options));
    if (differs.empty() && !has_links_of(*found, source)) differs = "its hard links are others";
    // Metadata alone cannot be changed: the object is written anew.
    return {differs.empty() ? Kind::Equal : Kind::Replace, differs, there};
}

std::optional<Plan> plan_file_in_place(const Bucket& bucket, const Directory& directory,
                                       const mover::Options& options) {
    // A directory on the way to what is selected takes nobody's place.
    if (directory.selection != Selection::Take) return std::nullopt;
    if (!directory.parent || directory.parent->fresh) return std::nullopt;
    const auto file = bucket.find(file_key(bucket.prefix(), directory.path));
    if (!file) return std::nullopt;
    const mover::Planner planner(options, {});
    return planner.plan_directory(directory.source.get(), directory.source_entry, file->entry, -1);
}

bool Upload::make_way(const Directory& directory) {
    const auto plan = plan_file_in_place(bucket_, directory, run_.options);
    if (!plan) return true;
    if (plan->kind == Plan::Kind::Conflict) mover::throw_conflict(*plan);
    if (plan->kind == Plan::Kind::Keep) {
        if (effect_ == mover::Effect::Change) ++run_.counters.skipped;
        run_.tell(Action::Kind::Keep, directory.path, plan->reason, 0, &directory.source_entry);
        return false;
    }
    remove(file_key(bucket_.prefix(), directory.path), directory.path,
           "a directory takes its place");
    return true;
}

bool Upload::enter(Directory& directory) {
    const bool is_selected = directory.selection == Selection::Take;
    if (is_selected) ++run_.counters.seen;
    if (const auto* manifest = run_.filter.manifest()) manifest->found(directory.path);
    const std::string key = directory_key(bucket_.prefix(), directory.path);
    check_key(key);
    if (!make_way(directory)) return false;
    // Below a folder that is not there nothing is, and need not be looked for.
    directory.fresh = (directory.parent && directory.parent->fresh) || !bucket_.has_any(key);
    // The whole bucket has no key of its own.
    if (key.empty() || !is_selected) return true;
    Item item{directory, "", key, directory.path, directory.source_entry, {}};
    item.plan =
        plan_object(item.source, directory.fresh ? std::nullopt : bucket_.find(key), run_.options);
    // What exists is gone into whatever becomes of its own metadata.
    if (item.plan.kind != Plan::Kind::Keep) carry_out(item);
    return true;
}

void Upload::visit(Directory& directory, const std::string& name, const Entry& source,
                   os::UniqueFd /*opened*/) {
    ++run_.counters.seen;
    const std::string path = directory.path_of(name);
    if (const auto* manifest = run_.filter.manifest()) manifest->found(path);
    Item item{directory, name, file_key(bucket_.prefix(), path), path, source, {}};
    check_key(item.key);
    const auto found = directory.fresh ? std::nullopt : bucket_.find(item.key);
    item.plan = plan_object(source, found, run_.options);
    // Without times to go by, only the contents can tell.
    if (item.plan.kind == Plan::Kind::Equal && run_.options.mtime == mover::Times::None &&
        !holds_content_of(directory.source.get(), name, bucket_, *found, budget_, run_.stop))
        item.plan = {Plan::Kind::Replace, "the content differs", found->entry};
    carry_out(item);
}

void Upload::carry_out(Item& item) {
    switch (item.plan.kind) {
        case Plan::Kind::Equal:
            return;
        case Plan::Kind::Keep:
        case Plan::Kind::Skip:
            if (effect_ == mover::Effect::Change) ++run_.counters.skipped;
            return run_.tell(
                item.plan.kind == Plan::Kind::Keep ? Action::Kind::Keep : Action::Kind::Skip,
                item.path, item.plan.reason, 0, &item.source);
        default:
            break;
    }
    if (effect_ == mover::Effect::Look) {
        const std::uint64_t bytes = item.source.is_regular() ? item.source.size() : 0;
        ++run_.counters.estimated_files;
        run_.counters.estimated_bytes += bytes;
        return run_.tell(Action::Kind::Copy, item.path, item.plan.reason, bytes);
    }
    if (item.source.is_regular()) return send_file(item);
    const std::string content =
        item.source.is_symlink() ? os::read_link(item.directory.source.get(), item.name) : "";
    bucket_.put(item.key, content,
                metadata_of(item.source, wanted_in_bucket(item.source, run_.options)));
    count(item, 0);
}

void Upload::send_file(const Item& item) {
    for (int attempt = 1;; ++attempt) {
        try {
            return send_file_once(item, attempt == kMostTries);
        } catch (const Error& error) {
            if (error.code() != "ChangedWhileRead" || attempt == kMostTries) throw;
        }
    }
}

void Upload::send_file_once(const Item& item, bool last_try) {
    const os::UniqueFd from = os::open_below(item.directory.source.get(), item.name, O_RDONLY);
    const Entry before = mover::look(from.get());
    if (!before.is_regular()) throw changed_while_read("was replaced by another type of file");
    bool grew = false;
    // Asked when all has been read and the object is not there yet.
    const auto require_unchanged = [&] {
        const Entry after = mover::look(from.get());
        const bool changed = after.size() != before.size() ||
                             !mover::is_equal(after.status.st_mtim, before.status.st_mtim);
        // The beginning of a file that only grows is worth having; a mixture of two states is not.
        grew = changed && after.size() > before.size();
        if (changed && !(grew && last_try)) throw changed_while_read("changed while it was read");
    };
    const std::string etag = send_content(item, from.get(), before, require_unchanged);
    if (!grew) check(item, from.get(), before, etag);
    count(item, before.size());
    if (grew)
        throw changed_while_read("kept growing while it was read; the copy holds its first " +
                                 std::to_string(before.size()) + " bytes");
}

std::string Upload::send_content(const Item& item, int fd, const Entry& before,
                                 const std::function<void()>& require_unchanged) {
    const std::uint64_t size = before.size();
    const std::uint64_t step = part_bytes(size);
    const Json metadata = metadata_of(before, wanted_in_bucket(before, run_.options));
    const auto read = [&](std::uint64_t begin, std::uint64_t end) {
        if (run_.stop.stop_requested())
            throw Error(ErrorCategory::Cancelled, "Cancelled", "the copy was cancelled");
        run_.bandwidth.take(end - begin, run_.stop);
        std::string bytes = read_part(fd, begin, end - begin);
        if (bytes.size() != end - begin)
            throw changed_while_read("became shorter while it was read");
        run_.counters.moved += bytes.size();
        return bytes;
    };
    if (size <= step) {
        const ByteBudget::Share share(budget_, size, run_.stop);
        const std::string bytes = read(0, size);
        require_unchanged();
        return bucket_.put(item.key, bytes, metadata);
    }
    return bucket_.put_parts(item.key, metadata, [&](Bucket::Parts& parts) {
        mover::for_each_range(run_.pool, size, step, mover::Help::AtOnce,
                              [&](std::uint64_t begin, std::uint64_t end) {
                                  const ByteBudget::Share share(budget_, end - begin, run_.stop);
                                  parts.add(begin / step, read(begin, end));
                              });
        require_unchanged();
    });
}

// The server has compared the MD5 of what it got; this compares what the file holds now.
void Upload::check(const Item& item, int fd, const Entry& before, const std::string& etag) const {
    if (run_.options.verify_mode == mover::VerifyMode::None ||
        (run_.options.verify_mode == mover::VerifyMode::PointInTimeConsistent &&
         run_.options.overwrite_mode != mover::OverwriteMode::Never))
        return;
    const auto object = bucket_.find(item.key);
    if (!object || object->etag != etag ||
        !holds_content_of(fd, bucket_, *object, budget_, run_.stop)) {
        if (!mover::is_equal(mover::look(fd).status.st_mtim, before.status.st_mtim))
            throw changed_while_read("changed while it was read");
        throw Error(ErrorCategory::Corruption, "VerificationFailed",
                    "what the bucket holds differs from the source");
    }
    ++run_.counters.verified;
}

void Upload::count(const Item& item, std::uint64_t bytes) {
    ++run_.counters.transferred;
    run_.counters.written += bytes;
    run_.counters.data += bytes;
    run_.tell(Action::Kind::Copy, item.path, item.plan.reason, bytes, &item.source);
}

void Upload::leave(Directory& directory) {
    if (run_.options.preserve_deleted_files == mover::PreserveDeletedFiles::Remove &&
        !directory.fresh && !run_.stop.stop_requested())
        each_extra(bucket_, run_.filter, directory,
                   [&](const std::string& key, const std::string& path) {
                       if (!run_.stop.stop_requested())
                           remove(key, path, "it is not at the source");
                   });
}

void each_extra(const Bucket& bucket, const mover::Filter& filter, const Directory& directory,
                const std::function<void(const std::string& key, const std::string& path)>& visit) {
    const std::string folder = directory_key(bucket.prefix(), directory.path);
    bucket.each_name(folder, [&](const std::string& key) {
        if (key == folder) return;
        const bool is_folder = key.ends_with('/');
        const std::string name =
            key.substr(folder.size(), key.size() - folder.size() - (is_folder ? 1 : 0));
        const std::string path = directory.path_of(name);
        const Selection selection = filter.select(path, directory.selection);
        if (selection == Selection::Skip) return;
        // A key that can be no name is at the source for certain not.
        const bool can_be_a_name = path_of_key(bucket.prefix(), key).fault.empty();
        const auto there = can_be_a_name ? mover::look(directory.source.get(), name) : std::nullopt;
        if (there && (there->is_directory() || !is_folder)) return;
        if (!is_folder) {
            if (selection == Selection::Take) visit(key, path);
            return;
        }
        bucket.each(key, [&](const Listed& listed) {
            const std::string below = path_of_key(bucket.prefix(), listed.key).path;
            if (filter.select_from_root(below) == Selection::Take) visit(listed.key, below);
            return true;
        });
    });
}

void Upload::remove(const std::string& key, const std::string& path, const std::string& reason) {
    try {
        if (effect_ == mover::Effect::Look) {
            ++run_.counters.estimated_deletions;
        } else {
            bucket_.remove(key);
            ++run_.counters.deleted;
        }
        run_.tell(Action::Kind::Delete, path, reason);
    } catch (const Error& error) {
        failures_.add(path, mover::Phase::Transferring, error);
    }
}

}  // namespace lifeboat::bucket
