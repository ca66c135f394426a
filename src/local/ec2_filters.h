// Filters of EC2's Describe operations: every filter must match, by one of its values; "*" and "?"
// are wildcards, a backslash takes the next character as it is. "tag:KEY" and "tag-key" look at
// tags. Source: EC2 user guide, "List and filter your resources".
#pragma once

#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"

namespace lifeboat::local {

class Transaction;

// What a resource offers to filters: the values under each filter's name.
using FilterValues = std::map<std::string, std::vector<std::string>, std::less<>>;

class Ec2Filters {
  public:
    // Of a request. Throws Error InvalidParameterValue for a name that is neither among `known` nor
    // about tags.
    Ec2Filters(const Json& request, std::initializer_list<std::string_view> known);

    bool match(const FilterValues& values) const;

  private:
    struct Filter {
        std::string name;
        std::vector<std::string> patterns;
    };
    std::vector<Filter> filters_;
};

bool matches_wildcard(std::string_view pattern, std::string_view text);

// Tags of any resource, a list of Key and Value.
Json ec2_tags(Transaction& tx, std::string_view resource);
void add_tag_values(const Json& tags, FilterValues& values);
// Those that TagSpecifications of a Create request give for `type`. Throws Error
// InvalidParameterValue for other types and reserved keys.
void set_ec2_tags(Transaction& tx, std::string_view resource, std::string_view type,
                  const Json& request);

// The page of `items` a Describe request asks for, under the member `name`. Each item's "id" member
// is `id_member`; the items are in its order. Throws Error InvalidNextToken.
Json ec2_page(std::string_view operation, const Json& request, std::string_view name,
              std::string_view id_member, std::vector<Json> items);

// Ends a request that only asks whether it would succeed.
void end_dry_run(const Json& request);

}  // namespace lifeboat::local
