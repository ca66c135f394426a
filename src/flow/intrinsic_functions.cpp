#include "flow/intrinsic_functions.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"

namespace lifeboat::flow {
namespace {

using Arguments = std::vector<Json>;

constexpr std::size_t kLongestText =
    10'000;  // Base64* and Hash refuse more, as Step Functions does
constexpr std::int64_t kLongestRange = 1'000;  // elements of ArrayRange
constexpr std::size_t kMany = 1'000;

[[noreturn]] void fail(const std::string& problem) {
    throw Error(ErrorCategory::InvalidInput, "States.IntrinsicFailure", problem);
}

const Json& array_at(const Arguments& arguments, std::size_t index) {
    if (!arguments[index].is_array())
        fail("Argument " + std::to_string(index + 1) + " must be an array");
    return arguments[index];
}

const std::string& string_at(const Arguments& arguments, std::size_t index) {
    if (!arguments[index].is_string())
        fail("Argument " + std::to_string(index + 1) + " must be a string");
    return arguments[index].get_ref<const std::string&>();
}

// A number that is not whole is rounded.
std::int64_t integer_at(const Arguments& arguments, std::size_t index) {
    const Json& value = arguments[index];
    if (!value.is_number()) fail("Argument " + std::to_string(index + 1) + " must be a number");
    if (value.is_number_integer()) return value.get<std::int64_t>();
    const double rounded = std::round(value.get<double>());
    if (!(std::abs(rounded) <= 9.0e18))
        fail("Argument " + std::to_string(index + 1) + " is out of range");
    return static_cast<std::int64_t>(rounded);
}

Json array(const Arguments& arguments, Random& /*random*/) {
    return Json(arguments);
}

Json array_partition(const Arguments& arguments, Random& /*random*/) {
    const Json& list = array_at(arguments, 0);
    const std::int64_t size = integer_at(arguments, 1);
    if (size < 1) fail("The size of a part must be positive");
    Json parts = Json::array();
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (i % static_cast<std::size_t>(size) == 0) parts.push_back(Json::array());
        parts.back().push_back(list[i]);
    }
    return parts;
}

Json array_contains(const Arguments& arguments, Random& /*random*/) {
    const Json& list = array_at(arguments, 0);
    return std::ranges::find(list, arguments[1]) != list.end();
}

Json array_range(const Arguments& arguments, Random& /*random*/) {
    const std::int64_t first = integer_at(arguments, 0);
    const std::int64_t last = integer_at(arguments, 1);
    const std::int64_t step = integer_at(arguments, 2);
    if (step == 0) fail("The step must not be 0");
    Json list = Json::array();
    for (std::int64_t value = first; step > 0 ? value <= last : value >= last;) {
        if (static_cast<std::int64_t>(list.size()) == kLongestRange)
            fail("The range has more than 1000 elements");
        list.push_back(value);
        if (__builtin_add_overflow(value, step, &value)) break;
    }
    return list;
}

Json array_get_item(const Arguments& arguments, Random& /*random*/) {
    const Json& list = array_at(arguments, 0);
    const std::int64_t index = integer_at(arguments, 1);
    if (index < 0 || index >= static_cast<std::int64_t>(list.size()))
        fail("The index " + std::to_string(index) + " is outside the array");
    return list[static_cast<std::size_t>(index)];
}

Json array_length(const Arguments& arguments, Random& /*random*/) {
    return array_at(arguments, 0).size();
}

Json array_unique(const Arguments& arguments, Random& /*random*/) {
    Json unique = Json::array();
    std::set<std::string> seen;
    for (const Json& value : array_at(arguments, 0))
        if (seen.insert(canonical_text(value)).second) unique.push_back(value);
    return unique;
}

Json encode_base64(const Arguments& arguments, Random& /*random*/) {
    const std::string& text = string_at(arguments, 0);
    if (text.size() > kLongestText) fail("The text is longer than 10,000 characters");
    return base64_encode(text);
}

Json decode_base64(const Arguments& arguments, Random& /*random*/) {
    const std::string& text = string_at(arguments, 0);
    if (text.size() > kLongestText) fail("The text is longer than 10,000 characters");
    const auto bytes = base64_decode(text);
    if (!bytes) fail("The text is not base64");
    if (!is_utf8(*bytes)) fail("The decoded bytes are not UTF-8");
    return *bytes;
}

Json hash(const Arguments& arguments, Random& /*random*/) {
    const std::string text =
        arguments[0].is_string() ? arguments[0].get<std::string>() : to_text(arguments[0]);
    if (text.size() > kLongestText) fail("The text is longer than 10,000 characters");
    const std::string& algorithm = string_at(arguments, 1);
    if (algorithm == "MD5") return to_hex(md5(text));
    if (algorithm == "SHA-1") return to_hex(sha1(text));
    if (algorithm == "SHA-256") return to_hex(sha256(text));
    if (algorithm == "SHA-384") return to_hex(sha384(text));
    if (algorithm == "SHA-512") return to_hex(sha512(text));
    fail("The algorithm must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512");
}

Json json_merge(const Arguments& arguments, Random& /*random*/) {
    if (!arguments[0].is_object() || !arguments[1].is_object())
        fail("The first two arguments must be objects");
    if (!arguments[2].is_boolean()) fail("The third argument must be true or false");
    if (arguments[2].get<bool>()) fail("Only shallow merging (false) is supported");
    Json merged = arguments[0];
    merged.update(arguments[1]);
    return merged;
}

Json string_to_json(const Arguments& arguments, Random& /*random*/) {
    const std::string& text = string_at(arguments, 0);
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) return nullptr;
    try {
        return parse_json(text, "the argument");
    } catch (const Error& error) {
        fail(error.message());
    }
}

