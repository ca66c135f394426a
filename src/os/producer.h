// A program whose output is read as a stream, to its end and to its exit status: a stream that ends
// because its producer failed is not a whole one.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "os/environment.h"
#include "os/unique_fd.h"

namespace lifeboat::os {

class Producer {
  public:
    // Starts `command`, a name looked for in our PATH and its arguments, without a shell; with this
    // environment, no input, and standard error where ours goes. It stays in our process group, so
    // that the terminal interrupts both. Throws the Error of errno when it cannot be started.
    Producer(const std::vector<std::string>& command, const Environment& environment);
    // Ends the program when it was not waited for. What it started notices that nobody reads.
    ~Producer();
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;

    // What it prints; open until wait().
    int output() const { return output_.get(); }
    // Closes its output and blocks until it has ended. Throws Error{Unavailable, "CommandFailed"}
    // when its exit status is not zero, or a signal ended it.
    void wait();

  private:
    std::string name_;
    UniqueFd output_;
    pid_t pid_ = -1;
};

}  // namespace lifeboat::os
