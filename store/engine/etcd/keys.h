#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "events/position.h"
#include "events/text/uuid.h"
#include "store/engine/engine.h"

// How the log stands in etcd: README.md, "Keys".
namespace catlog::store::engine {

class Keys {
 public:
  explicit Keys(const std::string& cluster) : root_("/catlog/" + cluster + "/") {}

  std::string leader() const { return root_ + "leader"; }
  std::string head() const { return root_ + "head"; }
  std::string first() const { return root_ + "first"; }
  std::string fork() const { return root_ + "fork"; }
  std::string hold(std::string_view node) const { return root_ + "hold/" + std::string(node); }
  std::string batch(events::Position first) const;
  std::string part(events::Position first) const;  // where the parts of the batches from there on begin
  std::string part(const Batch& batch, size_t index) const;
  // Behind all keys that begin with `prefix`.
  static std::string behind(std::string prefix);
  std::string holds() const { return hold(""); }
  std::string batches_end() const { return behind(root_ + "batch/"); }
  std::string parts_end() const { return behind(root_ + "part/"); }

 private:
  std::string root_;
};

// Values. Nothing where they are none of ours.
std::string encode_head(const std::string& log_id, const events::TreeHead& head);
std::optional<Tip> decode_head(std::string_view value);
std::string encode_leader(const std::string& node, const std::string& endpoint);
std::optional<Leader> decode_leader(std::string_view value, Term term);
std::optional<events::Position> decode_position(std::string_view value);

}  // namespace catlog::store::engine
