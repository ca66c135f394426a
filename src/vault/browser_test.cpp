#include "vault/browser.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <thread>

#include "base/error.h"
#include "base/random.h"
#include "os/testing/temporary_directory.h"
#include "vault/blob_writer.h"
#include "vault/directory_store.h"

namespace lifeboat::vault {
namespace {

namespace fs = std::filesystem;

class ABrowser : public testing::Test {
  protected:
    ABrowser() {
        DirectoryStore::make(folder_.path());
        store_.emplace(folder_.path(), random_);
        Repository::make(*store_, "password", {}, SystemClock(), random_);
        repository_.emplace(*store_, "password", random_);
        writer_.emplace(*repository_);
    }
    // A file of blobs of these sizes; what it holds goes to whole_.
    Node file(const std::vector<std::size_t>& sizes) {
        Node node;
        node.name = "file";
        node.content.emplace();
        for (const std::size_t size : sizes) {
            std::string plain(size, '\0');
            random_.fill(std::as_writable_bytes(std::span(plain)));
            node.content->push_back(writer_->save(BlobType::Data, plain));
            whole_ += plain;
        }
        node.size = whole_.size();
        return node;
    }
    void start(std::size_t data_room = 64 << 20) {
        writer_->finish();
        BrowserOptions options;
        options.data_room = data_room;
        browser_.emplace(*repository_, clock_, options);
    }
    std::string read(BrowsedFile& file, std::uint64_t offset, std::uint64_t length) {
        std::string got;
        for (const Browser::Part& part : browser_->read(file, offset, length))
            got += part.bytes;
        return got;
    }
    // Where the blob lies.
    void damage(const Id& id) {
        const auto [pack, place] = repository_->index().find(BlobType::Data, id);
        const auto path = store_->path(FileKind::Data, pack->id.hex());
        fs::permissions(path, fs::perms::owner_write, fs::perm_options::add);
        std::FILE* opened = std::fopen(path.c_str(), "r+");
        std::fseek(opened, static_cast<long>(place->offset) + 20, SEEK_SET);
        std::fputs("damage", opened);
        std::fclose(opened);
    }
    static std::string failure_of(const std::function<void()>& work) {
        try {
            work();
        } catch (const Error& error) {
            return error.what();
        }
        return "none";
    }

    os::testing::TemporaryDirectory folder_;
    SeededRandom random_{34};
    SystemClock clock_;
    std::optional<DirectoryStore> store_;
    std::optional<Repository> repository_;
    std::optional<BlobWriter> writer_;
    std::optional<Browser> browser_;
    std::string whole_;
};

TEST_F(ABrowser, ReadsAnyRangeOfAFile) {
    const Node node = file({1, 5000, 70'000, 1, 1, 200'000, 33});
    // Room for less than all of it.
    start(100'000);
    const auto opened = browser_->open(node);
    EXPECT_EQ(opened->content.size(), whole_.size());
    for (int i = 0; i < 2000; ++i) {
        const std::uint64_t offset = random_.next() % (whole_.size() + 10);
        const std::uint64_t length = random_.next() % (i % 2 == 0 ? 100 : whole_.size() + 10);
        const std::string wanted = offset < whole_.size() ? whole_.substr(offset, length) : "";
        ASSERT_EQ(read(*opened, offset, length), wanted) << offset << " " << length;
    }
    EXPECT_EQ(read(*opened, 0, UINT64_MAX), whole_);
    EXPECT_EQ(read(*opened, UINT64_MAX, UINT64_MAX), "");
}

TEST_F(ABrowser, ReadsForManyThreadsAtOnce) {
    const Node node = file(std::vector<std::size_t>(60, 20'000));
    start(200'000);
    const auto opened = browser_->open(node);
    std::vector<std::jthread> readers;
    for (std::uint64_t seed = 0; seed < 16; ++seed)
        readers.emplace_back([&, seed] {
            SeededRandom random(seed);
            for (int i = 0; i < 200; ++i) {
                const std::uint64_t offset = random.next() % whole_.size();
                EXPECT_EQ(read(*opened, offset, 30'000), whole_.substr(offset, 30'000));
            }
        });
}

TEST_F(ABrowser, ReadsOneThatIsReadInOrder) {
    const Node node = file(std::vector<std::size_t>(50, 9000));
    start(40'000);
    const auto opened = browser_->open(node);
    std::string got;
    while (got.size() < whole_.size())
        got += read(*opened, got.size(), 4096);
    EXPECT_EQ(got, whole_);
}

TEST_F(ABrowser, ReadsAnEmptyFile) {
    Node node;
    start();
    const auto opened = browser_->open(node);
    EXPECT_EQ(read(*opened, 0, 100), "");
    node.content.emplace();
    EXPECT_EQ(read(*browser_->open(node), 0, 100), "");
}

TEST_F(ABrowser, SaysWhichBlobIsDamagedAndReadsTheRest) {
    const Node node = file({10'000, 10'000, 10'000});
    start();
    const auto opened = browser_->open(node);
    const Id damaged = (*node.content)[1];
    damage(damaged);
    for (int i = 0; i < 2; ++i) {
        const std::string failure = failure_of([&] { read(*opened, 9'000, 2'000); });
        EXPECT_NE(failure.find(damaged.hex()), std::string::npos) << failure;
    }
    EXPECT_EQ(read(*opened, 0, 10'000), whole_.substr(0, 10'000));
    EXPECT_EQ(read(*opened, 20'000, 10'000), whole_.substr(20'000));
}

TEST_F(ABrowser, RefusesAFileThatIsNotAsLongAsItsBlobs) {
    Node node = file({100, 200});
    start();
    node.size = 299;
    EXPECT_NE(failure_of([&] { browser_->open(node); }).find("299"), std::string::npos);
    node.size = 301;
    EXPECT_NE(failure_of([&] { browser_->open(node); }).find("301"), std::string::npos);
    node.size = 300;
    EXPECT_NO_THROW(browser_->open(node));
    node.content->push_back(Id::of("never saved"));
    const std::string failure = failure_of([&] { browser_->open(node); });
    EXPECT_NE(failure.find(Id::of("never saved").hex()), std::string::npos) << failure;
    node.content.reset();
    EXPECT_NE(failure_of([&] { browser_->open(node); }), "none");
}

TEST_F(ABrowser, ListsATreeOnce) {
    Node node = file({10});
    const Id tree = writer_->save(BlobType::Tree, encode_tree({node}));
    const Id none = writer_->save(BlobType::Tree, "[]");
    start();
    const auto listing = browser_->listing(tree);
    ASSERT_NE(listing->find("file"), nullptr);
    EXPECT_EQ(browser_->listing(tree), listing);
    EXPECT_NE(failure_of([&] { browser_->listing(none); }), "none");
    EXPECT_NE(failure_of([&] { browser_->listing(Id::of("never saved")); }), "none");
}

}  // namespace
}  // namespace lifeboat::vault
