#include "vault/index_file.h"

#include <charconv>
#include <cstdint>

#include <boost/json/basic_parser_impl.hpp>

#include "base/error.h"

namespace lifeboat::vault {
namespace {

namespace json = boost::json;

Error damaged(const std::string& what) {
    return Error(ErrorCategory::Corruption, "InvalidIndex",
                 "an index file cannot be used: " + what);
}

void append_number(std::string& out, const char* name, std::uint32_t value) {
    out += name;
    char text[10];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

// Takes packs from the parser as they come: no JSON values are made of a file's tens of thousands
// of blobs.
class Packs {
  public:
    static constexpr std::size_t max_object_size = SIZE_MAX;
    static constexpr std::size_t max_array_size = SIZE_MAX;
    static constexpr std::size_t max_key_size = SIZE_MAX;
    static constexpr std::size_t max_string_size = SIZE_MAX;

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }

    bool on_object_begin(json::error_code&) {
        if (inside_.empty()) {
            enter(Inside::File);
        } else if (inside_.back() == Inside::Packs) {
            enter(Inside::Pack);
            found_.emplace_back();
        } else if (inside_.back() == Inside::Blobs) {
            enter(Inside::Blob);
            blob_ = {};
        } else {
            require_unknown("an object");
            enter(Inside::Unknown);
        }
        return true;
    }

    bool on_object_end(std::size_t, json::error_code&) {
        if (inside_.back() == Inside::Pack) {
            require({Member::Id});
            found_.back().blobs.shrink_to_fit();
        } else if (inside_.back() == Inside::Blob) {
            require({Member::Id, Member::Type, Member::Offset, Member::Length});
            found_.back().blobs.push_back(blob_);
        }
        leave();
        return true;
    }

    bool on_array_begin(json::error_code&) {
        if (inside_.empty()) throw oldest_form();
        if (member_ == Member::Packs) {
            enter(Inside::Packs);
        } else if (member_ == Member::Blobs) {
            enter(Inside::Blobs);
        } else {
            require_unknown("a list");
            enter(Inside::Unknown);
        }
        return true;
    }

    bool on_array_end(std::size_t, json::error_code&) {
        leave();
        return true;
    }

    bool on_key_part(json::string_view text, std::size_t, json::error_code&) { return add(text); }
    bool on_key(json::string_view text, std::size_t, json::error_code&) {
        member_ = member_of(whole(text));
        text_.clear();
        return true;
    }

    bool on_string_part(json::string_view text, std::size_t, json::error_code&) {
        return add(text);
    }
    bool on_string(json::string_view text, std::size_t, json::error_code&) {
        take(whole(text));
        text_.clear();
        return true;
    }

    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(std::int64_t number, json::string_view, json::error_code&) {
        if (number < 0)
            require_unknown("a negative number");
        else
            take(static_cast<std::uint64_t>(number));
        return true;
    }
    bool on_uint64(std::uint64_t number, json::string_view, json::error_code&) {
        take(number);
        return true;
    }
    bool on_double(double, json::string_view, json::error_code&) {
        require_unknown("a fraction");
        return true;
    }
    bool on_bool(bool, json::error_code&) {
        require_unknown("true or false");
        return true;
    }
    bool on_null(json::error_code&) {
        // Go writes an empty list as null.
        if (member_ != Member::Packs && member_ != Member::Blobs) require_unknown("null");
        return true;
    }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }

    std::vector<PackEntry> take_all() { return std::move(found_); }

  private:
    enum class Inside : unsigned char { File, Packs, Pack, Blobs, Blob, Unknown };
    enum class Member : unsigned char {
        None,  // a list's element, or a member that means nothing here
        Packs,
        Blobs,
        Id,
        Type,
        Offset,
        Length,
        PlainLength,
    };

    static Error oldest_form() { return damaged("it is of the oldest form, before restic 0.2"); }

    void enter(Inside what) {
        inside_.push_back(what);
        member_ = Member::None;
        if (what == Inside::Pack || what == Inside::Blob) seen_[what == Inside::Blob] = 0;
    }
    void leave() {
        inside_.pop_back();
        member_ = Member::None;
    }

