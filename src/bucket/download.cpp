#include "bucket/download.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/fault.h"
#include "bucket/content_check.h"
#include "mover/content.h"
#include "mover/merged_directory.h"
#include "mover/metadata.h"
#include "mover/new_entry.h"
#include "mover/new_link.h"
#include "mover/ranges.h"
#include "os/directory.h"

namespace lifeboat::bucket {

using mover::Action;
using mover::Effect;
using mover::Entry;
using mover::Plan;
using mover::Selection;

namespace {

// Bytes that are not counted: reading them again would cost more.
constexpr std::size_t kKeptBeginning = 64 * 1024;

}  // namespace

Download::Download(mover::Run& run, mover::Failures& failures, const Bucket& bucket,
                   ByteBudget& budget, mover::TemporaryNames& names, int root, Effect effect)
    : run_(run),
      failures_(failures),
      bucket_(bucket),
      budget_(budget),
      names_(names),
      root_(root),
      effect_(effect),
      planner_(run.options, bucket, budget, run.stop) {}

bool Download::asks_for_names() const {
    return run_.options.preserve_deleted_files == mover::PreserveDeletedFiles::Remove;
}

void Download::told_only(Action::Kind kind, const Item& item) {
    if (kind == Action::Kind::Keep || kind == Action::Kind::Skip) {
        if (effect_ == Effect::Change) ++run_.counters.skipped;
        return run_.tell(kind, item.path(), item.plan.reason, 0, &item.object.entry);
    }
    const bool has_bytes = item.object.entry.is_regular() && kind == Action::Kind::Copy;
    const std::uint64_t bytes = has_bytes ? item.object.entry.size() : 0;
    ++run_.counters.estimated_files;
    run_.counters.estimated_bytes += bytes;
    run_.tell(kind, item.path(), item.plan.reason, bytes, &item.object.entry);
}

bool Download::enter(Folder& folder) {
    if (folder.selection == Selection::Take) ++run_.counters.seen;
    if (const auto* manifest = run_.filter.manifest()) manifest->found(folder.path);
    folder.plan = planner_.open_beside(folder);
    const Plan& plan = folder.plan;
    if (plan.kind == Plan::Kind::Keep) {
        if (effect_ == Effect::Change) ++run_.counters.skipped;
        run_.tell(Action::Kind::Keep, folder.path, plan.reason, 0, &folder.source_entry);
        return false;
    }
    if (plan.kind == Plan::Kind::Conflict) mover::throw_conflict(plan);
    if (effect_ == Effect::Look) {
        if (!plan.changes()) return true;
        ++run_.counters.estimated_files;
        run_.tell(plan.kind == Plan::Kind::Metadata ? Action::Kind::Update : Action::Kind::Copy,
                  folder.path, plan.reason, 0, &folder.source_entry);
        return true;
    }
    if (plan.kind == Plan::Kind::Create || plan.kind == Plan::Kind::Replace) {
        mover::make_directory(folder);
        return true;
    }
    mover::let_owner_write(folder);
    mover::remove_strays(folder, names_, failures_);
    return true;
}

void Download::visit(Folder& folder, const std::string& name, const Listed& listed) {
    ++run_.counters.seen;
    if (const auto* manifest = run_.filter.manifest()) manifest->found(folder.path_of(name));
    std::optional<Entry> found;
    if (folder.destination && !folder.made) found = mover::look(folder.destination.get(), name);
    if (found && mover::is_left_unfinished(folder, *found)) found.reset();
    Item item{folder, name, {}, {}, {}, {}, {}};
    // Where nothing stands, reading it tells what it is. An empty object has nothing to read.
    if (found || effect_ == Effect::Look || listed.size == 0) {
        auto object = bucket_.find(listed.key);
        if (!object)
            throw Error(ErrorCategory::NotFound, "Vanished",
                        "the object was removed between listing and reading");
        item.object = *std::move(object);
        item.plan = planner_.plan(item.object, found, folder.destination.get(), name);
        if (skips(item)) return;
    }
    if (item.object.etag.empty() || item.object.entry.size() > 0) {
        item.share.emplace(budget_, std::min(listed.size, kPartBytes), run_.stop);
        Bucket::Range range = bucket_.read(listed.key, 0, kPartBytes, item.object.etag);
        item.begin = std::move(range.bytes);
        item.object = std::move(range.object);
        if (!found) item.plan = planner_.plan(item.object, found, -1, name);
        if (skips(item)) return;
    }
    fetch(item);
}

// Equal, kept, left out, or only to be told.
bool Download::skips(Item& item) {
    switch (item.plan.kind) {
        case Plan::Kind::Equal:
            if (!has_other_links(item)) return true;
            item.plan.kind = Plan::Kind::Replace;
            item.plan.reason = "it is a link to another file at the destination";
            break;
        case Plan::Kind::Keep:
            told_only(Action::Kind::Keep, item);
            return true;
        case Plan::Kind::Skip:
            told_only(Action::Kind::Skip, item);
            return true;
        case Plan::Kind::Conflict:
            mover::throw_conflict(item.plan);
        case Plan::Kind::Metadata:
            if (effect_ == Effect::Look)
                told_only(Action::Kind::Update, item);
            else
                update(item);
            return true;
        default:
            break;
    }
    if (effect_ != Effect::Look) return false;
    told_only(Action::Kind::Copy, item);
    return true;
}

// What is equal but for the names it shares its content with: becomes a link to the copy of the
// same file; true when it is one to the copy of another.
bool Download::has_other_links(Item& item) {
    const auto there = mover::look(item.folder.destination.get(), item.name);
    mover::HardLinks::Claim claim = links_.claim(item.object.entry);
    if (!there) return false;
    if (claim.target() != nullptr) {
        if (!claim.target()->is(*there) && effect_ != Effect::Look) link(item, *claim.target());
        return false;
    }
    if (claim.is_taken(*there)) {
        item.claim.emplace(std::move(claim));
        return true;
    }
    claim.done(item.path(), &*there);
    return false;
}

void Download::fetch(Item& item) {
    // Whoever waits here for another name of the same file must not hold the memory its copy needs.
    if (item.object.entry.status.st_nlink > 1 && !item.claim) {
        if (item.begin.size() > kKeptBeginning) item.begin = {};
        item.share.reset();
    }
    if (!item.claim) item.claim.emplace(links_.claim(item.object.entry));
    if (item.claim->target() != nullptr) return link(item, *item.claim->target());
    const Entry made = item.object.entry.is_symlink() ? make_symlink(item) : make_file(item);
    item.claim->done(item.path(), &made);
}

Entry Download::make_file(Item& item) {
    const int directory = item.folder.destination.get();
    mover::Temporary temporary(directory, names_.next());
    os::UniqueFd to = os::open_below(directory, temporary.name(), O_RDWR | O_CREAT | O_EXCL,
                                     mover::kUnfinishedFile);
    fault::reach("bucket.file-created");
    fill(item, to.get());
    check(item, to.get());
    const mover::Wanted wanted = wanted_from_bucket(item.object.entry, run_.options);
    mover::write_metadata(to.get(), wanted, nullptr);
    const Entry made = mover::look(to.get());
    if (run_.options.verify_mode != mover::VerifyMode::None) mover::check_metadata(made, wanted);
    if (run_.options.durability == mover::Durability::File && ::fsync(to.get()) != 0)
        throw error_from_errno(errno, "write the copy to the disk");
    if (::close(to.release()) != 0 && errno != EINTR)
        throw error_from_errno(errno, "close the copy");
    clear_place(item);
    temporary.publish(item.name);
    count(item, item.object.entry.size());
    return made;
}

void Download::fill(Item& item, int to) {
    const std::uint64_t size = item.object.entry.size();
    const auto write = [&](std::string_view bytes, std::uint64_t offset) {
        run_.bandwidth.take(bytes.size(), run_.stop);
        run_.counters.moved += bytes.size();
        mover::write_at(to, bytes, offset);
    };
    const std::uint64_t begun = item.begin.size();
    write(item.begin, 0);
    item.begin = {};
    item.share.reset();
    if (size <= begun) return;
    mover::for_each_range(
        run_.pool, size - begun, kPartBytes, mover::Help::AtOnce,
        [&](std::uint64_t begin, std::uint64_t end) {
            if (run_.stop.stop_requested())
                throw Error(ErrorCategory::Cancelled, "Cancelled", "the copy was cancelled");
            const ByteBudget::Share share(budget_, end - begin, run_.stop);
            write(bucket_.read(item.object.key, begun + begin, end - begin, item.object.etag).bytes,
                  begun + begin);
        });
}

void Download::check(const Item& item, int fd) {
    if (run_.options.verify_mode == mover::VerifyMode::None ||
        (run_.options.verify_mode == mover::VerifyMode::PointInTimeConsistent &&
         run_.options.overwrite_mode != mover::OverwriteMode::Never))
        return;
    mover::flush_and_forget(fd);
    if (!holds_content_of(fd, bucket_, item.object, budget_, run_.stop))
        throw Error(ErrorCategory::Corruption, "VerificationFailed",
                    "what was read back from the destination differs from the object");
    ++run_.counters.verified;
}

Entry Download::make_symlink(const Item& item) {
    if (item.begin.size() != item.object.entry.size() || item.begin.find('\0') != std::string::npos)
        throw Error(ErrorCategory::InvalidInput, "InvalidLink",
                    "the object says it is a symbolic link and holds no path");
    const int directory = item.folder.destination.get();
    mover::Temporary temporary(directory, names_.next());
    if (::symlinkat(item.begin.c_str(), directory, temporary.name().c_str()) != 0)
        throw error_from_errno(errno, "make the symbolic link");
    const os::UniqueFd fd = mover::pin(directory, temporary.name(), S_IFLNK);
    const mover::Wanted wanted = wanted_from_bucket(item.object.entry, run_.options);
    mover::write_link_metadata(fd.get(), directory, temporary.name(), wanted);
    if (run_.options.verify_mode != mover::VerifyMode::None)
        mover::check_metadata(mover::look(fd.get()), wanted);
    clear_place(item);
    temporary.publish(item.name);
    count(item, 0);
    return mover::look(fd.get());
}

Entry Download::update(const Item& item) {
    const os::UniqueFd to = os::open_below(item.folder.destination.get(), item.name, O_RDONLY);
    const Entry now = mover::look(to.get());
    if (!os::is_same_file(now.status, item.plan.destination->status) || now.status.st_nlink != 1)
        throw Error(ErrorCategory::Unavailable, "ReplacedWhileMade",
                    "somebody put another file in the place of the copy");
    mover::Wanted wanted = wanted_from_bucket(item.object.entry, run_.options);
    wanted.atime.reset();
    mover::write_metadata(to.get(), wanted, nullptr);
    const Entry made = mover::look(to.get());
    if (run_.options.verify_mode != mover::VerifyMode::None) mover::check_metadata(made, wanted);
    ++run_.counters.transferred;
    run_.tell(Action::Kind::Update, item.path(), item.plan.reason, 0, &item.object.entry);
    return made;
}

void Download::link(Item& item, const mover::HardLinks::Target& target) {
    const std::string why = mover::make_link(root_, target, item.folder.destination.get(),
                                             item.name, names_.next(), [&] { clear_place(item); });
    if (why.empty()) return count(item, 0);
    // What is equal but for its names stays as it is.
    const bool stays = item.plan.kind == Plan::Kind::Equal;
    if (!stays) item.object.entry.is_symlink() ? make_symlink(item) : make_file(item);
    mover::throw_link_not_made(stays ? "left" : "copied", why);
}

mover::Removal Download::removal(const std::string& reason) {
    return mover::Removal(
        run_.filter, effect_,
        [this, reason](const std::string& path) {
            ++(effect_ == Effect::Look ? run_.counters.estimated_deletions : run_.counters.deleted);
            run_.tell(Action::Kind::Delete, path, reason);
        },
        [this](const std::string& path, const Error& error) {
            failures_.add(path, mover::Phase::Transferring, error);
        });
}

void Download::clear_place(const Item& item) {
    if (!item.plan.destination || !item.plan.destination->is_directory()) return;
    const int directory = item.folder.destination.get();
    if (asks_for_names())
        removal("a file takes its place")
            .remove(directory, item.name, item.path(), Selection::Take, item.folder.depth + 1);
    else if (::unlinkat(directory, item.name.c_str(), AT_REMOVEDIR) != 0)
        throw error_from_errno(errno, "remove the directory in the place of the file");
}

void Download::count(const Item& item, std::uint64_t bytes) {
    ++run_.counters.transferred;
    run_.counters.written += bytes;
    run_.counters.data += bytes;
    run_.tell(Action::Kind::Copy, item.path(), item.plan.reason, bytes, &item.object.entry);
}

void each_extra(
    const Folder& folder, const mover::Filter& filter,
    const std::function<void(const std::string&, const std::string&, Selection)>& visit) {
    os::each_name(folder.destination.get(), [&](const std::string& name, unsigned char) {
        const std::string path = folder.path_of(name);
        const Selection selection = filter.select(path, folder.selection);
        if (selection != Selection::Skip && !mover::TemporaryNames::is_temporary(name) &&
            !folder.names.may_hold(name))
            visit(name, path, selection);
        return true;
    });
}

void Download::leave(Folder& folder) {
    if (mover::deletes_in(folder, run_.options) && !run_.stop.stop_requested()) {
        const mover::Removal removing = removal("it is not at the source");
        each_extra(folder, run_.filter,
                   [&](const std::string& name, const std::string& path, Selection selection) {
                       removing.remove(folder.destination.get(), name, path, selection,
                                       folder.depth + 1);
                   });
    }
    if (effect_ == Effect::Look) return;
    const int destination = folder.destination.get();
    if (folder.fresh ||
        (folder.has_object && run_.options.overwrite_mode == mover::OverwriteMode::Always &&
         folder.selection == Selection::Take)) {
        const mover::Wanted wanted = wanted_of(folder, run_.options);
        mover::write_metadata(destination, wanted, nullptr);
        if (run_.options.verify_mode != mover::VerifyMode::None)
            mover::check_metadata(mover::look(destination), wanted);
    } else {
        mover::leave_as_it_was(folder, run_.options);
    }
    mover::require_in_place(folder);
    if (!folder.plan.changes()) return;
    ++run_.counters.transferred;
    run_.tell(folder.plan.kind == Plan::Kind::Metadata ? Action::Kind::Update : Action::Kind::Copy,
              folder.path, folder.plan.reason, 0, &folder.source_entry);
}

}  // namespace lifeboat::bucket
