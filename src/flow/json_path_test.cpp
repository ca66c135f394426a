#include "flow/json_path.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "base/random.h"

namespace lifeboat::flow {
namespace {

const Json kShop = Json::parse(R"({
    "store": {"book": [{"title": "A", "price": 8.95, "tags": ["x"]},
                       {"title": "B", "price": 12.99},
                       {"title": "C", "price": 8.99, "isbn": "1"}],
              "bike": {"price": 19.95}},
    "delivery-partner": "UQS", "a b": {"c.d": 1}, "nothing": null, "limit": 10})");

Json select(std::string_view path) {
    Effort effort;
    return JsonPath::parse(path).select(kShop, effort).value_or("<none>");
}

TEST(JsonPath, DefinitePathsSelectOneValueOrNone) {
    EXPECT_EQ(select("$"), kShop);
    EXPECT_EQ(select("$.store.book[1].title"), "B");
    EXPECT_EQ(select("$.store.book[-1].title"), "C");
    EXPECT_EQ(select("$['a b']['c.d']"), 1);
    EXPECT_EQ(select("$.delivery-partner"), "UQS");
    EXPECT_EQ(select("$.nothing"), nullptr);
    EXPECT_EQ(select("$.store.book[3]"), "<none>");
    EXPECT_EQ(select("$.limit.x"), "<none>");
    EXPECT_EQ(select("$.store.book.title"), "<none>");
}

TEST(JsonPath, IndefinitePathsSelectLists) {
    EXPECT_EQ(select("$.store.book[*].title"), Json({"A", "B", "C"}));
    EXPECT_EQ(select("$.store.book[0,2].title"), Json({"A", "C"}));
    EXPECT_EQ(select("$.store.book[1:].title"), Json({"B", "C"}));
    EXPECT_EQ(select("$.store.book[:-1].title"), Json({"A", "B"}));
    EXPECT_EQ(select("$.store.book[-2:].title"), Json({"B", "C"}));
    EXPECT_EQ(select("$.store.book[::2].title"), Json({"A", "C"}));
    EXPECT_EQ(select("$..title"), Json({"A", "B", "C"}));
    EXPECT_EQ(select("$..absent"), Json::array());
    EXPECT_EQ(select("$.store['bike','book'].price"), Json({19.95}));
}

TEST(JsonPath, FiltersCompareElements) {
    EXPECT_EQ(select("$.store.book[?(@.price < 9)].title"), Json({"A", "C"}));
    EXPECT_EQ(select("$.store.book[?(@.price < $.limit && @.isbn)].title"), Json({"C"}));
    EXPECT_EQ(select("$.store.book[?(!(@.title == 'A') || @.tags)].title"), Json({"A", "B", "C"}));
    EXPECT_EQ(select("$.store.book[?(@.title in ['A','C'])].price"), Json({8.95, 8.99}));
    EXPECT_EQ(select("$..[?(@.price > 15)]"), Json::parse(R"([{"price": 19.95}])"));
    EXPECT_EQ(select("$.store.book[?(@.title != \"A\")].title"), Json({"B", "C"}));
}

TEST(JsonPath, RefusesWhatIsNoPath) {
    for (const char* bad :
         {"", "a", "$.", "$..", "$[", "$['a", "$[?(@.a ==)]", "$[?(@.a =~ /x/)]", "$.a b",
          "$.a.length()", "$[1", "$[a]", "$.a[?(", "$[::0]", "$[99999999999999999999]", "$['a']x"})
        EXPECT_THROW(JsonPath::parse(bad), Error) << bad;
    std::string deep = "$";
    for (int i = 0; i < 1000; ++i)
        deep += "[?(";
    EXPECT_THROW(JsonPath::parse(deep), Error);
}

TEST(JsonPath, SaysWhatIsMissingAsAwsDoes) {
    EXPECT_EQ(JsonPath::parse("$.x").missing_text(kShop), "No results for path: $['x']");
    EXPECT_EQ(JsonPath::parse("$.store.x[2]").missing_text(kShop),
              "Missing property in path $['store']['x']");
}

TEST(JsonPath, PutsValuesAndMakesObjectsOnTheWay) {
    const Json root = {{"a", {{"b", 1}}}, {"list", {1, 2}}, {"text", "t"}};
    const auto put = [&root](std::string_view path) {
        return JsonPath::parse(path).put(root, "new");
    };
    EXPECT_EQ(put("$.a.c.d")->at("a"), (Json{{"b", 1}, {"c", {{"d", "new"}}}}));
    EXPECT_EQ(put("$.list[1]")->at("list"), Json({1, "new"}));
    EXPECT_FALSE(put("$.list[2]"));
    EXPECT_FALSE(put("$.text.x"));
}

// Ends with an error, after a bounded effort.
void expect_too_much(std::string_view path, const Json& document) {
    Effort effort;
    try {
        JsonPath::parse(path).select(document, effort);
        ADD_FAILURE() << path << " selected something";
    } catch (const Error& error) {
        EXPECT_TRUE(error.code() == "States.Runtime" || error.code() == "States.DataLimitExceeded")
            << error.what();
    }
}

TEST(JsonPath, BoundsWhatAHostilePathSelects) {
    Json deep = 1, tower = Json::array(), many = Json::array(), texts = Json::array();
    for (int i = 0; i < 100; ++i)
        deep = Json::array({std::move(deep)});
    for (int i = 0; i < 50'000; ++i) {
        tower.push_back(1);
        many.push_back({{"a", i}});
        texts.push_back("x");
    }
    for (int i = 0; i < 100; ++i)
        tower = Json::array({std::move(tower)});
    // Combinations, copies of copies, a scan per element, a comparison per element.
    expect_too_much("$..*..*..*..*..*..*", deep);
    expect_too_much("$..*", tower);
    expect_too_much("$[?(@.a in $..a)]", many);
    expect_too_much("$[?($..[?($..a)])]", many);
    expect_too_much("$[?($ == $)]", many);
    expect_too_much("$[?(@ in $)]", texts);
    std::string names = "'a'";
    for (int i = 0; i < 10'000; ++i)
        names += ",'b'";
    expect_too_much("$[*][" + names + "]", many);
}

TEST(JsonPath, BoundsThePathItself) {
    std::string steps = "$";
    for (int i = 0; i < 300'000; ++i)
        steps += ".a";
    EXPECT_THROW(JsonPath::parse(steps), Error);
    EXPECT_THROW(JsonPath::parse("$[?(@" + steps.substr(1) + ")]"), Error);
    EXPECT_NO_THROW(JsonPath::parse(steps.substr(0, 1 + 2 * JsonPath::kMostSteps)));
}

// The slow, obvious way: all paths of a document, each checked step by step.
struct Oracle {
    std::vector<PathStep> steps;

    void collect(const Json& node, std::size_t at, Json& out) const {
        if (at == steps.size()) return out.push_back(node);
        const PathStep& step = steps[at];
        std::vector<Json> candidates{node};
        if (step.deep) candidates = below(node);
        for (const Json& candidate : candidates) {
            if (step.kind == PathStep::Kind::Wildcard && candidate.is_structured()) {
                for (const Json& part : candidate)
                    collect(part, at + 1, out);
            } else if (step.kind == PathStep::Kind::Names && candidate.is_object()) {
                for (const auto& name : step.names)
                    if (candidate.contains(name)) collect(candidate[name], at + 1, out);
            } else if (step.kind == PathStep::Kind::Indexes && candidate.is_array()) {
                for (const long index : step.indexes)
                    for (std::size_t i = 0; i < candidate.size(); ++i)
                        if (static_cast<long>(i) == index ||
                            static_cast<long>(i) - static_cast<long>(candidate.size()) == index)
                            collect(candidate[i], at + 1, out);
            } else if (step.kind == PathStep::Kind::Slice && candidate.is_array()) {
                const auto size = static_cast<long>(candidate.size());
                const long from = step.from.value_or(0), to = step.to.value_or(size);
                const long first = std::max(0L, from < 0 ? from + size : from);
                for (long i = 0; i < size; ++i)
                    if (i >= first && i < (to < 0 ? to + size : to) &&
                        (i - first) % step.stride == 0)
                        collect(candidate[static_cast<std::size_t>(i)], at + 1, out);
            } else if (step.kind == PathStep::Kind::Filter) {
                // The only filter the random paths have: a member "a" above 1.
                const auto passes = [](const Json& part) {
                    return part.is_object() && part.contains("a") && part["a"].is_number() &&
                           part["a"] > 1;
                };
                if (candidate.is_object() && passes(candidate)) collect(candidate, at + 1, out);
                if (candidate.is_array())
                    for (const Json& part : candidate)
                        if (passes(part)) collect(part, at + 1, out);
            }
        }
    }

    static std::vector<Json> below(const Json& node) {
        std::vector<Json> all{node};
        if (node.is_structured())
            for (const Json& part : node)
                for (Json& deeper : below(part))
                    all.push_back(std::move(deeper));
        return all;
    }
};

Json random_document(Random& random, int depth) {
    switch (random.next() % (depth > 0 ? 4 : 2)) {
        case 0:
            return random.next() % 5;
        case 1:
            return "s" + std::to_string(random.next() % 3);
        case 2: {
            Json list = Json::array();
            for (std::uint64_t i = random.next() % 4; i > 0; --i)
                list.push_back(random_document(random, depth - 1));
            return list;
        }
        default: {
            Json object = Json::object();
            for (std::uint64_t i = random.next() % 4; i > 0; --i)
                object[std::string(1, static_cast<char>('a' + random.next() % 3))] =
                    random_document(random, depth - 1);
            return object;
        }
    }
}

std::string random_path(Random& random) {
    std::string path = "$";
    for (std::uint64_t i = random.next() % 4; i > 0; --i) {
        const std::string name(1, static_cast<char>('a' + random.next() % 3));
        switch (random.next() % 9) {
            case 0:
                path += "." + name;
                break;
            case 1:
                path += "['" + name + "']";
                break;
            case 2:
                path += "[" + std::to_string(static_cast<long>(random.next() % 5) - 2) + "]";
                break;
            case 3:
                path += "[*]";
                break;
            case 4:
                path += ".." + name;
                break;
            case 5:
                path += "..*";
                break;
            case 6: {
                const auto bound = [&random] {
                    return random.next() % 3 == 0
                               ? std::string()
                               : std::to_string(static_cast<long>(random.next() % 7) - 3);
                };
                path += "[" + bound() + ":" + bound();
                path += random.next() % 2 == 0 ? "]"
                                               : ":" + std::to_string(random.next() % 3 + 1) + "]";
                break;
            }
            case 7:
                path += random.next() % 2 == 0 ? "[?(@.a > 1)]" : "..[?(@.a > 1)]";
                break;
            default:
                path += "['a','c']";
                break;
        }
    }
    return path;
}

TEST(JsonPath, AgreesWithTheSlowOracleOnRandomInput) {
    for (std::uint64_t seed = 1; seed <= 200'000; ++seed) {
        SeededRandom random(seed);
        const Json document = random_document(random, 4);
        const std::string text = random_path(random);
        const JsonPath path = JsonPath::parse(text);
        Json expected = Json::array();
        Oracle{path.steps()}.collect(document, 0, expected);
        Effort effort;
        const auto selected = path.select(document, effort);
        // A deep scan visits level by level below each match; the oracle does so too.
        if (path.definite())
            EXPECT_EQ(selected ? Json::array({*selected}) : Json::array(), expected)
                << "seed " << seed << " " << text << " of " << document;
        else
            EXPECT_EQ(*selected, expected) << "seed " << seed << " " << text << " of " << document;
    }
}

}  // namespace
}  // namespace lifeboat::flow
