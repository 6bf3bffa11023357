// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/selects.hpp"

#include <caf/actor_addr.hpp>
#include <caf/default_attachable.hpp>

#include <typeinfo>

namespace caf_remote {

namespace {

// CAF does not tell who observes. A private member may be named where a
// template is instantiated explicitly.
template <auto Member>
struct opener {
  friend const caf::actor_addr& observer_of(const caf::default_attachable& x) {
    return x.*Member;
  }
};

const caf::actor_addr& observer_of(const caf::default_attachable& x);

template struct opener<&caf::default_attachable::observer_>;

} // namespace

bool selects(const caf::attachable::token& what, caf::attachable& x) {
  using caf::default_attachable;
  if (!x.matches(what))
    return false;
  if (what.subtype != caf::attachable::token::observer
      || typeid(x) != typeid(default_attachable))
    return true;
  using token = default_attachable::observe_token;
  return observer_of(static_cast<default_attachable&>(x)).get()
         == static_cast<const token*>(what.ptr)->observer.get();
}

} // namespace caf_remote
