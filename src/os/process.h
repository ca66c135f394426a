// Runs another program and takes what it prints; and how old this one is.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "os/environment.h"

namespace lifeboat::os {

struct ProcessLimits {
    std::chrono::milliseconds time{60'000};
    std::size_t output_bytes = 1 << 20;
};

struct ProcessResult {
    int exit_code = 0;   // 128 + the signal's number when one ended it
    std::string output;  // standard output; standard error goes where ours goes
};

// `command`, a program and its arguments, as Child starts it, in a process group of its own: what a
// terminal interrupts is not this. Blocks. Throws Error{Unavailable, "ProcessTimeout"} after
// `limits.time` and Error{InvalidInput, "ProcessOutputTooLarge"}; the process and its children are
// ended before that. Throws as Child does.
ProcessResult run_program(const std::vector<std::string>& command, const Environment& environment,
                          const ProcessLimits& limits = {});

// What such a program prints. Throws Error{Unavailable, "CommandFailed"} when its exit status is
// not zero, too.
std::string output_of(const std::vector<std::string>& command, const Environment& environment,
                      const ProcessLimits& limits = {});

// run_program for `/bin/sh -c command`.
ProcessResult run_shell(const std::string& command, const Environment& environment,
                        const ProcessLimits& limits = {});

// Since the kernel started this process, loading included; in steps of a hundredth of a second.
// Zero where /proc does not say.
std::chrono::milliseconds process_age();

// Of this process so far, all threads together.
std::chrono::milliseconds processor_time();

}  // namespace lifeboat::os
