#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace bobbin { inline namespace v0 { namespace detail {

// The bytes of a regular file one after the other, from anywhere on. Of one thread.
class file_reader {
public:
    // Throws std::system_error that names the path and the reason if it is no file that can be
    // read.
    explicit file_reader(std::string path, std::uint64_t position = 0);
    file_reader(const file_reader&) = delete;
    file_reader& operator=(const file_reader&) = delete;

    // Throws std::system_error.
    [[nodiscard]] std::uint64_t size() const;
    // Of the next byte. It stays where it is at the end of the file.
    [[nodiscard]] std::uint64_t position() const { return block_begin_ + at_; }

    // Whether there is another byte; only then may `next` be called. Throws std::system_error.
    bool has_next() { return at_ < length_ || read_block(); }
    unsigned char next() { return block_[at_++]; }

private:
    bool read_block();

    static constexpr std::size_t block_bytes = std::size_t{16} << 10U;

    struct descriptor {
        explicit descriptor(int opened) : number(opened) {}
        descriptor(const descriptor&) = delete;
        descriptor& operator=(const descriptor&) = delete;
        ~descriptor();

        const int number;  // negative: it was not opened
    };

    const std::string path_;
    const descriptor file_;
    std::uint64_t block_begin_;
    std::size_t at_ = 0;
    std::size_t length_ = 0;
    std::array<unsigned char, block_bytes> block_{};
};

}}}  // namespace bobbin::v0::detail
