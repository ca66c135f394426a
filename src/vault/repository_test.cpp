#include "vault/repository.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/random.h"
#include "os/testing/temporary_directory.h"
#include "vault/blob_writer.h"
#include "vault/directory_store.h"
#include "vault/forwarding_store.h"

namespace lifeboat::vault {
namespace {

class ARepository : public testing::Test {
  protected:
    ARepository() {
        DirectoryStore::make(folder_.path());
        store_.emplace(folder_.path(), random_);
        Repository::make(*store_, "password", {"me", "here"}, clock_, random_);
    }

    os::testing::TemporaryDirectory folder_;
    SeededRandom random_{7};
    SystemClock clock_;
    std::optional<DirectoryStore> store_;
};

TEST_F(ARepository, OpensWithItsPasswordOnly) {
    EXPECT_EQ(Repository(*store_, "password", random_).version(), 2);
    EXPECT_THROW(Repository(*store_, "wrong", random_), Error);
    EXPECT_THROW(Repository::make(*store_, "other", {}, clock_, random_), Error);
}

// It would be asked for again and again.
TEST_F(ARepository, RefusesAnIndexFileThatIsListedAndNotThere) {
    const std::string name = Id::of("no index").hex();
    std::filesystem::create_symlink("nowhere", folder_.path() / "index" / name);
    Repository repository(*store_, "password", random_);
    for (const auto& read : std::vector<std::function<void()>>{[&] { repository.load_index(); },
                                                               [&] { read_index(repository); }})
        try {
            read();
            ADD_FAILURE() << "it was read";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), "IndexFileMissing");
            EXPECT_NE(error.message().find(name), std::string::npos);
        }
}

class BusyStore final : public ForwardingStore {
  public:
    using ForwardingStore::ForwardingStore;
    using ForwardingStore::load;

    std::string load(FileKind kind, const std::string& name) override {
        if (kind == FileKind::Key) throw Error(ErrorCategory::Throttled, "Busy", "later");
        return ForwardingStore::load(kind, name);
    }
};

// It does not answer for an index file once.
class ForgetfulStore final : public ForwardingStore {
  public:
    using ForwardingStore::ForwardingStore;
    using ForwardingStore::load;

    std::string load(FileKind kind, const std::string& name) override {
        if (kind == FileKind::Index && std::exchange(fails_, false))
            throw Error(ErrorCategory::Unavailable, "Busy", "later");
        return ForwardingStore::load(kind, name);
    }

  private:
    bool fails_ = true;
};

TEST_F(ARepository, ReadsAnIndexFileAgainThatItCouldNotRead) {
    Repository other(*store_, "password", random_);
    BlobWriter writer(other);
    const Id saved = writer.save(BlobType::Data, "saved");
    writer.finish();
    ForgetfulStore forgetful(*store_);
    Repository repository(forgetful, "password", random_);
    EXPECT_THROW(repository.load_index(), Error);
    EXPECT_FALSE(repository.has(BlobType::Data, saved));
    repository.load_index();
    EXPECT_TRUE(repository.has(BlobType::Data, saved));
}

TEST_F(ARepository, CallsNoPasswordWrongThatItCouldNotTry) {
    store_->save(FileKind::Key, Id::of("{}").hex(), "{}");
    EXPECT_EQ(Repository(*store_, "password", random_).version(), 2);
    BusyStore busy(*store_);
    try {
        Repository(busy, "password", random_);
        ADD_FAILURE() << "it was opened";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), "Busy");
    }
}

TEST_F(ARepository, OneThatWasKilledWhileItWasMadeIsFinished) {
    store_->remove(FileKind::Config, "config");
    EXPECT_THROW(Repository(*store_, "password", random_), Error);
    EXPECT_THROW(Repository::make(*store_, "other", {}, clock_, random_), Error);
    Repository::make(*store_, "password", {}, clock_, random_);
    Repository made(*store_, "password", random_);
    // What has lost its configuration and holds something is not made anew.
    made.save_text(FileKind::Snapshot, "{}");
    store_->remove(FileKind::Config, "config");
    EXPECT_THROW(Repository::make(*store_, "password", {}, clock_, random_), Error);
}

TEST_F(ARepository, OfTwoThatMadeItAtOnceOneGivesWay) {
    const std::string first = Repository(*store_, "password", random_).key_name();
    // The other one saw an empty store, too. Whichever key is listed first, the configuration's is
    // taken.
    for (int others = 0; others < 3; ++others) {
        const std::string key =
            make_key_file(Key::random(random_), "password", {}, clock_.now(), random_);
        store_->save(FileKind::Key, Id::of(key).hex(), key);
    }
    EXPECT_THROW(store_->save(FileKind::Config, "config", "another"), Error);
    EXPECT_EQ(Repository(*store_, "password", random_).key_name(), first);
}

