// ParameterFilters (and the older Filters) of DescribeParameters and GetParametersByPath.
//
// All filters must match, each by one of its values. Options: Name takes Equals (default),
// BeginsWith, Contains; KeyId Equals, BeginsWith; Path OneLevel (default), Recursive; the others
// Equals. Source: API reference, ParameterStringFilter.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "local/ssm/parameter.h"

namespace lifeboat::local::ssm {

// Every SecureString is sealed under this one.
inline constexpr std::string_view kDefaultKey = "alias/aws/ssm";

enum class FilterUse { Describe, ByPath };

class Filters {
  public:
    // Throws Error InvalidFilterKey, InvalidFilterOption, InvalidFilterValue.
    Filters(const Json& request, FilterUse use);
    bool match(Transaction& tx, const Parameter& parameter) const;

  private:
    struct Filter {
        std::string key;
        std::string option;
        std::vector<std::string> values;
    };
    static void check(const Filter& filter, FilterUse use);
    static bool match(Transaction& tx, const Filter& filter, const Parameter& parameter);

    std::vector<Filter> filters_;
};

// Whether the parameter lies in the hierarchy `path`, directly or anywhere below.
enum class Depth { OneLevel, Recursive };
bool lies_in(const Parameter& parameter, std::string path, Depth depth);

}  // namespace lifeboat::local::ssm
