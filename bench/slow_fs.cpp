// A file system that shows another directory and answers every metadata call late, as a file
// server across a network does. Reads and writes of open files are not delayed. Names and
// attributes are cached for a second by the kernel, as NFS clients do.
//
//     slow_fs DIRECTORY MICROSECONDS MOUNTPOINT [FUSE OPTIONS]
#define FUSE_USE_VERSION 312
#include <dirent.h>
#include <fcntl.h>
#include <fuse.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

std::string root;
useconds_t delay = 0;

std::string late(const char* path) {
    ::usleep(delay);
    return root + path;
}

int answer(int result) {
    return result < 0 ? -errno : 0;
}

int get_attributes(const char* path, struct stat* status, fuse_file_info* info) {
    const std::string real = late(path);
    return answer(info != nullptr ? ::fstat(static_cast<int>(info->fh), status)
                                  : ::lstat(real.c_str(), status));
}

int read_link(const char* path, char* buffer, std::size_t size) {
    const ssize_t length = ::readlink(late(path).c_str(), buffer, size - 1);
    if (length < 0) return -errno;
    buffer[length] = '\0';
    return 0;
}

int make_node(const char* path, mode_t mode, dev_t device) {
    return answer(::mknod(late(path).c_str(), mode, device));
}
int make_directory(const char* path, mode_t mode) {
    return answer(::mkdir(late(path).c_str(), mode));
}
int remove_file(const char* path) {
    return answer(::unlink(late(path).c_str()));
}
int remove_directory(const char* path) {
    return answer(::rmdir(late(path).c_str()));
}
int make_symlink(const char* target, const char* path) {
    return answer(::symlink(target, late(path).c_str()));
}
int rename_file(const char* from, const char* to, unsigned flags) {
    const std::string real = late(from);
    return answer(::renameat2(AT_FDCWD, real.c_str(), AT_FDCWD, (root + to).c_str(), flags));
}
int make_link(const char* from, const char* to) {
    return answer(::link(late(from).c_str(), (root + to).c_str()));
}
int change_mode(const char* path, mode_t mode, fuse_file_info*) {
    return answer(::chmod(late(path).c_str(), mode));
}
int change_owner(const char* path, uid_t uid, gid_t gid, fuse_file_info*) {
    return answer(::lchown(late(path).c_str(), uid, gid));
}
int set_length(const char* path, off_t size, fuse_file_info*) {
    return answer(::truncate(late(path).c_str(), size));
}
int set_times(const char* path, const timespec times[2], fuse_file_info*) {
    return answer(::utimensat(AT_FDCWD, late(path).c_str(), times, AT_SYMLINK_NOFOLLOW));
}

int open_file(const char* path, fuse_file_info* info) {
    const int fd = ::open(late(path).c_str(), (info->flags & ~O_NOFOLLOW) | O_CLOEXEC);
    if (fd < 0) return -errno;
    info->fh = static_cast<std::uint64_t>(fd);
    return 0;
}
int create_file(const char* path, mode_t mode, fuse_file_info* info) {
    const int fd = ::open(late(path).c_str(), info->flags | O_CREAT | O_CLOEXEC, mode);
    if (fd < 0) return -errno;
    info->fh = static_cast<std::uint64_t>(fd);
    return 0;
}
int read_file(const char*, char* buffer, std::size_t size, off_t offset, fuse_file_info* info) {
    const ssize_t count = ::pread(static_cast<int>(info->fh), buffer, size, offset);
    return count < 0 ? -errno : static_cast<int>(count);
}
int write_file(const char*, const char* buffer, std::size_t size, off_t offset,
               fuse_file_info* info) {
    const ssize_t count = ::pwrite(static_cast<int>(info->fh), buffer, size, offset);
    return count < 0 ? -errno : static_cast<int>(count);
}
int close_file(const char*, fuse_file_info* info) {
    ::close(static_cast<int>(info->fh));
    return 0;
}
int sync_file(const char*, int, fuse_file_info* info) {
    return answer(::fsync(static_cast<int>(info->fh)));
}
int about(const char* path, struct statvfs* status) {
    return answer(::statvfs(late(path).c_str(), status));
}

int list_directory(const char* path, void* buffer, fuse_fill_dir_t fill, off_t, fuse_file_info*,
                   fuse_readdir_flags) {
    DIR* stream = ::opendir(late(path).c_str());
    if (stream == nullptr) return -errno;
    while (const dirent* entry = ::readdir(stream)) {
        struct stat status {};
        status.st_ino = entry->d_ino;
        status.st_mode = static_cast<mode_t>(DTTOIF(entry->d_type));
        if (fill(buffer, entry->d_name, &status, 0, static_cast<fuse_fill_dir_flags>(0)) != 0)
            break;
    }
    ::closedir(stream);
    return 0;
}

int get_xattr(const char* path, const char* name, char* value, std::size_t size) {
    const ssize_t length = ::lgetxattr(late(path).c_str(), name, value, size);
    return length < 0 ? -errno : static_cast<int>(length);
}
int set_xattr(const char* path, const char* name, const char* value, std::size_t size, int flags) {
    return answer(::lsetxattr(late(path).c_str(), name, value, size, flags));
}
int list_xattr(const char* path, char* list, std::size_t size) {
    const ssize_t length = ::llistxattr(late(path).c_str(), list, size);
    return length < 0 ? -errno : static_cast<int>(length);
}
int remove_xattr(const char* path, const char* name) {
    return answer(::lremovexattr(late(path).c_str(), name));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        std::fputs("usage: slow_fs DIRECTORY MICROSECONDS MOUNTPOINT [FUSE OPTIONS]\n", stderr);
        return 2;
    }
    root = argv[1];
    delay = static_cast<useconds_t>(std::strtoul(argv[2], nullptr, 10));
    ::umask(0);
    fuse_operations operations{};
    operations.getattr = get_attributes;
    operations.readlink = read_link;
    operations.mknod = make_node;
    operations.mkdir = make_directory;
    operations.unlink = remove_file;
    operations.rmdir = remove_directory;
    operations.symlink = make_symlink;
    operations.rename = rename_file;
    operations.link = make_link;
    operations.chmod = change_mode;
    operations.chown = change_owner;
    operations.truncate = set_length;
    operations.utimens = set_times;
    operations.open = open_file;
    operations.create = create_file;
    operations.read = read_file;
    operations.write = write_file;
    operations.release = close_file;
    operations.fsync = sync_file;
    operations.statfs = about;
    operations.readdir = list_directory;
    operations.getxattr = get_xattr;
    operations.setxattr = set_xattr;
    operations.listxattr = list_xattr;
    operations.removexattr = remove_xattr;
    std::vector<char*> arguments{argv[0]};
    arguments.insert(arguments.end(), argv + 3, argv + argc);
    return fuse_main(static_cast<int>(arguments.size()), arguments.data(), &operations, nullptr);
}
