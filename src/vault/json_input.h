// JSON of a repository's files, read in bulk into short-lived memory.
//
// Boost.JSON reads these several times faster than the JSON values everything else uses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>

#include "vault/id.h"

namespace lifeboat::vault {

// One parsed text; its memory goes with it.
class JsonInput {
  public:
    // `what` is named in errors. Throws Corruption.
    JsonInput(std::string_view text, const char* what);

    const boost::json::value& root() const { return root_; }
    // Throws Corruption unless `value` is of that kind; `what` names it.
    const boost::json::object& object(const boost::json::value& value) const;
    const boost::json::array& array(const boost::json::value& value) const;
    std::string_view text(const boost::json::value& value) const;
    std::uint64_t number(const boost::json::value& value, std::uint64_t most = UINT64_MAX) const;
    Id id(const boost::json::value& value) const;

  private:
    [[noreturn]] void refuse(const char* why) const;

    const char* what_;
    boost::json::monotonic_resource memory_;
    boost::json::value root_;
};

}  // namespace lifeboat::vault
