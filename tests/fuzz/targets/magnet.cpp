#include "commandhandler/rules/magnet.h"

#include "events/text/magnet.h"
#include "tests/fuzz/targets/target.h"

namespace catlog::tests {
namespace {

void check_kept(const commandhandler::Magnet& magnet, const std::string& hash) {
  const std::string kept = magnet.kept_as(hash);
  must(events::begins_with_topic(kept, hash), "a kept link does not begin with its topic");
  const auto again = commandhandler::parse_magnet(kept);
  must(again && again->v1 == magnet.v1 && again->v2 == magnet.v2, "a kept link names another torrent");
  must(again->kept_as(hash) == kept, "a kept link is kept in another form");
}

}  // namespace

// Whatever link is taken is kept as one that names the same torrent, and stays as it is.
void try_magnet(Input input) {
  const std::string_view sent = text_of(input);
  const std::string any_hash(40, 'a');
  must(events::begins_with_topic(events::with_topic_in_front(sent, any_hash), any_hash),
       "a topic in front is not there");
  const auto magnet = commandhandler::parse_magnet(sent);
  if (!magnet) return;
  must(magnet->as_sent == sent, "the link is not the one that was sent");
  must(!magnet->name().empty(), "a link was taken that names no torrent");
  for (const std::string& hash : {magnet->v1, magnet->v2})
    if (!hash.empty()) check_kept(*magnet, hash);
}

}  // namespace catlog::tests
