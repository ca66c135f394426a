#include "cli/world.h"

#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>

#include "apps/recovery/functions.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/aws_client.h"
#include "cloud/aws_cloud.h"
#include "cloud/credentials.h"
#include "cloud/http_client.h"
#include "cloud/routed_cloud.h"
#include "local/cloud.h"
#include "local/definitions.h"
#include "os/environment.h"
#include "server/endpoint_file.h"

namespace lifeboat::cli {
namespace {

namespace fs = std::filesystem;

// A server on this machine answers at once, or is none.
constexpr std::chrono::seconds kServerPatience{5};

// How long a verb stays for executions that wait for something.
constexpr std::chrono::seconds kExecutionPatience{20};

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

}  // namespace

World::World(const Globals& globals) : globals_(globals) {}
World::~World() = default;

std::optional<fs::path> World::find_data() const {
    if (!globals_.data.empty()) return globals_.data;
    if (::geteuid() == 0) return "/var/lib/lifeboat";
    if (const std::string home = environment("XDG_DATA_HOME"); !home.empty())
        return fs::path(home) / "lifeboat";
    const std::string home = environment("HOME");
    if (home.empty()) return std::nullopt;
    return fs::path(home) / ".local/share/lifeboat";
}

fs::path World::data() const {
    if (const auto found = find_data()) return *found;
    throw Error(ErrorCategory::InvalidInput, "NoDataDirectory",
                "neither --data, LIFEBOAT_DATA nor HOME says where the data directory is");
}

const Config& World::config() {
    if (!config_) {
        std::optional<fs::path> named;
        if (!globals_.config.empty()) named = globals_.config;
        // Without one there is no file in it either: a Lambda function has no home.
        const auto directory = find_data();
        config_ = named || directory ? load_config(named, directory.value_or("")) : Config();
    }
    return *config_;
}

cloud::Place World::place() {
    if (globals_.cloud != "aws") return local_place();
    if (!aws_place_) {
        const Json identity = cloud().call("sts", "GetCallerIdentity", Json::object());
        cloud::Place place = local_place();
        place.account = require_string(identity, "Account");
        if (const auto arn = cloud::parse_arn(require_string(identity, "Arn")))
            place.partition = arn->partition;
        aws_place_ = place;
    }
    return *aws_place_;
}

cloud::Place World::local_place() {
    cloud::Place place = config().place;
    // A data directory has one Region; the environment's is about AWS.
    if (globals_.cloud == "aws")
        place.region = aws_region();
    else if (!globals_.region.empty())
        place.region = globals_.region;
    return place;
}

std::string World::aws_region() {
    const std::string region = named_region(globals_);
    return region.empty() ? config().place.region : region;
}

cloud::Cloud& World::cloud() {
    if (cloud_ != nullptr) return *cloud_;
    if (globals_.cloud != "aws") {
        cloud_ = &server_or_local();  // which knows what is elsewhere
        return *cloud_;
    }
    std::map<std::string, cloud::Cloud*, std::less<>> here;
    for (const auto& [service, where] : config().services)
        if (where == "local") here[service] = &server_or_local();
    if (!here.empty()) routed_ = std::make_unique<cloud::RoutedCloud>(aws(), std::move(here));
    cloud_ = routed_ ? routed_.get() : &aws();
    return *cloud_;
}

cloud::Cloud& World::server_or_local() {
    if (remote_) return *remote_;
    if (!local_ && open_server()) return *remote_;
    if (!local_) open_local();
    return *local_;
}

cloud::Cloud& World::aws() {
    if (aws_) return *aws_;
    AwsClientOptions options;
    options.region = aws_region();
    options.services = config().services;
    aws_ = aws_client(globals_, clock_, random_, std::move(options));
    return *aws_;
}

bool World::open_server() {
    const auto published = server::read_endpoint(data());
    if (!published) return false;
    cloud::HttpClientOptions http;
    http.connect = kServerPatience;
    try {
        // The file outlives a server that was killed, and another may have its port by now.
        cloud::HttpClientOptions hasty = http;
        hasty.total = kServerPatience;
        cloud::HttpRequest request;
        request.method = "GET";
        request.target = "/healthz";
        const cloud::HttpResponse answer =
            cloud::HttpClient(hasty, clock_).send(cloud::parse_url(published->url), request);
        const Json health = parse_json(answer.body, "the server's health");
        if (find_string(health, "instance") != published->instance) return false;
    } catch (const Error& e) {
        log::debug("no server answers", {{"url", published->url}, {"error", e.what()}});
        return false;
    }
    server_credentials_ =
        std::make_unique<cloud::FixedCredentials>(cloud::ensure_local_credentials(data(), random_));
    aws::CloudOptions options;
    options.region = local_place().region;
    options.endpoints.every = published->url;
    server_http_ = std::make_unique<cloud::HttpClient>(std::move(http), clock_);
    remote_ = std::make_unique<aws::Cloud>(std::move(options), *server_credentials_, *server_http_,
                                           clock_, random_);
    return true;
}

local::Cloud& World::local_cloud() {
    if (!local_) open_local();
    return *local_;
}

void World::open_local() {
    local::CloudOptions options;
    options.data = data();
    options.place = local_place();
    options.settings = config().settings;
    for (const auto& [service, where] : config().services)
        if (where != "local") options.elsewhere[service] = &aws();
    local_ = std::make_unique<local::Cloud>(
        std::move(options), recovery::recovery_functions(config().recovery), clock_, random_);
    local_->start();
    local::load_definitions(*local_, local_place(), clock_);
}

void World::set_default(const std::string& setting, const std::string& value) {
    config();
    config_->settings.set_default(setting, value);
}

void World::close_local() {
    cloud_ = nullptr;
    routed_.reset();
    local_.reset();
}

bool World::settle(std::chrono::milliseconds patience) {
    if (local_ == nullptr) return true;
    // An execution that waits a second for its copy is not due, yet nobody else will run it.
    const Time give_up = clock_.now() + kExecutionPatience;
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable never;
    while (local_->settle(patience)) {
        if (local_->job_counts()["states.advance"].waiting == 0) return true;
        if (clock_.now() >= give_up) return false;
        clock_.wait_until(lock, never, clock_.now() + std::chrono::milliseconds(50));
    }
    return false;
}

}  // namespace lifeboat::cli
