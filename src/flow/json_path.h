// JSONPath in the dialect of Step Functions (which is the one of Jayway's library): names, indexes,
// unions, slices, wildcards, deep scan and filters.
//
//     $.store.book[0]   $['a b']   $.a[1,2]   $.a[-2:]   $.*   $..price   $.a[?(@.n > 3 && @.s ==
//     'x')]
//
// A path made of single names and single indexes only is definite: it selects one value or none.
// Any other path selects a list of values, which may be empty.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "flow/effort.h"

namespace lifeboat::flow {

struct PathFilter;

struct PathStep {
    enum class Kind { Names, Indexes, Slice, Wildcard, Filter };
    Kind kind = Kind::Names;
    bool deep = false;  // written after "..": applied to the value and to everything below it
    std::vector<std::string> names;
    std::vector<long> indexes;
    std::optional<long> from, to;
    long stride = 1;
    std::shared_ptr<const PathFilter> filter;
};

class JsonPath {
  public:
    // `text` begins with "$". Throws Error{InvalidInput, "InvalidPath"} saying what is wrong where.
    static JsonPath parse(std::string_view text);

    bool definite() const;
    // The value of a definite path (nullopt: there is none), or the array of what was selected.
    std::optional<Json> select(const Json& root, Effort& effort) const;
    // The same by pointers into `root`: the value of a definite path or null, and what any path
    // selects.
    const Json* look(const Json& root) const;
    std::vector<const Json*> look_for(const Json& root, Effort& effort) const;
    // Why a definite path found nothing, in the words AWS uses: "No results for path: $['a']['b']".
    std::string missing_text(const Json& root) const;

    // `root` with `value` put at this path, objects made on the way where nothing was. Only for
    // definite paths. nullopt when the way is barred by a value that cannot hold the next step.
    std::optional<Json> put(const Json& root, const Json& value) const;

    const std::vector<PathStep>& steps() const { return steps_; }

    // Parses the steps after the root sign, up to the end of `text` or, inside an expression, to
    // the first character that cannot continue a path; `position` is moved there.
    static JsonPath parse_steps(std::string_view text, std::size_t& position, int depth);

    // No value lies deeper than JSON is read.
    static constexpr std::size_t kMostSteps = 256;

  private:
    std::vector<PathStep> steps_;
};

}  // namespace lifeboat::flow
