#include <cmath>

#include "flow/jsonata/date_picture.h"
#include "flow/jsonata/functions.h"

namespace lifeboat::flow::jsonata {
namespace {

constexpr const char* kIso = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]";
constexpr double kFurthest = 9e14;  // milliseconds either side of 1970; years of five digits

std::int64_t millis_of(Time time) {
    return to_epoch_micros(time) / 1000;
}

Item formatted(std::int64_t millis, const Item& picture, const Item& zone) {
    int offset = 0;
    if (!zone.undefined()) {
        const auto parsed = parse_offset(zone.text());
        if (!parsed)
            fail("D3134", "The timezone must be like \"+0100\", found \"" + zone.text() + "\"");
        offset = *parsed;
    }
    return format_date(millis, picture.undefined() ? kIso : picture.text(), offset);
}

Item now(Evaluator& evaluator, const Items& a) {
    return formatted(millis_of(evaluator.now()), argument(a, 0), argument(a, 1));
}

Item millis(Evaluator& evaluator, const Items&) {
    return static_cast<double>(millis_of(evaluator.now()));
}

Item from_millis(Evaluator&, const Items& a) {
    if (a[0].undefined()) return {};
    if (std::abs(a[0].number()) > kFurthest) fail("D1001", "Number out of range for a time");
    return formatted(static_cast<std::int64_t>(a[0].number()), argument(a, 1), argument(a, 2));
}

// The parts of an ISO 8601 timestamp that may be left out: the time, the zone, day and month.
std::optional<std::int64_t> from_iso(const std::string& text) {
    for (const char* picture :
         {"[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z]",
          "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01][Z]",
          "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001]", "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01]",
          "[Y0001]-[M01]-[D01]T[H01]:[m01][Z]", "[Y0001]-[M01]-[D01]T[H01]:[m01]",
          "[Y0001]-[M01]-[D01]", "[Y0001]-[M01]", "[Y0001]"})
        if (const auto millis = parse_date(text, picture, 0)) return millis;
    return std::nullopt;
}

Item to_millis(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    const Item picture = argument(a, 1);
    if (!picture.undefined()) {
        const auto millis = parse_date(a[0].text(), picture.text(), millis_of(evaluator.now()));
        return millis ? Item(static_cast<double>(*millis)) : Item();
    }
    const auto millis = from_iso(a[0].text());
    if (!millis)
        fail("D3110",
             "The argument of the toMillis function must be an ISO 8601 formatted "
             "timestamp. Given \"" +
                 a[0].text() + "\"");
    return static_cast<double>(*millis);
}

constexpr Builtin kFunctions[] = {
    {"now", "<s?s?:s>", now},
    {"millis", "<:n>", millis},
    {"fromMillis", "<n-s?s?:s>", from_millis},
    {"toMillis", "<s-s?:n>", to_millis},
};

}  // namespace

std::span<const Builtin> date_functions() {
    return kFunctions;
}

}  // namespace lifeboat::flow::jsonata
