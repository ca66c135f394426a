#include "mover/testing/sample_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "base/random.h"
#include "mover/temporary.h"

namespace lifeboat::mover::testing {
namespace {

namespace fs = std::filesystem;

// Of 250 characters each: longer than PATH_MAX (4096) together.
constexpr int kDeepLevels = 20;

void check(bool worked, const std::string& what) {
    if (!worked) throw error_from_errno(errno, what);
}

std::string random_bytes(std::size_t size, std::uint64_t seed) {
    SeededRandom random(seed);
    std::string bytes(size, '\0');
    random.fill(std::as_writable_bytes(std::span(bytes)));
    return bytes;
}

void make_sparse(const fs::path& path) {
    write_file(path, "");
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    check(fd >= 0, "open the sparse file");
    const std::string data = random_bytes(10000, 7);
    check(::ftruncate(fd, 64 << 20) == 0, "set the length");
    check(::pwrite(fd, data.data(), data.size(), 5 << 20) > 0, "write");
    check(::pwrite(fd, data.data(), data.size(), 40 << 20) > 0, "write");
    ::close(fd);
}

// user::rw-, user:1000:r--, group::r--, mask::rw-, other::r-- as the kernel takes it.
void set_access_list(const fs::path& path, const char* name) {
    struct Entry {
        std::uint16_t tag, permissions;
        std::uint32_t id;
    };
    constexpr std::uint32_t kNone = 0xffffffff;
    const std::array<Entry, 5> entries{
        {{0x01, 6, kNone}, {0x02, 4, 1000}, {0x04, 4, kNone}, {0x10, 6, kNone}, {0x20, 4, kNone}}};
    std::string value("\2\0\0\0", 4);
    value.append(reinterpret_cast<const char*>(entries.data()), sizeof entries);
    if (::setxattr(path.c_str(), name, value.data(), value.size(), 0) != 0)
        check(errno == EOPNOTSUPP, "set an access control list");
}

void set_attribute(const fs::path& path, const char* name, std::string_view value) {
    if (::setxattr(path.c_str(), name, value.data(), value.size(), 0) != 0)
        check(errno == EOPNOTSUPP, "set an extended attribute");
}

void make_odd_names(const fs::path& root) {
    const fs::path odd = root / "odd names";
    fs::create_directories(odd);
    for (const char* name :
         {" leading", "trailing ", "new\nline", "-rf", "*", "back\\slash", "quote'\"", "\xff\xfe",
          "\xc3\xa4", "a\xcc\x88", "..double", ".hidden", "Case", "case"})
        write_file(odd / name, name);
    write_file(odd / std::string(255, 'n'), "long");
    fs::create_directories(odd / "\xf0\x28 dir" / "below");
}

void make_links(const fs::path& root) {
    fs::create_directories(root / "links" / "below");
    write_file(root / "links" / "file", "target");
    fs::create_symlink("file", root / "links" / "to file");
    fs::create_symlink("/etc/passwd", root / "links" / "absolute");
    fs::create_symlink("nowhere", root / "links" / "broken");
    fs::create_directory_symlink("below", root / "links" / "to directory");
    fs::create_directory_symlink("..", root / "links" / "up");
    fs::create_symlink(std::string(3000, 'x'), root / "links" / "long target");
    write_file(root / "links" / "one of three", "shared by three names");
    fs::create_hard_link(root / "links" / "one of three", root / "links" / "below" / "two");
    fs::create_hard_link(root / "links" / "one of three", root / "three");
    fs::create_hard_link(root / "links" / "to file", root / "links" / "same link");
    check(::lchown((root / "links" / "broken").c_str(), ::getuid(), ::getgid()) == 0, "lchown");
    set_time(root / "links" / "broken", 77);
}

void make_modes(const fs::path& root) {
    fs::create_directories(root / "modes" / "read only");
    write_file(root / "modes" / "read only" / "inside", "x");
    write_file(root / "modes" / "script", "#!/bin/sh\n");
    write_file(root / "modes" / "secret", "x");
    check(::chmod((root / "modes" / "script").c_str(), 0755) == 0, "chmod");
    check(::chmod((root / "modes" / "secret").c_str(), 0400) == 0, "chmod");
    check(::chmod((root / "modes" / "read only").c_str(), 0555) == 0, "chmod");
    fs::create_directories(root / "modes" / "shared");
    check(::chmod((root / "modes" / "shared").c_str(), 03777) == 0, "chmod");
    set_attribute(root / "modes" / "script", "user.note", std::string_view("a\0b", 3));
    set_attribute(root / "modes", "user.note", "directory");
    set_attribute(root / "modes" / "script", "user.big", std::string(3000, 'v'));
    set_access_list(root / "modes" / "script", "system.posix_acl_access");
    set_access_list(root / "modes" / "shared", "system.posix_acl_default");
    set_access_list(root / "modes" / "shared", "system.posix_acl_access");
    fs::create_directories(root / "modes" / "listed");
    write_file(root / "modes" / "listed" / "inside", "x");
    set_access_list(root / "modes" / "listed", "system.posix_acl_access");
    write_file(root / "modes" / "shared" / "with default list", "x");
}

void make_as_root(const fs::path& root) {
    fs::create_directories(root / "owned");
    write_file(root / "owned" / "program", "x");
    check(::chown((root / "owned" / "program").c_str(), 1234, 5678) == 0, "chown");
    check(::chmod((root / "owned" / "program").c_str(), 06755) == 0, "chmod");
    check(::chown((root / "owned").c_str(), 1234, 5678) == 0, "chown");
    check(::lchown((root / "links" / "absolute").c_str(), 1234, 5678) == 0, "lchown");
    check(::mkfifo((root / "owned" / "fifo").c_str(), 0640) == 0, "mkfifo");
    check(::mknod((root / "owned" / "device").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0,
          "mknod");
    set_attribute(root / "owned" / "program", "trusted.note", "root only");
}

}  // namespace

void write_file(const fs::path& path, std::string_view content) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();
    check(file.good(), "write '" + path.string() + "'");
}

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void set_time(const fs::path& path, long seconds) {
    const timespec time{1577836800 + seconds, 123456789};
    const timespec times[2] = {time, time};
    check(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0, "utimensat");
}

void make_sample_tree(const fs::path& root) {
    fs::create_directories(root / "empty" / "also empty");
    write_file(root / "empty file", "");
    write_file(root / "small", "small");
    for (int i = 0; i < 100; ++i) {
        const fs::path directory = root / ("many" + std::to_string(i % 3));
        fs::create_directories(directory);
        write_file(directory / ("file" + std::to_string(i)),
                   random_bytes(static_cast<std::size_t>(i) * 97, i));
    }
    write_file(root / "big", random_bytes((3 << 20) + 17, 99));
    make_sparse(root / "sparse");
    make_odd_names(root);
    make_links(root);
    make_modes(root);
    if (::geteuid() == 0) make_as_root(root);
    set_time(root / "small", 5);
    set_time(root / "empty", -1600000000);
    set_time(root / "modes", 10);
    set_time(root, 42);
}

// Walks with the working directory, because the whole path is too long for any call.
void make_deep_tree(const fs::path& root) {
    const fs::path back = fs::current_path();
    fs::current_path(root);
    for (int i = 0; i < kDeepLevels; ++i) {
        const std::string name(250, static_cast<char>('a' + i));
        fs::create_directory(name);
        fs::current_path(name);
    }
    write_file("bottom", "here");
    fs::current_path(back);
}

std::string read_bottom(const fs::path& root) {
    const fs::path back = fs::current_path();
    fs::current_path(root);
    std::error_code missing;
    for (int i = 0; i < kDeepLevels && !missing; ++i)
        fs::current_path(std::string(250, static_cast<char>('a' + i)), missing);
    const std::string content = missing ? "" : read_file("bottom");
    fs::current_path(back);
    return content;
}

std::optional<std::string> rsync_differences(const fs::path& original, const fs::path& copy,
                                             const std::string& kept) {
    if (std::system("command -v rsync >/dev/null 2>&1") != 0) return std::nullopt;
    const std::string command = "rsync -n" + kept + " --checksum --delete --itemize-changes '" +
                                original.string() + "/' '" + copy.string() + "/' 2>&1";
    FILE* pipe = ::popen(command.c_str(), "r");
    check(pipe != nullptr, "run rsync");
    std::string output;
    std::array<char, 4096> buffer{};
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
        output.append(buffer.data(), count);
    const int status = ::pclose(pipe);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        output += "(rsync failed with " + std::to_string(status) + ")";
    return output;
}

int count_temporaries(const fs::path& root) {
    int count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root))
        if (TemporaryNames::is_temporary(entry.path().filename().string()) ||
            (entry.symlink_status().type() == fs::file_type::regular &&
             static_cast<mode_t>(entry.symlink_status().permissions()) == kUnfinishedFile))
            ++count;
    return count;
}

}  // namespace lifeboat::mover::testing