TEST_F(ARepository, GivesBackBlobsAfterReopening) {
    std::string noise(5000, '\0');
    random_.fill(std::as_writable_bytes(std::span(noise)));
    Id text, random_bytes, tree, empty;
    {
        Repository repository(*store_, "password", random_);
        BlobWriter writer(repository);
        text = writer.save(BlobType::Data, std::string(100000, 't'));
        random_bytes = writer.save(BlobType::Data, noise);
        empty = writer.save(BlobType::Data, "");
        EXPECT_EQ(writer.save(BlobType::Data, noise), random_bytes);
        tree = writer.save(BlobType::Tree, "{\"nodes\":[]}\n");
        writer.finish();
        EXPECT_LT(writer.bytes_written(), 6000u);
    }
    Repository repository(*store_, "password", random_);
    EXPECT_THROW(repository.load_blob(BlobType::Data, text, *repository.make_codec()), Error);
    repository.load_index();
    const auto codec = repository.make_codec();
    EXPECT_EQ(repository.index().packs().size(), 2u);
    EXPECT_EQ(repository.load_blob(BlobType::Data, text, *codec), std::string(100000, 't'));
    EXPECT_EQ(repository.load_blob(BlobType::Data, random_bytes, *codec), noise);
    EXPECT_EQ(repository.load_blob(BlobType::Data, empty, *codec), "");
    EXPECT_EQ(repository.load_blob(BlobType::Tree, tree, *codec), "{\"nodes\":[]}\n");
    EXPECT_THROW(repository.load_blob(BlobType::Data, tree, *codec), Error);

    BlobWriter again(repository);
    again.save(BlobType::Data, noise);
    again.finish();
    EXPECT_EQ(again.bytes_written(), 0u);
}

// As a backup does with the trees of its parent. The index grows some twenty times meanwhile.
TEST_F(ARepository, ReadsBlobsWhilePacksAreAdded) {
    Repository repository(*store_, "password", random_);
    Id tree;
    {
        BlobWriter writer(repository);
        tree = writer.save(BlobType::Tree, "{\"nodes\":[]}\n");
        writer.finish();
    }
    std::atomic<bool> is_over{false};
    std::atomic<int> read{0}, lost{0};
    std::jthread reader([&] {
        const auto codec = repository.make_codec();
        while (!is_over) {
            try {
                repository.load_blob(BlobType::Tree, tree, *codec);
                ++read;
            } catch (const Error&) {
                ++lost;
            }
            for (int i = 0; i < 100; ++i)
                if (!repository.has(BlobType::Tree, tree)) ++lost;
        }
    });
    const auto random_id = [&] {
        Id id;
        random_.fill(std::as_writable_bytes(std::span(id.bytes)));
        return id;
    };
    for (int i = 0; i < 500 || read == 0; ++i) {
        PackEntry pack{random_id(), {}};
        for (int k = 0; k < 1000; ++k)
            pack.blobs.push_back({random_id(), BlobType::Tree, 0, 1, 0});
        repository.add_pack(std::move(pack));
    }
    is_over = true;
    reader.join();
    EXPECT_EQ(lost, 0);
}

TEST_F(ARepository, RefusesTextFilesThatAreNotWhatTheirNameSays) {
    Repository repository(*store_, "password", random_);
    const Id id = repository.save_text(FileKind::Snapshot, "{}");
    EXPECT_EQ(repository.load_text(FileKind::Snapshot, id.hex()), "{}");
    store_->save(FileKind::Snapshot, Id::of("x").hex(), store_->load(FileKind::Snapshot, id.hex()));
    EXPECT_THROW(repository.load_text(FileKind::Snapshot, Id::of("x").hex()), Error);
}

