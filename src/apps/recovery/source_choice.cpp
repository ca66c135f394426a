#include "apps/recovery/source_choice.h"

#include <algorithm>
#include <map>
#include <set>

#include "apps/recovery/row.h"

namespace lifeboat::recovery {
namespace {

using Evidence = Candidate::Evidence;

void weigh(Candidate& candidate, const HistoryEntry& entry) {
    if (entry.event == event::kRecovered) {
        if (candidate.evidence == Evidence::NotCopied || candidate.why.empty())
            candidate.whole_since = entry.when;
        candidate.evidence = Evidence::Recovered;
        candidate.why = "a recovery into it succeeded";
    } else if (entry.event == event::kNothing ||
               (entry.event == event::kCreated && entry.copy == copy::kNone)) {
        candidate.evidence = Evidence::First;
        candidate.why = "it was the profile's first home";
    } else if (entry.event == event::kCreated) {
        candidate.evidence = Evidence::NotCopied;
        candidate.why = entry.copy == copy::kOff ? "replication into it was switched off"
                                                 : "no copy into it has succeeded";
    } else if (entry.event.empty() || entry.event == event::kAdopted) {
        if (entry.replication_status == status::kError) {
            candidate.evidence = Evidence::NotCopied;
            candidate.why = "the copy into it failed before it was adopted";
        } else if (candidate.why.empty()) {
            candidate.evidence = Evidence::Inherited;
            candidate.why = "it was the profile's home before the registry was adopted";
        }
    }
}

// What says that a home belongs to the profile; the other entries only tell what befell it.
bool introduces_home(const HistoryEntry& entry) {
    return entry.event.empty() || entry.event == event::kCreated ||
           entry.event == event::kAdopted || entry.event == event::kDeleted ||
           entry.event == event::kRecovered || entry.event == event::kNothing ||
           entry.event == event::kExpected;
}

std::string described(const Candidate& candidate) {
    return candidate.text() + " of " + candidate.profile.text() + " in domain " +
           candidate.domain_id;
}

std::string from_vault(const Candidate& candidate) {
    if (!candidate.is_from_vault) return "";
    return " (the home itself is gone" + lacking(candidate.snapshot->unreadable) + ")";
}

}  // namespace

std::string lacking(std::int64_t unreadable) {
    if (unreadable == 0) return "";
    return ", and " + std::to_string(unreadable) +
           " of its files could not be read when the snapshot was taken";
}

std::string Candidate::text() const {
    if (!is_from_vault) return home.text();
    return "snapshot " + snapshot->id.substr(0, 8) + (home.known() ? " of " + home.text() : "");
}

std::vector<Candidate> candidates_of(const std::vector<HistoryEntry>& history, const Home& target) {
    std::vector<Candidate> candidates;
    std::map<Home, std::size_t> index;
    for (const HistoryEntry& entry : history) {
        if (!entry.home.known() || !is_uid(entry.home.uid) || entry.home == target ||
            !introduces_home(entry))
            continue;
        const auto [at, is_new] = index.try_emplace(entry.home, candidates.size());
        if (is_new) {
            Candidate candidate;
            candidate.home = entry.home;
            candidate.profile = entry.profile;
            candidate.domain_id = entry.domain_id;
            candidate.domain_name = entry.domain_name;
            candidate.since = entry.when;
            candidates.push_back(std::move(candidate));
        }
        weigh(candidates[at->second], entry);
    }
    std::set<Home> lived_in_since;  // since their snapshot
    for (const HistoryEntry& entry : history) {
        const auto at = index.find(entry.home);
        if (at == index.end()) continue;
        if (entry.tells_of_stay()) lived_in_since.insert(entry.home);
        if (!entry.snapshot) continue;
        Candidate& candidate = candidates[at->second];
        std::optional<KeptSnapshot>& kept = candidate.snapshot;
        const bool is_of_a_later_stay = lived_in_since.erase(entry.home) > 0;
        if (kept && !is_of_a_later_stay && !candidate.is_too_early(*kept) &&
            (candidate.is_too_early(*entry.snapshot) ||
             (kept->is_whole() && !entry.snapshot->is_whole())))
            continue;
        kept = entry.snapshot;
    }
    for (Candidate& candidate : candidates)
        if (candidate.why.empty()) candidate.why = "it is the home of the source named for it";
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.since < b.since; });
    return candidates;
}

SourceChoice choose_source(std::vector<Candidate> candidates) {
    SourceChoice choice;
    if (candidates.empty()) {
        choice.explanation = "there is no earlier home";
        return choice;
    }
    for (Candidate& candidate : candidates) {
        if (!candidate.is_from_vault || !candidate.is_too_early(*candidate.snapshot)) continue;
        candidate.evidence = Evidence::NotCopied;
        candidate.why = "its snapshot was begun before the recovery into it had ended";
    }
    std::string notes;
    std::vector<Candidate> additions;  // newest first
    const Candidate* base = nullptr;
    for (auto at = candidates.rbegin(); at != candidates.rend() && base == nullptr; ++at) {
        if (!at->obstacle.empty()) {
            notes += "; not " + described(*at) + ": " + at->obstacle;
        } else if (at->evidence == Evidence::NotCopied) {
            additions.push_back(*at);
        } else {
            base = &*at;
        }
    }
    if (base != nullptr) {
        choice.sources.push_back(*base);
        choice.explanation = described(*base) +
                             " is the newest home known to hold the work: " + base->why +
                             from_vault(*base);
    } else if (!additions.empty()) {
        choice.sources.push_back(additions.back());
        choice.explanation = described(additions.back()) + " is the oldest home left, though " +
                             additions.back().why + from_vault(additions.back());
        additions.pop_back();
    } else {
        choice.outcome = SourceChoice::Outcome::Gone;
        choice.explanation = "no earlier home can be reached" + notes;
        return choice;
    }
    for (auto at = additions.rbegin(); at != additions.rend(); ++at) {
        choice.explanation += "; then " + described(*at) + " for what was added there, since " +
                              at->why + from_vault(*at);
        choice.sources.push_back(*at);
    }
    choice.explanation += notes;
    choice.outcome = SourceChoice::Outcome::Found;
    return choice;
}

}  // namespace lifeboat::recovery
