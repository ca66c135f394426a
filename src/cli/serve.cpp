// lifeboat serve: the local cloud on a port, until SIGTERM.
#include <algorithm>
#include <iostream>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/aws_client.h"
#include "cli/command.h"
#include "cloud/model.h"
#include "cloud/name_lookup.h"
#include "local/cloud.h"
#include "os/open_files.h"
#include "os/stop_signal.h"
#include "server/server.h"

namespace lifeboat::cli {
namespace {

// What is in flight may take this long after SIGTERM; supervisors give ten seconds or more.
constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::seconds kNamePatience{5};

// A call of such a service would wait for itself: from the definitions that are loaded at the start
// on, nothing would go on any more.
void refuse_services_at(World& world, const server::ListenAddress& address) {
    cloud::NameLookup names(world.clock());
    const auto& services = world.config().services;
    const aws::Endpoints endpoints = aws_endpoints(world.globals(), services);
    for (const auto& [service, where] : services) {
        if (where == "local") continue;
        const cloud::Url url = endpoints.of(cloud::service_model(service), world.aws_region());
        if (url.port != address.port) continue;
        for (const std::string& found : names.find(url.host, kNamePatience).addresses)
            if (server::is_listened_on(address, found))
                throw Error(ErrorCategory::InvalidInput, "ServiceLeadsBack",
                            "lifeboat.toml puts the service '" + service + "' at " + url.text() +
                                ", which is this server itself: name another endpoint in "
                                "[services], leave the service out, or unset AWS_ENDPOINT_URL "
                                "where it is to be AWS");
    }
}

void serve(Context& context, const std::string& listen) {
    World& world = context.world;
    os::StopSignal stop;
    const std::uint64_t files = os::raise_open_file_limit();

    server::Listener listener = server::listen_on(
        server::parse_listen_address(listen.empty() ? world.config().listen : listen));
    refuse_services_at(world, listener.address);
    // Some clients send what is about a queue to the queue's URL.
    world.set_default("sqs.base_url", listener.address.url());
    server::ServerOptions options;
    // The database and the mover need descriptors as well.
    options.limits.connections =
        std::min<std::size_t>(options.limits.connections, std::max<std::size_t>(files / 2, 16));
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
