// See utf8.hpp.
#include "utf8.hpp"

#include <boost/locale/utf.hpp>

namespace apps {

std::string valid_utf8(std::string_view text) {
    namespace utf = boost::locale::utf;
    std::string valid;
    for (auto at = text.begin(); at != text.end();) {
        const auto begin = at;
        const utf::code_point character = utf::utf_traits<char>::decode(at, text.end());
        if (character == utf::illegal || character == utf::incomplete) {
            valid += "\xef\xbf\xbd";
            at = begin + 1;  // decode may have gone further
        } else {
            valid.append(begin, at);
        }
    }
    return valid;
}

}  // namespace apps
