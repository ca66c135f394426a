#include "mover/filter.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace lifeboat::mover {
namespace {

// Walks down `path` as the mover does.
Selection select(const Filter& filter, std::string_view path) {
    Selection selection = filter.select("", Selection::Take);
    for (std::size_t end = 0; end != std::string_view::npos;) {
        end = path.find('/', end + 1);
        selection = filter.select(path.substr(0, end), selection);
    }
    return selection;
}

TEST(Filter, WithoutPatternsTakesEverything) {
    const Filter filter("", "");
    EXPECT_TRUE(filter.selects_everything());
    EXPECT_EQ(select(filter, "a/b"), Selection::Take);
}

TEST(Filter, ExcludesTakeWhatLiesBelow) {
    const Filter filter("", "/cache|/tmp*|*.pyc");
    EXPECT_EQ(select(filter, "cache"), Selection::Skip);
    EXPECT_EQ(select(filter, "cache/a/b"), Selection::Skip);
    EXPECT_EQ(select(filter, "cached"), Selection::Take);
    EXPECT_EQ(select(filter, "tmpfiles/x"), Selection::Skip);
    EXPECT_EQ(select(filter, "a/tmp"), Selection::Take);
    EXPECT_EQ(select(filter, "a/b/c.pyc"), Selection::Skip);
    EXPECT_EQ(select(filter, "a/b/c.pyc.old"), Selection::Take);
}

TEST(Filter, IncludesLeadDownToWhatTheyTake) {
    const Filter filter("/a/b*|/c", "");
    EXPECT_EQ(select(filter, ""), Selection::Descend);
    EXPECT_EQ(select(filter, "a"), Selection::Descend);
    EXPECT_EQ(select(filter, "a/b1/x"), Selection::Take);
    EXPECT_EQ(select(filter, "a/x"), Selection::Skip);
    EXPECT_EQ(select(filter, "c/d/e"), Selection::Take);
    EXPECT_EQ(select(filter, "cc"), Selection::Skip);
    EXPECT_EQ(select(filter, "b"), Selection::Skip);
}

TEST(Filter, ExcludesGoBeforeIncludes) {
    const Filter filter("/a", "/a/secret");
    EXPECT_EQ(select(filter, "a/x"), Selection::Take);
    EXPECT_EQ(select(filter, "a/secret"), Selection::Skip);
}

TEST(Filter, BackslashTakesTheNextCharacterAsItIs) {
    const Filter filter("", "/a\\*|/b\\|c|/d\\\\");
    EXPECT_EQ(select(filter, "a*"), Selection::Skip);
    EXPECT_EQ(select(filter, "ab"), Selection::Take);
    EXPECT_EQ(select(filter, "b|c"), Selection::Skip);
    EXPECT_EQ(select(filter, "d\\"), Selection::Skip);
}

TEST(Filter, AWholeTreeCanBeNamed) {
    EXPECT_EQ(select(Filter("/", ""), "a/b"), Selection::Take);
    EXPECT_EQ(select(Filter("/*", ""), "a/b"), Selection::Take);
    EXPECT_EQ(select(Filter("/a/", ""), "a/b"), Selection::Take);
}

TEST(Filter, RefusesPatternsItCannotHonour) {
    for (const char* text : {"a", "|", "/a||/b", "/a|", "/a*b", "/a\\", "*a"})
        EXPECT_THROW(Filter(text, ""), Error) << text;
    for (const char* text : {"a", "|/a", "/a\\"})
        EXPECT_THROW(Filter("", text), Error) << text;
}

}  // namespace
}  // namespace lifeboat::mover
