// A buffer for bytes that are read or computed into it: what it grows by is not set first, and its
// memory stays when it is emptied.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace lifeboat::vault {

class Bytes {
  public:
    std::size_t size() const { return size_; }
    std::size_t capacity() const { return capacity_; }
    bool is_empty() const { return size_ == 0; }
    char* data() { return memory_.get(); }
    std::string_view view() const { return {memory_.get(), size_}; }

    void reserve(std::size_t capacity) {
        if (capacity <= capacity_) return;
        auto larger = std::make_unique_for_overwrite<char[]>(capacity);
        if (size_ > 0) std::memcpy(larger.get(), memory_.get(), size_);
        memory_ = std::move(larger);
        capacity_ = capacity;
    }
    // `count` more bytes, for the caller to write. Pointers and views got before are invalid.
    char* extend(std::size_t count) {
        if (size_ + count > capacity_) reserve(std::max(size_ + count, capacity_ + capacity_ / 2));
        size_ += count;
        return memory_.get() + size_ - count;
    }
    void append(std::string_view bytes) {
        if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
    }
    void clear() { size_ = 0; }
    // `size` bytes to write instead of what was there.
    char* reset(std::size_t size) {
        clear();
        if (size > capacity_) {
            const std::size_t larger = std::max(size, capacity_ + capacity_ / 2);
            memory_.reset();  // not both at the same time
            capacity_ = 0;
            reserve(larger);
        }
        return extend(size);
    }
    // At most what it holds.
    void shrink(std::size_t size) { size_ = size; }
    void drop_front(std::size_t count) {
        size_ -= count;
        if (size_ > 0) std::memmove(memory_.get(), memory_.get() + count, size_);
    }

  private:
    std::unique_ptr<char[]> memory_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace lifeboat::vault
