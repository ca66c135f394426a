#include "mount/operations.h"

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <sys/statvfs.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/log.h"

namespace lifeboat::mount {
namespace {

// What is in a snapshot never changes; the folders around them do.
constexpr double kLasting = 24 * 3600;
constexpr double kPassing = 1;
// Requests of the kernel's read-ahead that may be under way.
constexpr unsigned kMostInBackground = 32;
// More parts than one writev() takes are copied together first.
constexpr std::size_t kMostParts = 512;
constexpr std::size_t kMostLogged = 1000;
constexpr std::size_t kLongestAttributeName = 255;

Operations& of(fuse_req_t request) {
    return *static_cast<Operations*>(fuse_req_userdata(request));
}

// Replies with the errno that `work` returns unless it is 0: then `work` has replied.
template <class Work>
void answer(fuse_req_t request, fuse_ino_t number, std::string_view tried, Work work) {
    int problem = EIO;
    try {
        problem = work(of(request));
    } catch (const Error& error) {
        of(request).log_failure(number, tried, error);
    } catch (const std::bad_alloc&) {
        problem = ENOMEM;
    } catch (const std::exception& error) {
        of(request).log_failure(number, tried,
                                Error(ErrorCategory::Internal, "InternalFailure", error.what()));
    }
    if (problem != 0) fuse_reply_err(request, problem);
}

fuse_entry_param param_of(const FileSystem::Entry& entry) {
    fuse_entry_param param{};
    param.ino = entry.number;
    param.attr = entry.status;
    param.attr_timeout = param.entry_timeout = entry.is_lasting ? kLasting : kPassing;
    return param;
}

void init(void* data, fuse_conn_info* connection) {
    connection->max_background = kMostInBackground;
    connection->congestion_threshold = kMostInBackground * 3 / 4;
    if (static_cast<Operations*>(data)->permissions == Operations::Permissions::KernelChecks)
        connection->want |= connection->capable & FUSE_CAP_POSIX_ACL;
}

void look_up(fuse_req_t request, fuse_ino_t parent, const char* name) {
    answer(request, parent, "look for a name", [&](Operations& operations) {
        FileSystem& files = operations.file_system;
        if (const auto entry = files.look_up(parent, name)) {
            const fuse_entry_param param = param_of(*entry);
            if (fuse_reply_entry(request, &param) != 0) files.forget(entry->number, 1);
            return 0;
        }
        if (!files.is_lasting(parent)) return ENOENT;
        fuse_entry_param absent{};
        absent.entry_timeout = kLasting;
        fuse_reply_entry(request, &absent);
        return 0;
    });
}

void forget(fuse_req_t request, fuse_ino_t number, std::uint64_t lookups) {
    of(request).file_system.forget(number, lookups);
    fuse_reply_none(request);
}

void forget_many(fuse_req_t request, std::size_t count, fuse_forget_data* forgotten) {
    for (std::size_t i = 0; i < count; ++i)
        of(request).file_system.forget(forgotten[i].ino, forgotten[i].nlookup);
    fuse_reply_none(request);
}

void get_attributes(fuse_req_t request, fuse_ino_t number, fuse_file_info*) {
    answer(request, number, "look at it", [&](Operations& operations) {
        const auto entry = operations.file_system.status(number);
        if (!entry) return ENOENT;
        fuse_reply_attr(request, &entry->status, entry->is_lasting ? kLasting : kPassing);
        return 0;
    });
}

void read_link(fuse_req_t request, fuse_ino_t number) {
    answer(request, number, "read the link", [&](Operations& operations) {
        const auto target = operations.file_system.read_link(number);
        if (!target) return ENOENT;
        fuse_reply_readlink(request, target->c_str());
        return 0;
    });
}

void open_file(fuse_req_t request, fuse_ino_t number, fuse_file_info* info) {
    answer(request, number, "open it", [&](Operations& operations) {
        auto file = operations.file_system.open(number);
        if (!file) return ENOENT;
        info->fh = operations.files.open(std::move(file));
        info->keep_cache = 1;
        if (fuse_reply_open(request, info) != 0) operations.files.close(info->fh);
        return 0;
    });
}

void read_file(fuse_req_t request, fuse_ino_t number, std::size_t size, off_t offset,
               fuse_file_info* info) {
    answer(request, number, "read it", [&](Operations& operations) {
        const auto file = operations.files.find(info->fh);
        if (!file) return EBADF;
        const auto parts =
            operations.file_system.read(*file, static_cast<std::uint64_t>(offset), size);
        if (parts.size() > kMostParts) {
            std::string together;
            for (const auto& part : parts)
                together += part.bytes;
            fuse_reply_buf(request, together.data(), together.size());
            return 0;
        }
        std::vector<iovec> pieces;
        pieces.reserve(parts.size());
        for (const auto& part : parts)
            pieces.push_back({const_cast<char*>(part.bytes.data()), part.bytes.size()});
        if (pieces.empty())
            fuse_reply_buf(request, nullptr, 0);
        else
            fuse_reply_iov(request, pieces.data(), static_cast<int>(pieces.size()));
        return 0;
    });
}

void close_file(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
    of(request).files.close(info->fh);
    fuse_reply_err(request, 0);
}

void open_directory(fuse_req_t request, fuse_ino_t number, fuse_file_info* info) {
    answer(request, number, "open the directory", [&](Operations& operations) {
        auto directory = operations.file_system.open_directory(number);
        if (!directory) return ENOENT;
        const bool is_lasting = directory->listing != nullptr;
        info->fh = operations.directories.open(std::move(directory));
        info->keep_cache = info->cache_readdir = is_lasting ? 1 : 0;
        if (fuse_reply_open(request, info) != 0) operations.directories.close(info->fh);
        return 0;
    });
}

// The names of a directory in a buffer of the size the kernel has for them. Position 0 is ".", 1 is
// "..", from 2 on what is in it.
class NameBuffer {
  public:
    enum class Form { Names, NamesAndAttributes };

