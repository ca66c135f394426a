#include "vault/id_set.h"

#include <gtest/gtest.h>

#include <string>
#include <unordered_set>

#include "base/random.h"

namespace lifeboat::vault {
namespace {

TEST(IdSet, SaysWhatAnOrdinarySetSays) {
    SeededRandom random(9);
    IdSet set;
    std::unordered_set<Id, IdHash> oracle;
    for (int i = 0; i < 20000; ++i) {
        Id id = Id::of(std::to_string(random.next() % 10000));
        // Some share a bucket, and all but the last byte that counts.
        if (i % 3 == 0) {
            id = Id{};
            id.bytes[15] = static_cast<unsigned char>(random.next());
        }
        EXPECT_EQ(set.insert(id), oracle.insert(id).second);
    }
    EXPECT_EQ(set.size(), oracle.size());
    for (const Id& id : oracle)
        EXPECT_TRUE(set.contains(id));
    for (int i = 0; i < 1000; ++i)
        EXPECT_FALSE(set.contains(Id::of("other " + std::to_string(i))));
}

}  // namespace
}  // namespace lifeboat::vault