Json json_to_string(const Arguments& arguments, Random& /*random*/) {
    return to_text(arguments[0]);
}

Json math_random(const Arguments& arguments, Random& random) {
    const std::int64_t first = integer_at(arguments, 0);
    const std::int64_t end = integer_at(arguments, 1);
    if (end <= first) fail("The second argument must be larger than the first");
    const auto width = static_cast<std::uint64_t>(end) - static_cast<std::uint64_t>(first);
    std::uint64_t drawn = 0;
    if (arguments.size() == 3) {
        SeededRandom seeded(static_cast<std::uint64_t>(integer_at(arguments, 2)));
        drawn = seeded.next();
    } else {
        drawn = random.next();
    }
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(first) + drawn % width);
}

Json math_add(const Arguments& arguments, Random& /*random*/) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(integer_at(arguments, 0), integer_at(arguments, 1), &sum))
        fail("The sum is out of range");
    return sum;
}

std::vector<std::string_view> characters_of(std::string_view text) {
    std::vector<std::string_view> characters;
    while (!text.empty()) {
        std::size_t size = 1;
        while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80)
            ++size;
        characters.push_back(text.substr(0, size));
        text.remove_prefix(size);
    }
    return characters;
}

// Every character of the second argument separates; empty parts are left out.
Json string_split(const Arguments& arguments, Random& /*random*/) {
    const auto given = characters_of(string_at(arguments, 1));
    const std::set<std::string_view> separators(given.begin(), given.end());
    Json parts = Json::array();
    std::string part;
    const auto end_part = [&] {
        if (!part.empty()) parts.push_back(std::move(part));
        part.clear();
    };
    for (const std::string_view character : characters_of(string_at(arguments, 0))) {
        if (separators.contains(character))
            end_part();
        else
            part += character;
    }
    end_part();
    return parts;
}

Json uuid(const Arguments& /*arguments*/, Random& random) {
    return new_uuid(random);
}

Json format(const Arguments& arguments, Random& /*random*/) {
    return format_intrinsic(string_at(arguments, 0), {arguments.begin() + 1, arguments.end()});
}

const std::map<std::string, IntrinsicFunction, std::less<>> kFunctions = {
    {"States.Format", {1, kMany, format}},
    {"States.StringToJson", {1, 1, string_to_json}},
    {"States.JsonToString", {1, 1, json_to_string}},
    {"States.Array", {0, kMany, array}},
    {"States.ArrayPartition", {2, 2, array_partition}},
    {"States.ArrayContains", {2, 2, array_contains}},
    {"States.ArrayRange", {3, 3, array_range}},
    {"States.ArrayGetItem", {2, 2, array_get_item}},
    {"States.ArrayLength", {1, 1, array_length}},
    {"States.ArrayUnique", {1, 1, array_unique}},
    {"States.Base64Encode", {1, 1, encode_base64}},
    {"States.Base64Decode", {1, 1, decode_base64}},
    {"States.Hash", {2, 2, hash}},
    {"States.JsonMerge", {3, 3, json_merge}},
    {"States.MathRandom", {2, 3, math_random}},
    {"States.MathAdd", {2, 2, math_add}},
    {"States.StringSplit", {2, 2, string_split}},
    {"States.UUID", {0, 0, uuid}},
};

}  // namespace

const IntrinsicFunction* find_intrinsic(std::string_view name) {
    const auto found = kFunctions.find(name);
    return found == kFunctions.end() ? nullptr : &found->second;
}

std::string format_intrinsic(std::string_view format, const std::vector<Json>& arguments) {
    std::string text;
    std::size_t next = 0;
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (format[i] == '\\' && i + 1 < format.size()) {
            text += format[++i];
        } else if (format.substr(i, 2) == "{}") {
            if (next == arguments.size()) fail("There are more {} than arguments");
            const Json& value = arguments[next++];
            text += value.is_string() ? value.get<std::string>() : to_text(value);
            ++i;
        } else {
            text += format[i];
        }
    }
    if (next != arguments.size()) fail("There are more arguments than {}");
    return text;
}

}  // namespace lifeboat::flow
