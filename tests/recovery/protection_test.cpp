// The switch for final snapshots.
#include <algorithm>

#include "apps/recovery/item.h"
#include "recovery/story.h"

namespace lifeboat::recovery::testing {
namespace {

class Protection : public Story {
  protected:
    bool has_event(const Profile& who, const std::string& what) {
        const auto events = history_events(who);
        return std::find(events.begin(), events.end(), what) != events.end();
    }
};

TEST_F(Protection, TheSwitchStaysAsItIsSet) {
    const StudioDomain domain = create_domain("studio");
    create(domain, user());
    settle_now();
    EXPECT_FALSE(row("user1").contains("protection"));
    EXPECT_TRUE(administration().set_protection({user(), "studio"}, true));
    EXPECT_FALSE(administration().set_protection({user(), "studio"}, true));
    EXPECT_TRUE(administration().set_protection({user(), "studio"}, false));
    EXPECT_TRUE(has_event(user(), "protection"));
    remove(domain, user());
    create(domain, user());
    come_to_rest();
    EXPECT_EQ(row("user1")["protection"], false);
    ok("dynamodb", "DeleteItem",
       {{"TableName", kUserTable},
        {"Key",
         {{"profile_name", to_attribute("user1")}, {"domain_name", to_attribute("studio")}}}});
    administration().seed();
    EXPECT_EQ(row("user1")["protection"], false) << "a lost row has the switch as it was last";
}

}  // namespace
}  // namespace lifeboat::recovery::testing
