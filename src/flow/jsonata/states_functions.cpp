// What Step Functions adds to JSONata and what it changes ("Transforming data with JSONata").
#include <cmath>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/json.h"
#include "flow/jsonata/functions.h"
#include "flow/jsonata/text_form.h"

namespace lifeboat::flow::jsonata {
namespace {

constexpr double kMostElements = 1000;  // of a $range

Item partition(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined() || a[1].undefined()) return {};
    const double size = std::trunc(a[1].number());
    if (size < 1) fail("D3137", "The second argument of $partition must be a positive number");
    auto chunks = new_list();
    std::shared_ptr<List> chunk;
    for (const Item& item : a[0].list()->items()) {
        evaluator.budget().charge(1);
        if (chunk == nullptr) chunk = new_list();
        chunk->push(item);
        if (static_cast<double>(chunk->size()) < size) continue;
        chunks->push(std::move(chunk));
        chunk = nullptr;
    }
    if (chunk != nullptr) chunks->push(std::move(chunk));
    return chunks;
}

Item range(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined() || a[1].undefined() || a[2].undefined()) return {};
    const double first = std::trunc(a[0].number()), last = std::trunc(a[1].number()),
                 by = std::trunc(a[2].number());
    if (by == 0) fail("D3137", "The third argument of $range must not be 0");
    // A sequence, so that a single element stands for itself, as on AWS.
    auto elements = new_sequence();
    const double count = std::floor((last - first) / by) + 1;
    if (count > kMostElements)
        fail("D3137", "$range makes at most 1000 elements, asked for " + number_form(count));
    for (double i = 0; i < count; ++i) {
        evaluator.budget().charge(1);
        elements->push(first + i * by);
    }
    return elements;
}

Item hash(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    const std::string text = text_form(a[0], evaluator.budget());
    const std::string algorithm = a[1].undefined() ? "" : a[1].text();
    if (algorithm == "MD5") return to_hex(md5(text));
    if (algorithm == "SHA-1") return to_hex(sha1(text));
    if (algorithm == "SHA-256") return to_hex(sha256(text));
    if (algorithm == "SHA-384") return to_hex(sha384(text));
    if (algorithm == "SHA-512") return to_hex(sha512(text));
    fail("D3137",
         "The second argument of $hash must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512, "
         "found \"" +
             algorithm + "\"");
}

Item random(Evaluator& evaluator, const Items& a) {
    const Item seed = argument(a, 0);
    if (!seed.undefined()) {
        SeededRandom seeded(static_cast<std::uint64_t>(
            static_cast<std::int64_t>(std::fmod(std::trunc(seed.number()), 9e15))));
        return seeded.fraction();
    }
    return evaluator.random() == nullptr ? 0.0 : evaluator.random()->fraction();
}

Item uuid(Evaluator& evaluator, const Items&) {
    if (evaluator.random() == nullptr) return {};
    return new_uuid(*evaluator.random());
}

Item parse(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    evaluator.budget().charge_text(a[0].text().size() * 4);
    try {
        return from_json(parse_json(a[0].text(), "the argument of $parse"), evaluator.budget());
    } catch (const Error& error) {
        if (error.code() != "SerializationException") throw;
        fail("D3137", "The argument of $parse is not JSON: " + error.message());
    }
}

constexpr Builtin kFunctions[] = {
    {"partition", "<an:a>", partition}, {"range", "<nnn:a>", range}, {"hash", "<x-s:s>", hash},
    {"random", "<n?:n>", random},       {"uuid", "<:s>", uuid},      {"parse", "<s-:x>", parse},
};

}  // namespace

std::span<const Builtin> states_functions() {
    return kFunctions;
}

}  // namespace lifeboat::flow::jsonata
