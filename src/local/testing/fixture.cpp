#include "local/testing/fixture.h"

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::local::testing {

Time fixture_time() {
    return from_epoch_micros(1767345504'000000);
}

Cloud& LocalCloudTest::open(Settings settings, cloud::Functions functions,
                            Elsewhere::Clouds elsewhere) {
    cloud_.reset();
    CloudOptions options;
    options.data = directory.path() / "data";
    options.settings = std::move(settings);
    options.elsewhere = std::move(elsewhere);
    options.job_threads = 4;
    cloud_ = std::make_unique<Cloud>(std::move(options), std::move(functions), clock, random);
    return *cloud_;
}

void LocalCloudTest::close() {
    cloud_.reset();
}

Cloud& LocalCloudTest::cloud() {
    return cloud_ ? *cloud_ : open();
}

Json LocalCloudTest::ok(std::string_view service, std::string_view operation, const Json& request) {
    try {
        return cloud().call(service, operation, request);
    } catch (const Error& e) {
        ADD_FAILURE() << service << ":" << operation << " failed: " << e.what();
        return Json::object();
    }
}

std::string LocalCloudTest::code_of(std::string_view service, std::string_view operation,
                                    const Json& request) {
    try {
        cloud().call(service, operation, request);
    } catch (const Error& e) {
        last_message = e.message();
        return e.code();
    }
    last_message.clear();
    return "";
}

void LocalCloudTest::settle() {
    cloud().start();
    ASSERT_TRUE(cloud().settle(std::chrono::seconds(60))) << "background work did not come to rest";
}

}  // namespace lifeboat::local::testing
