#include <fstream>

#include <fmt/format.h>

#include "bin/daemon/cluster_options.h"
#include "events/error.h"
#include "store/engine/etcd/etcd_engine.h"
#include "store/read_all.h"

namespace catlog {

namespace {

constexpr size_t max_secret_bytes = size_t{1} << 20;

// Empty when no file is named.
std::string text_of(const std::string& path, const char* option) {
  if (path.empty()) return "";
  std::ifstream file(path, std::ios::binary);
  auto text = store::read_all(file, max_secret_bytes);
  if (!file.is_open() || !text || text->empty())
    throw events::Failure(events::Exit::usage,
                          fmt::format("{} names {}, which cannot be read, or is empty", option, path));
  return *text;
}

}  // namespace

void require_engine() {}

std::unique_ptr<store::engine::Engine> make_engine(const ClusterOptions& options) {
  store::engine::EtcdOptions etcd;
  std::string_view rest = options.etcd;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    if (comma != 0) etcd.endpoints.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  etcd.cluster = options.name;
  etcd.lease = std::chrono::seconds(options.lease_s);
  etcd.access.authorities = text_of(options.etcd_ca, "--cluster-etcd-ca");
  etcd.access.certificate = text_of(options.etcd_certificate, "--cluster-etcd-certificate");
  etcd.access.key = text_of(options.etcd_key, "--cluster-etcd-key");
  etcd.access.user = options.etcd_user;
  etcd.access.password = text_of(options.etcd_password_file, "--cluster-etcd-password-file");
  etcd.access.password.resize(etcd.access.password.find_last_not_of("\r\n") + 1);
  return store::engine::make_etcd_engine(etcd);
}

}  // namespace catlog
