// Addresses of names, asked of the system, which does not say how long it takes: with name servers
// that are silent its waits add up to a minute and more. So each look-up has a thread, and who asks
// goes on without it when the patience is over.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"

namespace lifeboat::cloud {

class NameLookup {
  public:
    struct Found {
        std::vector<std::string> addresses;  // of IPv4 and IPv6, in the system's order
        std::string problem;                 // why there are none
    };
    // Blocks as long as it likes; called on a thread of its own.
    using Ask = std::function<Found(const std::string& name)>;

    // Asks getaddrinfo.
    static Found ask_system(const std::string& name);

    // `clock` outlives the object.
    explicit NameLookup(const Clock& clock, Ask ask = ask_system);
    // Waits for the look-ups that are still under way.
    ~NameLookup();
    NameLookup(const NameLookup&) = delete;
    NameLookup& operator=(const NameLookup&) = delete;

    // Returns within `patience`. An IP address needs no look-up. Those who ask for one name at the
    // same time share a look-up. Thread-safe.
    Found find(const std::string& name, std::chrono::milliseconds patience);

  private:
    struct Lookup {
        std::thread thread;
        bool done = false;
        Found found;
    };

    std::shared_ptr<Lookup> begin(const std::string& name);  // with mutex_ held
    void join_ended();                                       // with mutex_ held

    const Clock& clock_;
    const Ask ask_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, std::shared_ptr<Lookup>> running_;  // by name
    std::vector<std::shared_ptr<Lookup>> ended_;              // to be joined
};

}  // namespace lifeboat::cloud
