#include "cli/world.h"

#include <unistd.h>

#include <cstdlib>

#include "base/error.h"
#include "base/json.h"
#include "local/cloud.h"

namespace lifeboat::cli {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

}  // namespace

World::World(const Globals& globals) : globals_(globals) {}
World::~World() = default;

fs::path World::data() const {
    if (!globals_.data.empty()) return globals_.data;
    if (::geteuid() == 0) return "/var/lib/lifeboat";
    if (const std::string home = environment("XDG_DATA_HOME"); !home.empty())
        return fs::path(home) / "lifeboat";
    const std::string home = environment("HOME");
    if (home.empty())
        throw Error(ErrorCategory::InvalidInput, "NoDataDirectory",
                    "neither --data, LIFEBOAT_DATA nor HOME says where the data directory is");
    return fs::path(home) / ".local/share/lifeboat";
}

const Config& World::config() {
    if (!config_) {
        std::optional<fs::path> named;
        if (!globals_.config.empty()) named = globals_.config;
        config_ = load_config(named, data());
    }
    return *config_;
}

cloud::Place World::place() {
    cloud::Place place = config().place;
    for (const std::string& region :
         {globals_.region, environment("AWS_REGION"), environment("AWS_DEFAULT_REGION")})
        if (!region.empty()) {
            place.region = region;
            break;
        }
    return place;
}

cloud::Cloud& World::cloud() {
    if (cloud_ == nullptr) {
        open_local();
        cloud_ = local_.get();
    }
    return *cloud_;
}

local::Cloud& World::local_cloud() {
    if (!local_) open_local();
    return *local_;
}

void World::open_local() {
    local::CloudOptions options;
    options.data = data();
    options.place = place();
    options.settings = config().settings;
    local_ =
        std::make_unique<local::Cloud>(std::move(options), cloud::Functions{}, clock_, random_);
    local_->start();
}

void World::close_local() {
    if (cloud_ == local_.get()) cloud_ = nullptr;
    local_.reset();
}

bool World::settle(std::chrono::milliseconds patience) {
    return local_ == nullptr || local_->settle(patience);
}

}  // namespace lifeboat::cli