    NameBuffer(fuse_req_t request, std::size_t size, Form form)
        : request_(request), form_(form), room_(size) {
        bytes_.resize(size);
    }
    bool has_room_for(const std::string& name) const {
        return used_ + add(nullptr, 0, name, fuse_entry_param{}, 0) <= room_;
    }
    void add(const std::string& name, const fuse_entry_param& param, off_t next) {
        used_ += add(bytes_.data() + used_, room_ - used_, name, param, next);
    }
    bool reply() { return fuse_reply_buf(request_, bytes_.data(), used_) == 0; }

  private:
    std::size_t add(char* at, std::size_t size, const std::string& name,
                    const fuse_entry_param& param, off_t next) const {
        return form_ == Form::Names
                   ? fuse_add_direntry(request_, at, size, name.c_str(), &param.attr, next)
                   : fuse_add_direntry_plus(request_, at, size, name.c_str(), &param, next);
    }

    fuse_req_t request_;
    const Form form_;
    const std::size_t room_;
    std::size_t used_ = 0;
    std::vector<char> bytes_;
};

constexpr std::array<const char*, 2> kSelfAndAbove{".", ".."};

// The kernel does not take these for looked up.
fuse_entry_param self_or_above(const Directory& directory, std::size_t position) {
    fuse_entry_param param{};
    param.attr.st_mode = S_IFDIR;
    param.attr.st_ino =
        position == 1 && directory.parent ? directory.parent->number : directory.number;
    return param;
}

void list(fuse_req_t request, fuse_ino_t number, std::size_t size, off_t offset,
          std::uint64_t handle, NameBuffer::Form form) {
    answer(request, number, "list the directory", [&](Operations& operations) {
        const auto open = operations.directories.find(handle);
        if (!open) return EBADF;
        FileSystem& files = operations.file_system;
        const auto telling = form == NameBuffer::Form::Names ? FileSystem::Telling::Nobody
                                                             : FileSystem::Telling::Kernel;
        NameBuffer buffer(request, size, form);
        std::vector<std::uint64_t> told;
        for (auto at = static_cast<std::size_t>(offset); at < open->size() + 2; ++at) {
            const std::string name = at < 2 ? kSelfAndAbove[at] : open->name(at - 2);
            if (!buffer.has_room_for(name)) break;
            if (at < 2) {
                buffer.add(name, self_or_above(*open->directory, at), static_cast<off_t>(at + 1));
                continue;
            }
            const auto entry = files.entry(*open, at - 2, telling);
            if (!entry) continue;
            buffer.add(name, param_of(*entry), static_cast<off_t>(at + 1));
            if (entry->number != 0) told.push_back(entry->number);
        }
        if (buffer.reply()) return 0;
        for (const std::uint64_t unheard : told)
            files.forget(unheard, 1);
        return 0;
    });
}

void read_directory(fuse_req_t request, fuse_ino_t number, std::size_t size, off_t offset,
                    fuse_file_info* info) {
    list(request, number, size, offset, info->fh, NameBuffer::Form::Names);
}

void read_directory_plus(fuse_req_t request, fuse_ino_t number, std::size_t size, off_t offset,
                         fuse_file_info* info) {
    list(request, number, size, offset, info->fh, NameBuffer::Form::NamesAndAttributes);
}

void close_directory(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
    of(request).directories.close(info->fh);
    fuse_reply_err(request, 0);
}

// As getxattr and listxattr answer: how long it is where `size` is 0.
int reply_sized(fuse_req_t request, std::string_view text, std::size_t size) {
    if (size == 0) {
        fuse_reply_xattr(request, text.size());
        return 0;
    }
    if (text.size() > size) return ERANGE;
    fuse_reply_buf(request, text.data(), text.size());
    return 0;
}

bool is_attribute_name(const std::string& name) {
    return !name.empty() && name.size() <= kLongestAttributeName &&
           name.find('\0') == std::string::npos;
}

void get_attribute(fuse_req_t request, fuse_ino_t number, const char* name, std::size_t size) {
    answer(request, number, "read an attribute", [&](Operations& operations) {
        for (const auto& attribute : operations.file_system.attributes(number))
            if (attribute.name == name)
                return reply_sized(request, attribute.value.value_or(""), size);
        return ENODATA;
    });
}

void list_attributes(fuse_req_t request, fuse_ino_t number, std::size_t size) {
    answer(request, number, "list the attributes", [&](Operations& operations) {
        std::string names;
        for (const auto& attribute : operations.file_system.attributes(number))
            if (is_attribute_name(attribute.name)) names += attribute.name + '\0';
        return reply_sized(request, names, size);
    });
}

void about(fuse_req_t request, fuse_ino_t) {
    struct statvfs status {};
    status.f_bsize = status.f_frsize = 4096;
    status.f_namemax = 255;
    fuse_reply_statfs(request, &status);
}

}  // namespace

void Operations::log_failure(std::uint64_t number, std::string_view tried, const Error& error) {
    try {
        const std::string path = file_system.path(number);
        const std::string text = std::string(error.what());
        {
            const std::scoped_lock lock(mutex_);
            if (logged_.size() >= kMostLogged) logged_.clear();
            if (!logged_.insert(path + '\0' + text).second) return;
        }
        log::error("a request to the mounted repository failed",
                   {{"path", path}, {"tried", std::string(tried)}, {"error", text}});
    } catch (const std::exception&) {
        // There is not even memory for saying so; the caller gets an error all the same.
    }
}

const fuse_lowlevel_ops& fuse_operations() {
    static const fuse_lowlevel_ops operations = [] {
        fuse_lowlevel_ops made{};
        made.init = init;
        made.lookup = look_up;
        made.forget = forget;
        made.forget_multi = forget_many;
        made.getattr = get_attributes;
        made.readlink = read_link;
        made.open = open_file;
        made.read = read_file;
        made.release = close_file;
        made.opendir = open_directory;
        made.readdir = read_directory;
        made.readdirplus = read_directory_plus;
        made.releasedir = close_directory;
        made.getxattr = get_attribute;
        made.listxattr = list_attributes;
        made.statfs = about;
        return made;
    }();
    return operations;
}

}  // namespace lifeboat::mount
