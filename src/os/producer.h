// A program whose output is read as a stream, to its end and to its exit status: a stream that ends
// because its producer failed is not a whole one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "os/child.h"
#include "os/environment.h"
#include "os/unique_fd.h"

namespace lifeboat::os {

class Producer {
  public:
    // Starts `command` as Child does, in our process group. It is ended with this when it was not
    // waited for; what it started notices that nobody reads. Throws as Child does.
    Producer(const std::vector<std::string>& command, const Environment& environment);

    // What it prints; open until wait().
    int output() const { return output_.get(); }
    // Closes its output and blocks until it has ended. Throws Error{Unavailable, "CommandFailed"}
    // when its exit status is not zero, or a signal ended it.
    void wait();

  private:
    std::string name_;
    UniqueFd output_;
    std::optional<Child> child_;
};

}  // namespace lifeboat::os
