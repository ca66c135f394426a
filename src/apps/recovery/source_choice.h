// Where the work of a recreated profile is: the newest home that is known to hold it.
//
// A home is known to hold the work when it was the profile's first, when a recovery into it
// succeeded, or when the system before Lifeboat left it as the profile's home without an error. A
// home that should have got the work and did not (its copy never ran, failed or was switched off)
// holds at most what its user made in it since: it is copied too, after the one that is known to
// hold the work.
//
// A home that is gone counts as there where a snapshot of it is in the vault. A snapshot that was
// begun before the recovery into the home had ended counts as a home without the work.
//
// Pure logic, no calls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/recovery/history_entry.h"
#include "apps/recovery/profile.h"

namespace lifeboat::recovery {

struct Candidate {
    enum class Evidence { First, Recovered, Inherited, NotCopied };

    Home home;
    Profile profile;
    std::string domain_id;
    std::string domain_name;
    std::int64_t since = 0;  // when it was first seen
    Evidence evidence = Evidence::Inherited;
    std::string why;  // evidence in words
    // When the recovery that brought the work ended (as KeptSnapshot::began); 0: it came with none.
    std::int64_t whole_since = 0;
    // Why it cannot be used ("its file system fs-1 is gone"); empty: it can.
    std::string obstacle;
    // Of the last stay in this home that has one: the newest whole one, else the newest; one that
    // was begun while a recovery still copied into it only where there is no other.
    std::optional<KeptSnapshot> snapshot;
    // The home itself is gone, and its snapshot is what is left of it.
    bool is_from_vault = false;

    // Of the work being brought into the home it may have anything between nothing and all.
    bool is_too_early(const KeptSnapshot& one) const { return one.began < whole_since; }
    // "fs-1/200000", or "snapshot 0123abcd of fs-1/200000".
    std::string text() const;
};

// The homes in a history (oldest first), oldest first, without `target`.
std::vector<Candidate> candidates_of(const std::vector<HistoryEntry>& history, const Home& target);

struct SourceChoice {
    enum class Outcome {
        Found,
        Gone,     // there was earlier work, but none of it can be reached
        Nothing,  // there never was any
    };
    Outcome outcome = Outcome::Nothing;
    // In the order to copy them: the home that holds the work, then those that may hold additions.
    std::vector<Candidate> sources;
    std::string explanation;
};

SourceChoice choose_source(std::vector<Candidate> candidates);

// Of a snapshot, for an explanation: ", and 2 of its files could not be read when the snapshot was
// taken"; empty when it lacks none.
std::string lacking(std::int64_t unreadable);

}  // namespace lifeboat::recovery
