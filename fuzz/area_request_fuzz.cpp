// Any request to an area: an answer of the protocol, never an error of ours, and nothing of what is
// there is changed by who may not. The input is METHOD|TARGET|HEADER: VALUE|...||BODY, where $READ
// and $APPEND stand for the credentials of tokens and $KEY for the name of a file.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/encoding.h"
#include "base/log.h"
#include "os/file.h"
#include "os/testing/temporary_directory.h"
#include "server/area_endpoint.h"
#include "vault/area_token.h"
#include "vault/directory_store.h"
#include "vault/id.h"

extern const char* const kSeeds;
const char* const kSeeds = R"~(
GET|/vault/one/keys/|Authorization: $READ|Accept: application/vnd.x.restic.rest.v2||
GET|/vault/one/keys/$KEY|Authorization: $READ|Range: bytes=1-3||
HEAD|/vault/one/config|Authorization: $APPEND||
POST|/vault/one/keys/$KEY|Authorization: $APPEND||the content of a key
POST|/vault/one/locks/$KEY|Authorization: $APPEND|Content-Length: 20||the content of a key
DELETE|/vault/one/keys/$KEY|Authorization: $APPEND||
DELETE|/vault/one/locks/$KEY|Authorization: $APPEND||
POST|/vault/one/?create=true|Authorization: $APPEND||
GET|/vault/one/data/../keys/$KEY|Authorization: $READ||
GET|/vault/two/keys/$KEY|Authorization: $READ||
GET|/vault/%2e%2e/config|Authorization: Basic Og==|Range: bytes=-5,3-||
POST|/vault/one/config|Authorization: $APPEND||x
)~";

namespace {

using namespace lifeboat;

struct World {
    World() {
        log::set_level(log::Level::Off);
        endpoint.emplace(folder.path() / "areas", metrics, clock, random);
        for (const char* area : {"one", "two"})
            endpoint->areas.create(area);
        const vault::AreaTokens tokens(endpoint->areas.folder("one"));
        for (const auto& [name, right] :
             {std::pair("$READ", vault::Right::Read), std::pair("$APPEND", vault::Right::Append)}) {
            const auto made = tokens.create(right, "", std::nullopt, clock, random);
            words.emplace_back(name, "Basic " + base64_encode(made.token.id + ":" + made.secret));
        }
        words.emplace_back("$KEY", vault::Id::of(content).hex());
        vault::DirectoryStore(endpoint->areas.repository("one"), random)
            .save(vault::FileKind::Key, words.back().second, content);
    }
    std::filesystem::path key() const {
        return endpoint->areas.repository("one") / "keys" / words.back().second;
    }

    const std::string content = "the content of a key";
    os::testing::TemporaryDirectory folder;
    server::Metrics metrics;
    SystemClock clock;
    SeededRandom random{1};
    std::optional<server::AreaEndpoint> endpoint;
    std::vector<std::pair<std::string, std::string>> words;
};

std::string next_part(std::string_view& rest) {
    const auto end = rest.find('|');
    const std::string part(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return part;
}

int status_of(server::StreamedRequest& request, std::string_view body) {
    auto answer = request.begin();
    if (!answer && !body.empty()) answer = request.take(body);
    if (!answer) answer = request.finish();
    if (answer->source)
        while (!answer->source->next().empty()) {
        }
    return answer->head.status;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static World world;
    std::string text(reinterpret_cast<const char*>(data), size);
    for (const auto& [word, value] : world.words)
        for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
            text.replace(at, word.size(), value);
    std::string_view rest(text);
    cloud::HttpRequest request;
    request.method = next_part(rest);
    request.target = next_part(rest);
    for (std::string header = next_part(rest); !header.empty(); header = next_part(rest)) {
        const auto colon = std::min(header.find(": "), header.size());
        request.headers.add(header.substr(0, colon),
                            colon == header.size() ? "" : header.substr(colon + 2));
    }
    const auto routed = world.endpoint->route(request, {"127.0.0.1", true});
    if (!routed) return 0;
    const int status = status_of(*routed, rest);
    if (status < 200 || status >= 500) {
        std::cerr << "status " << status << '\n';
        std::abort();
    }
    if (os::read_file(world.key()) != world.content) std::abort();
    if (!std::filesystem::is_empty(world.endpoint->areas.repository("two") / "keys")) std::abort();
    return 0;
}
