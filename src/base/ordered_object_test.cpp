#include "base/ordered_object.h"

#include <gtest/gtest.h>

#include <new>

namespace lifeboat {
namespace {

// A name that cannot be looked at when memory is out.
struct Name {
    std::string text;
    operator std::string_view() const {
        if (looks_left == 0) throw std::bad_alloc();
        --looks_left;
        return text;
    }
    friend bool operator==(const Name& name, std::string_view text) { return name.text == text; }

    static inline int looks_left = 0;
};

// Whenever it fails to add a member, the object is what it was.
TEST(OrderedObject, AMemberThatCannotBeIndexedIsNotThere) {
    constexpr int kPlenty = 1'000'000;
    OrderedObject<Name, int> object;
    for (int i = 0; i < 40; ++i)
        for (int looks = 0;; ++looks) {
            const Name name{"n" + std::to_string(i)};
            bool is_added = true;
            Name::looks_left = looks;
            try {
                object.emplace(name, i);
            } catch (const std::bad_alloc&) {
                is_added = false;
            }
            Name::looks_left = kPlenty;
            ASSERT_EQ(object.size(), static_cast<std::size_t>(is_added ? i + 1 : i));
            for (int k = 0; k < 41; ++k) {
                const std::string wanted = "n" + std::to_string(k);
                const auto found = object.find(wanted);
                const bool there = k < i || (k == i && is_added);
                ASSERT_EQ(found != object.end(), there) << wanted;
                if (there) {
                    ASSERT_EQ(found->second, k);
                }
            }
            if (is_added) break;
        }
}

}  // namespace
}  // namespace lifeboat
