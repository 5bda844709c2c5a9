#pragma once
#include <string>

namespace catlog::store::engine {

// How etcd knows us and we know it. PEM texts; without `authorities` nothing is encrypted, without `user` no name is
// told.
struct EtcdAccess {
  std::string authorities;       // that sign etcd's certificates
  std::string certificate, key;  // ours, where etcd asks for one; both or neither
  std::string user, password;
};

}  // namespace catlog::store::engine
