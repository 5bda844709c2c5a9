#include "bin/torrent/scrape/lookup.h"

#include <netdb.h>

#include <cstring>

namespace catlog::scrape {

struct Lookup::Asked {
  explicit Asked(std::string name) : host(std::move(name)) {
    wanted.ai_socktype = SOCK_STREAM;
    request.ar_name = host.c_str();
    request.ar_request = &wanted;
  }
  ~Asked() {
    if (request.ar_result) ::freeaddrinfo(request.ar_result);
  }
  Asked(const Asked&) = delete;
  std::string host;
  addrinfo wanted{};
  gaicb request{};
  bool is_begun = false;
};

Lookup::Lookup(const std::string& host) : asked_(std::make_unique<Asked>(host)) {
  gaicb* all[] = {&asked_->request};
  asked_->is_begun = ::getaddrinfo_a(GAI_NOWAIT, all, 1, nullptr) == 0;
}

Lookup::~Lookup() {
  if (!asked_->is_begun || ::gai_error(&asked_->request) != EAI_INPROGRESS) return;
  // The resolver's thread still writes there, and cannot be waited for: that may take half a minute.
  if (::gai_cancel(&asked_->request) != EAI_CANCELED) static_cast<void>(asked_.release());
}

std::optional<std::vector<sockaddr_storage>> Lookup::addresses() const {
  std::vector<sockaddr_storage> all;
  if (!asked_->is_begun) return all;
  const int fault = ::gai_error(&asked_->request);
  if (fault == EAI_INPROGRESS) return {};
  if (fault != 0) return all;
  for (const addrinfo* one = asked_->request.ar_result; one; one = one->ai_next) {
    if (one->ai_addrlen > sizeof(sockaddr_storage)) continue;
    std::memcpy(&all.emplace_back(), one->ai_addr, one->ai_addrlen);
  }
  return all;
}

}  // namespace catlog::scrape
