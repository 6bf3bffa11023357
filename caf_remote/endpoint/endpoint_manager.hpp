// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/endpoint/node.hpp"

#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <caf/stateful_actor.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

namespace caf_remote {

/// The EndpointManager: makes and retires endpoints, lets peers' streams in,
/// and sees that an incarnation ends before the next one begins. Not on the
/// path of messages.
class endpoint_manager_state {
public:
  static inline const char* name = "caf_remote.endpoint_manager";

  explicit endpoint_manager_state(caf::event_based_actor* self);

  caf::behavior make_behavior(node_ptr home);

private:
  struct reader {
    caf::actor hdl;
    /// Empty until the handshake.
    std::string address;
    std::string member_id;
  };

  // -- endpoints -----------------------------------------------------------------------------

  void on_open_endpoint(const endpoint_ptr& where);
  void on_end_endpoint(const end_endpoint& x);
  void on_endpoint_up(const endpoint_up& x);
  void on_endpoint_over(const endpoint_over& x);

  // -- streams ---------------------------------------------------------------------------------

  void on_incoming_stream(incoming_stream& x);
  caf::result<client_connection_result>
  handle_client_connection(const client_connection& x);
  client_connection_result let_in(const client_connection& x);
  void end_older_streams(const client_connection& x,
                         const std::function<void()>& next);
  void end_incarnation(const client_connection& x,
                       const std::function<void()>& next);
  void end_if_unused(const std::string& address);
  void tell_watchers(const std::string& address, const std::string& member_id);
  size_t streams_of(const std::string& member_id) const;
  void on_end_streams_of(const std::string& address);
  void on_reader_over(uint64_t id);

  // -- end ---------------------------------------------------------------------------------

  caf::result<left> on_leave();
  void on_leave_timeout();
  void check_left();

  void on_local_link(const local_link& x);
  void expire_requests();

  caf::event_based_actor* self_;
  node_ptr node_;
  uint64_t last_reader_ = 0;
  std::unordered_map<uint64_t, reader> readers_;
  // endpoints whose writer has not given up yet
  std::map<uint64_t, endpoint_ptr> endpoints_;
  // member id -> the address under which it lets itself be known
  std::map<std::string, std::string> addresses_;
  std::shared_ptr<transport::server> server_;
  bool leaving_ = false;
  // leaving, and no further endpoint can appear
  bool all_known_ = false;
  caf::response_promise left_;
};

caf::behavior
endpoint_manager(caf::stateful_actor<endpoint_manager_state>* self,
                 node_ptr home);

} // namespace caf_remote
