#include "cloud/name_lookup.h"

#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <boost/asio/ip/address.hpp>

namespace lifeboat::cloud {

NameLookup::Found NameLookup::ask_system(const std::string& name) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int problem = ::getaddrinfo(name.c_str(), nullptr, &hints, &list);
    const int system_problem = errno;
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
    Found found;
    if (problem != 0) {
        found.problem = problem == EAI_SYSTEM ? std::generic_category().message(system_problem)
                                              : ::gai_strerror(problem);
        return found;
    }
    for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
        if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
        std::array<char, NI_MAXHOST> text{};
        if (::getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0,
                          NI_NUMERICHOST) == 0)
            found.addresses.emplace_back(text.data());
    }
    if (found.addresses.empty()) found.problem = "it has no IP address";
    return found;
}

NameLookup::NameLookup(const Clock& clock, Ask ask) : clock_(clock), ask_(std::move(ask)) {}

NameLookup::~NameLookup() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return running_.empty(); });
    join_ended();
}

NameLookup::Found NameLookup::find(const std::string& name, std::chrono::milliseconds patience) {
    boost::system::error_code is_name;
    boost::asio::ip::make_address(name, is_name);
    if (!is_name) return {{name}, ""};

    const Time until = clock_.now() + patience;
    std::unique_lock lock(mutex_);
    join_ended();
    const std::shared_ptr<Lookup> lookup = begin(name);
    while (!lookup->done && clock_.now() < until)
        clock_.wait_until(lock, changed_, until);
    if (lookup->done) return lookup->found;
    return {{}, "no answer in time"};
}

std::shared_ptr<NameLookup::Lookup> NameLookup::begin(const std::string& name) {
    auto& lookup = running_[name];
    if (lookup) return lookup;
    lookup = std::make_shared<Lookup>();
    try {
        lookup->thread = std::thread([this, name, mine = lookup.get()] {
            Found found;
            try {
                found = ask_(name);
            } catch (const std::exception& e) {
                found.problem = e.what();
            }
            const std::scoped_lock lock(mutex_);
            mine->found = std::move(found);
            mine->done = true;
            const auto at = running_.find(name);
            ended_.push_back(std::move(at->second));
            running_.erase(at);
            changed_.notify_all();
        });
    } catch (...) {
        running_.erase(name);
        throw;
    }
    return lookup;
}

void NameLookup::join_ended() {
    // They have given up the mutex, or are about to.
    for (const auto& lookup : std::exchange(ended_, {}))
        lookup->thread.join();
}

}  // namespace lifeboat::cloud
