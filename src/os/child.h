// A process that was started from here: ended and waited for, whatever happens.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "os/environment.h"

namespace lifeboat::os {

enum class ProcessGroup {
    Ours,  // the terminal interrupts both
    Own,   // what it started is ended with it
};

class Child {
  public:
    // Starts `command`, a program (looked for in our PATH unless it has a slash) and its arguments,
    // without a shell: with this environment, no input, `output` as its standard output, standard
    // error where ours goes, and none of our other open files. Throws Error{InvalidInput,
    // "NoCommand"}, or the Error of errno when it cannot be started.
    Child(std::vector<std::string> command, const Environment& environment, int output,
          ProcessGroup group);
    // Kills it when it was not waited for.
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    // How it ended, as wait(2) says it. Blocks; once only.
    int wait();
    // The same, and nullopt while it still runs.
    std::optional<int> look();

  private:
    pid_t pid_ = -1;
    ProcessGroup group_;
};

}  // namespace lifeboat::os
