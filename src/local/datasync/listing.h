// Pages and filters of list operations.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json_fwd.h"

namespace lifeboat::local::datasync {

// Gathers one page of rows that are visited in the order of their numbers.
class Page {
  public:
    // From MaxResults and NextToken; refuses a token that is not ours.
    explicit Page(const Json& request);
    ~Page();
    Page(const Page&) = delete;
    Page& operator=(const Page&) = delete;

    // Rows up to this number belong to earlier pages.
    std::int64_t after() const { return after_; }
    // False when the page is full: the item was not taken, and there are more.
    bool add(std::int64_t number, Json item);
    // {MEMBER: items, NextToken when there are more}
    Json answer(const char* member) const;

  private:
    std::size_t limit_;
    std::int64_t after_ = 0;
    std::int64_t last_ = 0;
    bool more_ = false;
    std::vector<Json> items_;
};

// A filter {Name, Values, Operator} against the texts an item has under that name: true when any of
// them satisfies it (for NotEquals and NotContains: when all do). Order operators are refused.
bool matches(const Json& filter, const std::vector<std::string>& texts);
// Against a time; the value is RFC 3339 or seconds since 1970.
bool matches(const Json& filter, Time time);

}  // namespace lifeboat::local::datasync
