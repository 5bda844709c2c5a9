#pragma once
#include <expected>
#include <string>
#include <string_view>

namespace catlog::commandhandler {

// The form in which user names are compared: RFC 8265's UsernameCasePreserved, that is wide and narrow characters as
// ordinary ones, then Unicode's NFC. Any UTF-8 has one; what is in that form already is its own.
std::string compared_user_name(std::string_view text);

// A name that a user may get, in the form in which it is kept and compared; or what is wrong with it, to stand behind
// the field's name. A name is not blank, has white space only inside and only U+0020, nothing that cannot be seen
// (controls, zero-width and bidirectional format characters, whatever Unicode tells to ignore), no character that
// stands for others (ligatures, superscripts), none that Unicode 15 does not know; right-to-left parts keep to RFC
// 5893. Symbols and punctuation are allowed, which RFC 8265 would leave out.
std::expected<std::string, std::string> check_user_name(std::string_view text);

}  // namespace catlog::commandhandler
