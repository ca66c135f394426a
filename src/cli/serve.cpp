// lifeboat serve: the local cloud on a port, until SIGTERM.
#include <algorithm>
#include <iostream>

#include <CLI/CLI.hpp>

#include "base/json.h"
#include "base/log.h"
#include "cli/command.h"
#include "local/cloud.h"
#include "os/stop_signal.h"
#include "server/server.h"

namespace lifeboat::cli {
namespace {

// What is in flight may take this long after SIGTERM; supervisors give ten seconds or more.
constexpr std::chrono::seconds kPatience{5};

void serve(Context& context, const std::string& listen) {
    World& world = context.world;
    os::StopSignal stop;
    const unsigned long files = os::raise_open_file_limit();

    server::Listener listener = server::listen_on(
        server::parse_listen_address(listen.empty() ? world.config().listen : listen));
    // Some clients send what is about a queue to the queue's URL.
    world.set_default("sqs.base_url", listener.address.url());
    server::ServerOptions options;
    // The database and the mover need descriptors as well.
    options.limits.connections =
        std::min<std::size_t>(options.limits.connections, std::max(files / 2, 16UL));
    local::Cloud& cloud = world.local_cloud();
    options.data = world.data();
    {
        server::Server server(options, std::move(listener), cloud, world.clock(), world.random());
        context.output.done(Json{{"endpoint", server.url()}, {"data", options.data.string()}},
                            "Serving " + server.url() + " from " + options.data.string() +
                                "; for the AWS CLI: eval \"$(lifeboat env --data " +
                                options.data.string() + ")\"");
        std::cout.flush();
        stop.wait();
        stop.release();
        log::info("stopping");
        server.stop(kPatience);
    }
    world.close_local();
}

}  // namespace

void add_serve(CLI::App& app, Context& context) {
    CLI::App* verb = app.add_subcommand(
        "serve", "Serve the local cloud to the AWS CLI and SDKs on one port, until SIGTERM");
    auto listen = std::make_shared<std::string>();
    verb->add_option("--listen", *listen,
                     "HOST:PORT; port 0 takes a free one (default: 127.0.0.1:7411)");
    verb->callback([&context, listen] { serve(context, *listen); });
}

}  // namespace lifeboat::cli
