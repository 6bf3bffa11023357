// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/endpoint_slot.hpp"

#include "interleavings/scene.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

TEST_SUITE_BEGIN("interleavings.endpoint_slot");

TEST_CASE_FIXTURE(scene, "an endpoint that is used is not freed") {
  interleave([this](schedule& s) {
    endpoint_slot slot;
    slot.set(make_endpoint());
    s.run({{"user",
            [&] {
              auto x = slot.get();
              expect(x->serial() == 1000, "it is one");
            }},
           {"owner", [&] {
              slot.set(make_endpoint());
              slot.set(make_endpoint());
            }}});
  });
}

TEST_CASE_FIXTURE(scene, "nor while one of two users has it") {
  interleave([this](schedule& s) {
    endpoint_slot slot;
    slot.set(make_endpoint());
    auto next = make_endpoint();
    auto use = [&] {
      auto x = slot.get();
      expect(x->serial() == 1000, "it is one");
    };
    s.run({{"user", use}, {"other", use}, {"owner", [&] {
                                             slot.set(std::move(next));
                                           }}});
  });
}

TEST_CASE_FIXTURE(scene, "who looks after a change sees what was set") {
  interleave([this](schedule& s) {
    endpoint_slot slot;
    auto first = make_endpoint();
    auto second = make_endpoint();
    std::atomic<bool> changed{false};
    slot.set(first);
    s.run({{"user",
            [&] {
              auto after = changed.load();
              auto x = slot.get();
              expect(!after || &*x == second.get(), "the new one");
            }},
           {"owner", [&] {
              slot.set(second);
              changed.store(true);
            }}});
    // nobody uses it any more
    slot.set(make_endpoint());
    expect(first->get_reference_count() == 1, "the first one was let go");
    expect(second->get_reference_count() == 1, "so was the second");
  });
}

TEST_SUITE_END();

} // namespace
