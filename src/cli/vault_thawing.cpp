#include "cli/vault_thawing.h"

#include <CLI/CLI.hpp>

#include "base/backoff.h"
#include "base/error.h"
#include "base/json.h"
#include "base/pause.h"
#include "cli/vault_progress.h"

namespace lifeboat::cli {
namespace {

// The first soon, for those that take minutes; then seldom enough for those that take days.
constexpr Backoff kBetweenLooks{std::chrono::seconds(2), 1.5, std::chrono::minutes(5)};
constexpr auto kBetweenSignals = std::chrono::milliseconds(200);

std::string amount(std::uint64_t packs, std::uint64_t bytes) {
    return human_count(static_cast<std::int64_t>(packs)) + " packs, " +
           human_bytes(static_cast<std::int64_t>(bytes));
}

}  // namespace

void ThawOptions::add_to(CLI::App& verb, const std::string& prefix) {
    verb.add_option("--" + prefix + "tier", tier,
                    "How soon frozen packs are to be there, and how dear: expedited, standard or "
                    "bulk")
        ->check(CLI::IsMember({"expedited", "standard", "bulk"}))
        ->capture_default_str();
    verb.add_option("--" + prefix + "days", days, "For how long they can be read then")
        ->check(CLI::Range(1, 365))
        ->capture_default_str();
}

vault::Thaw ThawOptions::how() const {
    const auto chosen = tier == "expedited" ? vault::ThawTier::Expedited
                        : tier == "bulk"    ? vault::ThawTier::Bulk
                                            : vault::ThawTier::Standard;
    return {chosen, days};
}

Json describe_thaw(const vault::ThawPlan& plan, const vault::Thaw& how) {
    Json list = Json::array();
    for (const auto& [storage_class, counts] : plan.cold()) {
        const auto terms = plan.terms(storage_class, how.tier);
        list.push_back({{"StorageClass", storage_class},
                        {"Packs", counts.packs},
                        {"Bytes", counts.bytes},
                        {"PacksThawing", counts.thawing_packs},
                        {"BytesThawing", counts.thawing_bytes},
                        {"PacksFrozen", counts.frozen_packs},
                        {"BytesFrozen", counts.frozen_bytes},
                        {"Wait", terms.wait},
                        {"Cost", terms.cost}});
    }
    return list;
}

std::string thaw_in_words(const vault::ThawPlan& plan, const vault::Thaw& how) {
    std::string words;
    for (const auto& [storage_class, counts] : plan.cold()) {
        const auto packs = counts.frozen_packs + counts.thawing_packs;
        if (packs == 0) continue;
        const auto terms = plan.terms(storage_class, how.tier);
        words += (words.empty() ? "" : "; ") + storage_class + ": " +
                 amount(packs, counts.frozen_bytes + counts.thawing_bytes) + ": " + terms.wait +
                 ", " + terms.cost;
        if (counts.thawing_packs > 0)
            words += " (" + human_count(static_cast<std::int64_t>(counts.thawing_packs)) +
                     " were asked for already)";
    }
    return words;
}

void wait_for_thaw(vault::ThawPlan& plan, Context& context, const std::stop_token& stop) {
    const vault::ColdPacks all = plan.waiting();
    std::atomic<std::uint64_t> packs{0}, bytes{0};
    const VaultProgress shown(context.output, "packs_thawed", "bytes_thawed", [&] {
        return VaultProgress::Counts{packs.load(), bytes.load()};
    });
    World& world = context.world;
    for (int looks = 1;; ++looks) {
        plan.look();
        const vault::ColdPacks left = plan.waiting();
        packs = all.packs - left.packs;
        bytes = all.bytes - left.bytes;
        if (plan.is_ready()) return;
        // One that went back meanwhile, its days being over, is asked for again by the next run.
        if (left.frozen_packs > 0) return;
        const Time until = world.clock().now() + kBetweenLooks.delay_after(looks, world.random());
        while (!stop.stop_requested() && world.clock().now() < until)
            pause(world.clock(), kBetweenSignals);
        if (stop.stop_requested())
            throw Error(ErrorCategory::Cancelled, "Cancelled",
                        "the wait was interrupted; the thaw goes on, and so does this when it is "
                        "run again");
    }
}

}  // namespace lifeboat::cli
