#include "local/dynamodb/number.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"

namespace lifeboat::local::dynamodb {
namespace {

std::string refused(std::string_view text) {
    try {
        Number::parse(text);
    } catch (const Error& e) {
        return e.message();
    }
    return "";
}

std::string ordered(const Number& number) {
    std::string bytes;
    number.append_ordered(bytes);
    return bytes;
}

TEST(Number, ComesOutInNormalForm) {
    for (const auto& [in, out] : std::vector<std::pair<std::string, std::string>>{
             {"0", "0"},
             {"-0.000", "0"},
             {"+007.500", "7.5"},
             {"1e3", "1000"},
             {"1.25E-4", "0.000125"},
             {"-12.50", "-12.5"},
             {".5", "0.5"},
             {"5.", "5"},
             {"0.000e999999999999", "0"},
             {"100", "100"},
             {"12345678901234567890123456789012345678", "12345678901234567890123456789012345678"}})
        EXPECT_EQ(Number::parse(in).text(), out) << in;
}

TEST(Number, RefusesInDynamoDbsWords) {
    EXPECT_EQ(refused(""), "The parameter cannot be converted to a numeric value");
    for (const std::string text : {"abc", "1e", "--1", "1 ", "0x10", "NaN", ".", "e5", "1.2.3"})
        EXPECT_EQ(refused(text), "The parameter cannot be converted to a numeric value: " + text);
    EXPECT_EQ(refused("123456789012345678901234567890123456789"),
              "Attempting to store more than 38 significant digits in a Number");
    EXPECT_EQ(refused("1e126"),
              "Number overflow. Attempting to store a number with magnitude larger than supported "
              "range");
    EXPECT_EQ(refused("-1e-131"),
              "Number underflow. Attempting to store a number with magnitude smaller than "
              "supported range");
    EXPECT_EQ(refused("9.9999999999999999999999999999999999999E+125"), "");
    EXPECT_EQ(refused("1E-130"), "");
    EXPECT_NE(refused("1e99999999999999999999999"), "");
}

TEST(Number, AddsExactly) {
    const auto sum = [](std::string_view a, std::string_view b) {
        return (Number::parse(a) + Number::parse(b)).text();
    };
    EXPECT_EQ(sum("0.1", "0.2"), "0.3");
    EXPECT_EQ(sum("99999999999999999999999999999999999999", "1"), "1" + std::string(38, '0'));
    EXPECT_EQ(sum("1", "-1"), "0");
    EXPECT_EQ(sum("-5", "3.5"), "-1.5");
    EXPECT_EQ((Number::parse("3") - Number::parse("10")).text(), "-7");
    EXPECT_THROW(sum("1e100", "1"), Error);
    EXPECT_THROW(sum("9e125", "9e125"), Error);
}

TEST(Number, AgreesWithIntegerArithmeticAndKeepsOrderAsBytes) {
    const std::uint64_t seed = SystemRandom().next();
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    for (int i = 0; i < 5000; ++i) {
        const auto draw = [&] {
            return static_cast<long long>(random.next() >> (random.next() % 62 + 2)) *
                   (random.next() % 2 == 0 ? 1 : -1);
        };
        const long long a = draw(), b = draw();
        const Number x = Number::of(a), y = Number::of(b);
        ASSERT_EQ((x + y).text(), std::to_string(a + b));
        ASSERT_EQ((x - y).text(), std::to_string(a - b));
        ASSERT_EQ(x <=> y, a <=> b) << a << " " << b;
        ASSERT_EQ(ordered(x).compare(ordered(y)) <=> 0, a <=> b) << a << " " << b;
    }
}

TEST(Number, BytesKeepOrderOverTheWholeRange) {
    const std::vector<std::string> rising = {
        "-9.9e125", "-1e125", "-1.5", "-1.05", "-1",   "-0.1", "-1e-129", "-1e-130",
        "0",        "1e-130", "0.1",  "1",     "1.05", "1.5",  "1e125",   "9.9e125"};
    for (std::size_t i = 1; i < rising.size(); ++i)
        EXPECT_LT(ordered(Number::parse(rising[i - 1])), ordered(Number::parse(rising[i])))
            << rising[i];
}

}  // namespace
}  // namespace lifeboat::local::dynamodb
