// Any text as a configuration or as a key file: one of the errors that say what is wrong, and no
// key that nobody has the password of.
#include <cstdlib>

#include "base/error.h"
#include "base/json.h"
#include "base/random.h"
#include "vault/key_file.h"
#include "vault/repository_config.h"

extern const char* const kSeeds;
const char* const kSeeds = R"~(
{"version":2,"id":"6aa4ff9d4dd6c6d4e8ea2eaa5d0bdf9d9a5b0e0e7b2f8ffe2d4e8ea2eaa5d0b1","chunker_polynomial":"3da3358b4dc173"}
{"version":1,"id":"x","chunker_polynomial":"25b468838dcb75"}
{"created":"2026-01-02T03:04:05Z","username":"u","hostname":"h","kdf":"scrypt","N":16,"r":1,"p":2,"salt":"c2FsdHNhbHQ=","data":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
{"kdf":"scrypt","N":1,"r":0,"p":-1,"salt":"","data":""}
)~";

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lifeboat;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const vault::RepositoryConfig config = vault::decode_config(text);
        if (!config.polynomial.is_irreducible() ||
            vault::encode_config(vault::decode_config(vault::encode_config(config))) !=
                vault::encode_config(config))
            std::abort();
    } catch (const Error&) {
    }
    try {
        const Json file = parse_json(text, "a key file");
        vault::read_key_label(text);
        // What asks for much is refused or takes its time; both are for other tests.
        const auto cost = [&](const char* name) { return find_integer(file, name).value_or(0); };
        if (cost("N") > 256 || cost("r") > 4 || cost("p") > 4) return 0;
        static SeededRandom random(1);
        vault::open_key_file(text, "password", random);
        std::abort();
    } catch (const Error&) {
    }
    return 0;
}
