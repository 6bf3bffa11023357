// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/incarnations.hpp"
#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/endpoint/turns.hpp"

#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <caf/stateful_actor.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace caf_remote {

/// The EndpointManager: makes and retires endpoints, lets peers' streams in,
/// and sees that an incarnation ends before the next one begins. Not on the
/// path of messages.
///
/// It looks after the actors that it spawns: one that ends by an error costs
/// its stream or its endpoint, which are ended for it, and nothing else.
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
  };

  enum class role { reader, writer, watcher };

  /// An actor that this one looks after; `number` is a reader's id or the
  /// serial number of an endpoint.
  struct child {
    role what;
    uint64_t number;
    /// Of a watcher.
    std::string address;
  };

  /// One that is asked something, see `ask_all`.
  struct asked {
    role what;
    uint64_t number;
    caf::actor hdl;
  };

  /// Role and number of who is asked, and the question's own number.
  using question = std::tuple<role, uint64_t, uint64_t>;

  // -- endpoints -----------------------------------------------------------------------------

  void on_open_endpoint(const endpoint_ptr& where);
  void on_end_endpoint(const end_endpoint& x);
  void on_endpoint_up(const endpoint_up& x);
  void on_endpoint_over(const endpoint_over& x);

  // -- questions -----------------------------------------------------------------------------

  /// Asks each of `xs` and goes on when all have answered or are gone. A writer
  /// passes the question on to the watcher of its endpoint.
  template <class T>
  void ask_all(const std::vector<asked>& xs, const T& what,
               const std::function<void()>& next);
  void on_answer(const question& x);
  void on_no_answer(const child& who);

  // -- streams ---------------------------------------------------------------------------------

  void on_incoming_stream(incoming_stream& x);
  void end_streams(const std::vector<uint64_t>& readers,
                   const std::function<void()>& next);
  void look_whether_unused(const std::string& address);
  void end_if_unused(const std::string& address);
  void tell_watchers(const std::string& address, const std::string& member_id);
  void tell_watcher(const endpoint_ptr& where);
  void on_end_streams_of(const end_streams_of& x);
  void on_reader_over(uint64_t id);

  // -- incarnations, one step after the other per address --------------------------------

  /// How the question ended who may come in.
  using decision = std::function<void(client_connection_result)>;

  caf::result<client_connection_result>
  handle_client_connection(const client_connection& x);
  client_connection_result answer_question(const client_connection& x) const;
  void decide(const client_connection& x, const decision& tell);
  bool is_plain(const client_connection& x) const;
  void replace(const client_connection& x, const decision& tell);
  client_connection_result let_in(const client_connection& x);
  client_connection_result refuse(const client_connection& x,
                                  const std::string& why);

  caf::result<member_met_result> on_member_met(const member_met& x);
  void meet(const member_met& x,
            const std::function<void(member_met_result)>& tell,
            const turns::done& done);

  void end_incarnation(const client_connection& x, const std::string& old,
                       const std::function<void()>& next);
  void end_streams_elsewhere(const std::string& address, const std::string& old,
                             const std::function<void()>& next);

  /// Asks the addresses who lives there and hands over those where it is
  /// somebody else than `old`, with their answers. No answer is no news.
  using moved = std::vector<std::pair<std::string, std::string>>;
  void ask_residents(const std::vector<std::string>& addresses,
                     const std::string& old,
                     const std::function<void(const moved&)>& next);
  void ask_resident(const std::string& address,
                    const std::function<void(const std::string&)>& next);

  // -- failures --------------------------------------------------------------------------------

  void look_after(const caf::actor& x, role what, uint64_t number,
                  const std::string& address = {});
  void on_down(const caf::down_msg& x);
  void on_failure(const child& who, const caf::error& reason);
  void on_failed_writer(const endpoint_ptr& where, const caf::error& reason);
  void on_failed_watcher(const endpoint_ptr& where, const caf::error& reason);
  void on_watcher_failed_late(const child& who, const caf::error& reason);
  void give_up_watches(const std::string& address, uint64_t serial);

  // -- end ---------------------------------------------------------------------------------

  caf::result<left> on_leave();
  void on_leave_timeout();
  void check_left();

  void expire_requests();

  caf::event_based_actor* self_;
  node_ptr node_;
  uint64_t last_reader_ = 0;
  std::unordered_map<uint64_t, reader> readers_;
  // endpoints whose writer has not given up yet
  std::map<uint64_t, endpoint_ptr> endpoints_;
  incarnations incarnations_;
  // by address: what is decided must still hold when it is done
  turns turns_;
  // addresses where one incarnation is about to follow another
  std::set<std::string> changing_;
  // addresses that are looked at again, whether anybody needs their endpoint
  std::set<std::string> perhaps_unused_;
  std::unordered_map<caf::actor_id, child> children_;
  // not yet answered, and what to do then
  std::map<question, std::function<void()>> questions_;
  uint64_t last_question_ = 0;
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
