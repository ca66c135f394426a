// The real world, as main() hands it in: clock, randomness, configuration, and the cloud that the
// command line asks for.
//
// Which cloud (--cloud):
//   local  (default) the local cloud in the data directory: through the running `lifeboat serve`
//   when
//          there is one, else opened in this process for as long as the verb runs
//   aws    AWS, or the endpoint that --endpoint-url or AWS_ENDPOINT_URL names, with the usual
//          credentials
// Services that lifeboat.toml puts elsewhere are elsewhere in both.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "cli/config.h"
#include "cli/globals.h"
#include "cloud/cloud.h"

namespace lifeboat::local {
class Cloud;
}
namespace lifeboat::cloud {
class CredentialsProvider;
class HttpClient;
}  // namespace lifeboat::cloud

namespace lifeboat::cli {

class World {
  public:
    explicit World(const Globals& globals);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    const Clock& clock() const { return clock_; }
    Random& random() { return random_; }
    const Globals& globals() const { return globals_; }

    // Read at first use.
    const Config& config();
    // Throws Error{InvalidInput, "NoDataDirectory"} where nothing says where it is.
    std::filesystem::path data() const;
    // Region and account of the cloud in use.
    cloud::Place place();

    // Opened at first use; see above.
    cloud::Cloud& cloud();
    // AWS, whatever the command line asks for.
    cloud::Cloud& aws();
    std::string aws_region();
    // The local cloud in this process, with background work running and definitions loaded; for
    // `serve`. Throws DataDirectoryInUse when another process has it.
    local::Cloud& local_cloud();

    // A setting of the local cloud where the configuration has none; before the cloud is opened.
    void set_default(const std::string& setting, const std::string& value);
    // Ends the local cloud of this process: its background work goes on at the next start.
    void close_local();

    // Before the process ends: an embedded local cloud finishes the background work that is due (so
    // that what a verb caused has happened when it returns), for at most `patience`. What remains
    // goes on at the next start. False when something remained.
    bool settle(std::chrono::milliseconds patience);

  private:
    std::optional<std::filesystem::path> find_data() const;
    void open_local();
    // Through the server that has the data directory open; false when there is none.
    bool open_server();
    cloud::Cloud& server_or_local();
    // By configuration and environment, without asking a cloud.
    cloud::Place local_place();

    const Globals& globals_;
    SystemClock clock_;
    SystemRandom random_;
    std::optional<Config> config_;
    std::unique_ptr<cloud::Cloud> aws_;  // before those that use it
    std::unique_ptr<local::Cloud> local_;
    std::unique_ptr<cloud::HttpClient> server_http_;
    std::unique_ptr<cloud::CredentialsProvider> server_credentials_;
    std::unique_ptr<cloud::Cloud> remote_;  // a server that runs here
    std::unique_ptr<cloud::Cloud> routed_;
    std::optional<cloud::Place> aws_place_;
    cloud::Cloud* cloud_ = nullptr;
};

}  // namespace lifeboat::cli
