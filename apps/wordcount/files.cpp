// See files.hpp.
#include "files.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace wordcount {
namespace {

namespace fs = std::filesystem;

// Not by recursive_directory_iterator, whose errors don't say where.
void add_files_below(const fs::path& directory, std::vector<std::string>& files) {
    for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
        const fs::file_type type = entry.symlink_status().type();
        if (type == fs::file_type::directory) {
            add_files_below(entry.path(), files);
        } else if (type == fs::file_type::regular) {
            files.push_back(entry.path().string());
        }
    }
}

std::vector<std::string> files_at(const std::string& path) {
    if (!fs::is_directory(path)) {
        return {path};  // whatever it is: who opens it will say
    }
    std::vector<std::string> files;
    add_files_below(path, files);
    std::ranges::sort(files);
    return files;
}

}  // namespace

std::vector<std::string> files_of(const std::vector<std::string>& paths) try {
    std::vector<std::string> files;
    for (const std::string& path : paths) {
        for (std::string& file : files_at(path)) {
            files.push_back(std::move(file));
        }
    }
    return files;
} catch (const fs::filesystem_error& error) {
    // The same words as of a file that can't be read, and not the library's.
    throw std::system_error(error.code(), error.path1().string());
}

}  // namespace wordcount
