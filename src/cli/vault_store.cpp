#include "cli/vault_store.h"

#include "cli/vault_s3.h"
#include "cloud/http_client.h"
#include "vault/directory_store.h"
#include "vault/rest_store.h"
#include "vault/retrying_store.h"
#include "vault/tiered_store.h"

namespace lifeboat::cli {
namespace {

enum class Opening { Existing, New };

std::unique_ptr<vault::Store> rest_store(const std::string& location, World& world,
                                         Opening opening) {
    auto store = std::make_unique<vault::RestStore>(
        vault::parse_rest_location(location),
        std::make_shared<cloud::HttpClient>(cloud::HttpClientOptions{}, world.clock()));
    if (opening == Opening::New) store->make();
    return std::make_unique<vault::RetryingStore>(std::move(store), vault::RetryOptions{},
                                                  world.clock(), world.random());
}

std::unique_ptr<vault::Store> store_of(const std::string& location, World& world, Opening opening) {
    if (location.starts_with("rest:")) return rest_store(location, world, opening);
    if (location.starts_with("s3:")) {
        auto store = s3_store(vault::parse_s3_location(location), world);
        if (opening == Opening::New) store->make();
        return store;
    }
    if (opening == Opening::New) vault::DirectoryStore::make(location);
    return std::make_unique<vault::TieredStore>(location, world.random());
}

}  // namespace

bool is_directory_location(std::string_view location) {
    return !location.starts_with("rest:") && !location.starts_with("s3:");
}

std::unique_ptr<vault::Store> open_vault_store(const std::string& location, World& world) {
    return store_of(location, world, Opening::Existing);
}

std::unique_ptr<vault::Store> make_vault_store(const std::string& location, World& world) {
    return store_of(location, world, Opening::New);
}

}  // namespace lifeboat::cli