    Member member_of(std::string_view name) const {
        switch (inside_.back()) {
            case Inside::File:
                return name == "packs" ? Member::Packs : Member::None;
            case Inside::Pack:
                return name == "id" ? Member::Id : name == "blobs" ? Member::Blobs : Member::None;
            case Inside::Blob:
                return name == "id"                    ? Member::Id
                       : name == "type"                ? Member::Type
                       : name == "offset"              ? Member::Offset
                       : name == "length"              ? Member::Length
                       : name == "uncompressed_length" ? Member::PlainLength
                                                       : Member::None;
            default:
                return Member::None;
        }
    }

    // What is here must not be something we know, and know to be of another kind.
    void require_unknown(const char* what) const {
        if (inside_.empty()) throw oldest_form();
        const bool in_list = inside_.back() == Inside::Packs || inside_.back() == Inside::Blobs;
        if (in_list || member_ != Member::None)
            throw damaged(std::string(what) + " stands where something else was expected");
    }

    void take(std::string_view text) {
        if (member_ == Member::Id) {
            const auto id = Id::parse(text);
            if (!id) throw damaged("an id was expected");
            (inside_.back() == Inside::Pack ? found_.back().id : blob_.id) = *id;
        } else if (member_ == Member::Type) {
            if (text != "data" && text != "tree") throw damaged("a blob is of no known type");
            blob_.type = text == "tree" ? BlobType::Tree : BlobType::Data;
        } else {
            return require_unknown("a string");
        }
        note();
    }

    void take(std::uint64_t number) {
        std::uint32_t* const to = member_ == Member::Offset        ? &blob_.offset
                                  : member_ == Member::Length      ? &blob_.length
                                  : member_ == Member::PlainLength ? &blob_.plain_length
                                                                   : nullptr;
        if (to == nullptr) return require_unknown("a number");
        if (number > UINT32_MAX) throw damaged("a number is out of range");
        *to = static_cast<std::uint32_t>(number);
        note();
    }

    static unsigned bit(Member member) { return 1U << static_cast<unsigned>(member); }
    unsigned& seen() { return seen_[inside_.back() == Inside::Blob]; }
    void note() { seen() |= bit(member_); }
    void require(std::initializer_list<Member> members) {
        for (const Member member : members)
            if ((seen() & bit(member)) == 0)
                throw damaged("a pack or a blob lacks its id, type, offset or length");
    }

    // Texts with escapes come in parts.
    bool add(json::string_view part) {
        text_.append(part.data(), part.size());
        return true;
    }
    std::string_view whole(json::string_view last) {
        if (text_.empty()) return {last.data(), last.size()};
        add(last);
        return text_;
    }

    std::vector<PackEntry> found_;
    std::vector<Inside> inside_;
    Member member_ = Member::None;
    BlobPlace blob_;
    unsigned seen_[2] = {0, 0};  // members of the pack, and of the blob
    std::string text_;
};

}  // namespace

std::string encode_index(const std::vector<PackEntry>& packs) {
    std::string out = "{\"packs\":[";
    for (const PackEntry& pack : packs) {
        if (&pack != packs.data()) out += ',';
        out += "{\"id\":\"" + pack.id.hex() + "\",\"blobs\":[";
        for (const BlobPlace& place : pack.blobs) {
            if (&place != pack.blobs.data()) out += ',';
            out += "{\"id\":\"";
            out += place.id.hex();
            out += "\",\"type\":\"";
            out += to_string(place.type);
            append_number(out, "\",\"offset\":", place.offset);
            append_number(out, ",\"length\":", place.length);
            if (place.plain_length != 0)
                append_number(out, ",\"uncompressed_length\":", place.plain_length);
            out += '}';
        }
        out += "]}";
    }
    return out += "]}";
}

std::vector<PackEntry> decode_index(std::string_view text) {
    json::basic_parser<Packs> parser{json::parse_options()};
    json::error_code problem;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), problem);
    if (!problem && used < text.size()) problem = json::error::extra_data;
    if (problem) throw damaged(problem.message());
    return parser.handler().take_all();
}

}  // namespace lifeboat::vault
