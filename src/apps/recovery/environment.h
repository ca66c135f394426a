// The configuration of recovery's functions (docs/recovery.md): environment variables, with the
// local cloud's values as defaults.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "cloud/function.h"

namespace lifeboat::recovery {

// What sets a function's environment on the local cloud; on AWS the deployment sets its own.
std::map<std::string, std::string> local_environment();

// Names in [recovery] of lifeboat.toml: those of the variables, in small letters.
const std::set<std::string>& setting_names();
// Throws Error{InvalidInput, "InvalidSetting"} for a value the setting cannot have, saying which it
// can. `name` is one of those names.
void check_setting(const std::string& name, const std::string& value);
// Settings by those names, as variables.
std::map<std::string, std::string> environment_of(
    const std::map<std::string, std::string>& settings);

// Each throws Error{InvalidInput, "InvalidSetting"} naming the variable, where its value is none.
class Environment {
  public:
    explicit Environment(const cloud::FunctionContext& context) : values_(context.environment) {}

    // COPY_ENGINE: who copies, "datasync" or "worker" (`lifeboat worker`).
    std::string copy_engine() const { return text("COPY_ENGINE", "datasync"); }
    // OVERWRITE_MODE: NEWER keeps what the user made since; AWS DataSync knows ALWAYS and NEVER.
    std::string overwrite_mode() const { return text("OVERWRITE_MODE", "NEWER"); }
    // MAP_OWNER: "true" asks the copy to give files to the new UID (Lifeboat's DataSync only).
    bool maps_owner() const { return text("MAP_OWNER", "true") == "true"; }
    // TARGET_READY: "home": the home exists as soon as the profile is in service; "app": only once
    // an app has run (AWS makes the directory then).
    bool waits_for_app() const { return text("TARGET_READY", "home") == "app"; }
    // TARGET_WAIT_SECONDS: how long to wait for the target.
    std::int64_t target_wait_seconds() const { return integer("TARGET_WAIT_SECONDS", 3600); }
    // COPY_SLOTS: copies at the same time; below DataSync's quota of 100 tasks.
    std::int64_t copy_slots() const { return integer("COPY_SLOTS", 80); }
    // POLL_SECONDS: the first wait for a copy; it doubles up to four minutes.
    std::int64_t poll_seconds() const { return integer("POLL_SECONDS", 1); }
    // STALE_SECONDS: how long a recovery may be PENDING before `reconcile` starts it itself.
    std::int64_t stale_seconds() const { return integer("STALE_SECONDS", 300); }

    // PROTECTION: whether a home gets a final snapshot where the profile's own switch was never
    // set, "on" or "off".
    bool protects() const { return text("PROTECTION", "off") == "on"; }

  private:
    std::string text(const std::string& name, const std::string& fallback) const;
    std::int64_t integer(const std::string& name, std::int64_t fallback) const;

    const std::map<std::string, std::string>& values_;
};

}  // namespace lifeboat::recovery