TEST(Pack, HeaderSurvivesTheTripAndNoDamage) {
    SeededRandom random(3);
    Cipher cipher(Key::random(random), random);
    const std::string one = cipher.seal("one"), two = cipher.seal("two and more");
    const std::vector<BlobPlace> blobs = {
        {Id::of("one"), BlobType::Data, 0, static_cast<std::uint32_t>(one.size()), 0},
        {Id::of("two"), BlobType::Tree, static_cast<std::uint32_t>(one.size()),
         static_cast<std::uint32_t>(two.size()), 99}};
    const std::string end = encode_pack_end(blobs, cipher);
    const std::string pack = one + two + end;
    EXPECT_EQ(read_pack_header(pack, cipher), blobs);
    for (std::size_t size = 0; size < pack.size(); ++size)
        EXPECT_THROW(read_pack_header(pack.substr(0, size), cipher), Error) << size;
    for (std::size_t bit = (one + two).size() * 8; bit < pack.size() * 8; ++bit) {
        std::string damaged = pack;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
        EXPECT_THROW(read_pack_header(damaged, cipher), Error) << bit;
    }
    EXPECT_THROW(read_pack_header("x" + pack, cipher), Error);
}

TEST(IndexFile, SurvivesTheTripAndRefusesNonsense) {
    const std::vector<PackEntry> packs = {
        {Id::of("pack"),
         {{Id::of("a"), BlobType::Data, 0, 40, 0}, {Id::of("b"), BlobType::Tree, 40, 50, 99}}}};
    const auto back = decode_index(encode_index(packs));
    ASSERT_EQ(back.size(), 1u);
    EXPECT_EQ(back[0].id, packs[0].id);
    EXPECT_EQ(back[0].blobs, packs[0].blobs);
    EXPECT_TRUE(decode_index("{\"packs\":null}").empty());
    for (const char* nonsense :
         {"[]", "{\"packs\":7}", "{\"packs\":[{}]}", "{\"packs\":[{\"id\":\"x\"}]}", "{"})
        EXPECT_THROW(decode_index(nonsense), Error) << nonsense;
}

TEST(IndexFile, PassesOverWhatItDoesNotKnow) {
    const std::string id = Id::of("a").hex();
    const std::string text =
        " { \"supersedes\" : [ \"x\", {\"packs\":[1]} ], \"n\":-1, \"packs\" : [ {\"blobs\":[\n"
        "{\"\\u0069d\":\"" +
        id +
        "\",\"type\":\"d\\u0061ta\",\"offset\":0,\"length\":40,"
        "\"new\":{\"id\":7,\"blobs\":[[]]},\"also\":null,\"f\":1.5}, "
        "{\"length\":50,\"id\":\"" +
        id +
        "\",\"offset\":40,\"uncompressed_length\":9,\"type\":\"tree\"}"
        "], \"id\":\"" +
        id + "\"}, {\"id\":\"" + id + "\",\"blobs\":null} ] } \n";
    const auto packs = decode_index(text);
    ASSERT_EQ(packs.size(), 2u);
    EXPECT_EQ(packs[0].id, Id::of("a"));
    const std::vector<BlobPlace> expected = {{Id::of("a"), BlobType::Data, 0, 40, 0},
                                             {Id::of("a"), BlobType::Tree, 40, 50, 9}};
    EXPECT_EQ(packs[0].blobs, expected);
    EXPECT_TRUE(packs[1].blobs.empty());
    for (std::size_t length = 1; length + 2 < text.size(); ++length)
        EXPECT_THROW(decode_index(text.substr(0, length)), Error) << length;
}

TEST(IndexFile, RefusesMembersOfAnotherKind) {
    const std::string id = Id::of("a").hex();
    const std::string good = "{\"packs\":[{\"id\":\"" + id + "\",\"blobs\":[{\"id\":\"" + id +
                             "\",\"type\":\"data\",\"offset\":1,\"length\":2}]}]}";
    EXPECT_EQ(decode_index(good).size(), 1u);
    const auto changed = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        return text.replace(text.find(from), from.size(), to);
    };
    for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
             {"\"data\"", "\"file\""},
             {"\"data\"", "3"},
             {"\"data\"", "null"},
             {":1", ":-1"},
             {":1", ":1.0"},
             {":1", ":4294967296"},
             {":1", ":\"1\""},
             {":1", ":[1]"},
             {":1", ":{}"},
             {":1", ":true"},
             {"\"offset\"", "\"o\""},
             {"\"type\"", "\"t\""},
             {"[{\"id\"", "[1,{\"id\""},
             {"[{\"id\"", "[[{\"id\""},
             {"]}]}", "]}]}{}"},
             {"\"blobs\":[", "\"blobs\":{}, \"x\":["},
             {"\"packs\":[", "\"packs\":true, \"x\":["}})
        EXPECT_THROW(decode_index(changed(from, to)), Error) << changed(from, to);
}

}  // namespace
}  // namespace lifeboat::vault
