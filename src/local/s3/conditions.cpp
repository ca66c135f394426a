#include "local/s3/conditions.h"

#include <charconv>

#include "base/json.h"
#include "local/s3/refusal.h"

namespace lifeboat::local::s3 {
namespace {

std::string bare(std::string etag) {
    if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"')
        return etag.substr(1, etag.size() - 2);
    return etag;
}

bool matches(const std::string& list, const std::string& etag) {
    std::size_t from = 0;
    while (from <= list.size()) {
        const auto comma = std::min(list.find(',', from), list.size());
        std::string one = list.substr(from, comma - from);
        while (!one.empty() && one.front() == ' ')
            one.erase(0, 1);
        while (!one.empty() && one.back() == ' ')
            one.pop_back();
        if (one == "*" || bare(one) == bare(etag)) return true;
        from = comma + 1;
    }
    return false;
}

[[noreturn]] void failed(const std::string& condition) {
    throw refusal("PreconditionFailed",
                  "At least one of the pre-conditions you specified did not hold",
                  Json{{"Condition", condition}});
}

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || problem != std::errc() || end != text.data() + text.size() || value < 0)
        return std::nullopt;
    return value;
}

std::optional<double> time_of(const Json& request, const std::string& member) {
    const Json* found = find(request, member);
    if (found == nullptr || !found->is_number()) return std::nullopt;
    return found->get<double>();
}

}  // namespace

void check_read(const Json& request, const std::string& prefix, const ObjectState& object,
                const std::string& not_modified) {
    // Headers carry whole seconds.
    const auto modified = static_cast<double>(object.modified / 1'000'000);
    if (const auto wanted = find_string(request, prefix + "IfMatch")) {
        if (!matches(*wanted, object.etag)) failed("If-Match");
    } else if (const auto since = time_of(request, prefix + "IfUnmodifiedSince")) {
        if (modified > *since) failed("If-Unmodified-Since");
    }
    bool unchanged = false;
    if (const auto unwanted = find_string(request, prefix + "IfNoneMatch"))
        unchanged = matches(*unwanted, object.etag);
    else if (const auto since = time_of(request, prefix + "IfModifiedSince"))
        unchanged = modified <= *since;
    if (!unchanged) return;
    if (not_modified == "PreconditionFailed") failed("If-None-Match");
    throw refusal(not_modified, "Not Modified");
}

void check_write(const Json& request, const std::optional<ObjectState>& current) {
    if (const auto unwanted = find_string(request, "IfNoneMatch")) {
        if (*unwanted != "*")
            throw refusal("NotImplemented", "If-None-Match of a write can be '*' only, as on AWS.");
        if (current) failed("If-None-Match");
    }
    if (const auto wanted = find_string(request, "IfMatch")) {
        if (!current) throw refusal("NoSuchKey", "The specified key does not exist.");
        if (!matches(*wanted, current->etag)) failed("If-Match");
    }
}

std::optional<Extent> parse_range(const std::string& text, std::int64_t size) {
    const auto dash = text.find('-');
    if (!text.starts_with("bytes=") || dash == std::string::npos) return std::nullopt;
    const auto first = number(std::string_view(text).substr(6, dash - 6));
    const auto last = number(std::string_view(text).substr(dash + 1));
    const bool open_end = dash + 1 == text.size();
    const auto unsatisfiable = [&] {
        return refusal("InvalidRange", "The requested range is not satisfiable",
                       Json{{"RangeRequested", text}, {"ActualObjectSize", size}});
    };
    if (dash == 6) {
        if (!last) return std::nullopt;
        if (*last == 0 || size == 0) throw unsatisfiable();
        const std::int64_t count = std::min(*last, size);
        return Extent{size - count, count};
    }
    if (!first || (!last && !open_end) || (last && *last < *first)) return std::nullopt;
    if (*first >= size) throw unsatisfiable();
    const std::int64_t end = open_end ? size : std::min(*last, size - 1) + 1;
    return Extent{*first, end - *first};
}

}  // namespace lifeboat::local::s3
