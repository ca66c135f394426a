// What one evaluation may use. Everything that takes time or memory in proportion to its data is
// charged, so that a hostile expression ends with an error and not with the process.
#pragma once

#include <cstddef>
#include <cstdint>

#include "flow/jsonata/failure.h"

namespace lifeboat::flow::jsonata {

struct Limits {
    std::int64_t units = 5'000'000;  // one step, one element, or kBytesPerUnit bytes of text each
    int depth = 400;                 // expressions within expressions, calls within calls
    std::size_t stack = 2'000'000;   // bytes of the thread's stack
};

inline constexpr std::size_t kBytesPerUnit = 16;
inline constexpr std::size_t kDeepestValue = 200;  // arrays and objects within each other

class Budget {
  public:
    explicit Budget(const Limits& limits)
        : left_(limits.units),
          depth_left_(limits.depth),
          stack_(limits.stack),
          stack_base_(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0))) {}

    void charge(std::size_t units) {
        if (units > static_cast<std::size_t>(left_)) exhausted();
        left_ -= static_cast<std::int64_t>(units);
    }
    std::int64_t left() const { return left_; }
    void charge_text(std::size_t bytes) { charge(bytes / kBytesPerUnit + 1); }

    // One level of nesting, for as long as it lives.
    class Level {
      public:
        explicit Level(Budget& budget) : budget_(budget) {
            budget_.charge(1);
            const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
            const std::uintptr_t used = here < budget_.stack_base_ ? budget_.stack_base_ - here
                                                                   : here - budget_.stack_base_;
            if (budget_.depth_left_ == 0 || used > budget_.stack_)
                fail(kTooDeep, "The expression is nested, or calls itself, too deeply");
            --budget_.depth_left_;
        }
        ~Level() { ++budget_.depth_left_; }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;

      private:
        Budget& budget_;
    };

  private:
    [[noreturn]] static void exhausted() {
        fail(kTooMuch, "The expression takes more time or memory than an evaluation may have");
    }

    std::int64_t left_;
    int depth_left_;
    std::size_t stack_;
    std::uintptr_t stack_base_;
};

}  // namespace lifeboat::flow::jsonata
