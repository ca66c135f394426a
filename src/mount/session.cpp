#include "mount/session.h"

#define FUSE_USE_VERSION 312
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "base/error.h"
#include "base/log.h"

namespace lifeboat::mount {
namespace {

// libfuse tells its troubles to one function of the whole process.
std::mutex said_mutex;
std::string said;

void hear(fuse_log_level, const char* format, va_list arguments) {
    std::array<char, 1024> line{};
    std::vsnprintf(line.data(), line.size(), format, arguments);
    std::string text(line.data());
    while (text.ends_with('\n'))
        text.pop_back();
    const std::scoped_lock lock(said_mutex);
    if (said.size() > 4096) said.clear();
    said += (said.empty() ? "" : "; ") + text;
}

std::string take_what_was_said() {
    const std::scoped_lock lock(said_mutex);
    return std::exchange(said, "");
}

// A comma would begin the next option.
std::string as_option_value(std::string text) {
    for (char& c : text)
        if (c == ',' || c == '\\' || static_cast<unsigned char>(c) < 0x20) c = '_';
    return text;
}

std::string option_list(const SessionOptions& options) {
    std::string list = "ro,nosuid,nodev,subtype=lifeboat,fsname=" + as_option_value(options.source);
    if (options.allows_others) list += ",allow_other";
    if (options.permissions == Operations::Permissions::KernelChecks)
        list += ",default_permissions";
    if (has_fusermount()) list += ",auto_unmount";
    return list;
}

Error refused(const std::filesystem::path& point, bool allows_others) {
    std::string advice = "mounting needs root, or the program fusermount3 with its set-uid bit";
    if (allows_others)
        advice += "; for --allow-other users need the line 'user_allow_other' in /etc/fuse.conf";
    std::string why = take_what_was_said();
    if (why.empty()) why = "fusermount3 says above why not";
    return Error(
        ErrorCategory::PermissionDenied, "MountRefused",
        "the repository could not be mounted at '" + point.string() + "': " + why + "; " + advice);
}

// What a worker reads a request into; libfuse allocates it.
struct Request {
    fuse_buf buffer{};
    ~Request() { std::free(buffer.mem); }
};

os::UniqueFd watch(int requests, int ending) {
    os::UniqueFd both(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event event{};
    // One worker wakes up for a request, not all. Descriptor 0 may be either, when the process was
    // started without it.
    event.events = EPOLLIN | EPOLLEXCLUSIVE;
    event.data.fd = requests;
    const bool watches = both && ::epoll_ctl(both.get(), EPOLL_CTL_ADD, requests, &event) == 0;
    event.events = EPOLLIN;
    event.data.fd = ending;
    if (!watches || ::epoll_ctl(both.get(), EPOLL_CTL_ADD, ending, &event) != 0)
        throw error_from_errno(errno, "wait for requests to the mounted repository");
    return both;
}

}  // namespace

void Session::Destroy::operator()(fuse_session* session) const {
    fuse_session_destroy(session);
}

Session::Session(FileSystem& files, const std::filesystem::path& point,
                 const SessionOptions& options)
    : point_(point),
      files_(files),
      operations_(files, options.permissions),
      ending_(::eventfd(0, EFD_CLOEXEC)) {
    if (!ending_) throw error_from_errno(errno, "make an event descriptor");
    mount(options);
    try {
        start(options.workers);
    } catch (...) {
        end_workers();
        wait();
        fuse_session_unmount(session_.get());
        throw;
    }
}

void Session::start(unsigned workers) {
    const int requests = fuse_session_fd(session_.get());
    // Another worker may have taken what one woke up for.
    if (::fcntl(requests, F_SETFL, ::fcntl(requests, F_GETFL) | O_NONBLOCK) != 0)
        throw error_from_errno(errno, "set up /dev/fuse");
    for (unsigned i = 0; i < workers; ++i)
        watches_.push_back(watch(requests, ending_.get()));
    for (const os::UniqueFd& watched : watches_)
        workers_.emplace_back([this, &watched] { work(watched); });
    // The first request: it is answered when everything works.
    std::error_code problem;
    const bool answers = std::filesystem::is_directory(point_, problem);
    const auto device = device_at(point_);
    if (!answers || !device)
        throw Error(ErrorCategory::Unavailable, "MountUnanswered",
                    "the kernel and libfuse do not understand each other: " + take_what_was_said());
    device_ = *device;
    forgetter_ = std::jthread([this](const std::stop_token& stop) { let_kernel_forget(stop); });
}

void Session::mount(const SessionOptions& options) {
    fuse_set_log_func(hear);
    std::string program = "lifeboat";
    std::string flag = "-o";
    std::string list = option_list(options);
    char* arguments[] = {program.data(), flag.data(), list.data(), nullptr};
    fuse_args args = FUSE_ARGS_INIT(3, arguments);
    session_.reset(
        fuse_session_new(&args, &fuse_operations(), sizeof(fuse_lowlevel_ops), &operations_));
    fuse_opt_free_args(&args);
    if (!session_)
        throw Error(ErrorCategory::Internal, "MountOptionsRefused",
                    "libfuse takes not these options: " + take_what_was_said());
    if (fuse_session_mount(session_.get(), point_.c_str()) != 0)
        throw refused(point_, options.allows_others);
}

Session::~Session() {
    try {
        unmount();
    } catch (const Error& error) {
        log::error("the repository stays mounted",
                   {{"mount_point", point_.string()}, {"error", error.what()}});
    }
    end_workers();
    wait();
    forgetter_.request_stop();
    if (forgetter_.joinable()) forgetter_.join();
    // Does nothing when it is unmounted; else it cuts off those who use it, and unmounts whatever
    // is seen there.
    if (!is_covered_) fuse_session_unmount(session_.get());
}

void Session::wait() {
    for (std::thread& worker : workers_)
        if (worker.joinable()) worker.join();
}

Unmounted Session::unmount() {
    const std::scoped_lock lock(mutex_);
    if (how_) return *how_;
    // The number of its device may be another's by now.
    if (fuse_session_exited(session_.get()) != 0) return Unmounted::NotMounted;
    const Unmounted how = mount::unmount(point_, device_);
    // It may wait in the kernel for somebody who waits for a worker: either the connection is gone
    // or the workers still answer.
    forgetter_.request_stop();
    const bool is_gone = how == Unmounted::Cleanly ||
                         (how == Unmounted::StillInUse && mount::cut_off(point_, device_));
    if (!is_gone && forgetter_.joinable()) forgetter_.join();
    how_ = how;
    is_covered_ = how == Unmounted::NotMounted;
    end_workers();
    return how;
}

void Session::end_workers() {
    const std::uint64_t one = 1;
    if (::write(ending_.get(), &one, sizeof one) < 0)
        log::error("the workers of a mount cannot be ended");
}

void Session::work(const os::UniqueFd& requests) {
    Request request;
    while (fuse_session_exited(session_.get()) == 0) {
        epoll_event event{};
        if (::epoll_wait(requests.get(), &event, 1, -1) < 0) continue;
        if (event.data.fd == ending_.get()) break;
        const int got = fuse_session_receive_buf(session_.get(), &request.buffer);
        if (got == -EINTR || got == -EAGAIN) continue;
        if (got <= 0) break;
        fuse_session_process_buf(session_.get(), &request.buffer);
    }
    end_workers();
}

void Session::let_kernel_forget(const std::stop_token& stop) {
    while (!stop.stop_requested())
        for (const NodeTable::Name& old : files_.nodes().wait_for_surplus(stop)) {
            if (stop.stop_requested()) return;
            // It may have forgotten it, or keep it because it is open.
            fuse_lowlevel_notify_inval_entry(session_.get(), old.parent, old.name.c_str(),
                                             old.name.size());
        }
}

}  // namespace lifeboat::mount
