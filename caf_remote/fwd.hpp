// SPDX-License-Identifier: BSD-3-Clause

#pragma once

namespace caf_remote {

class message_codec;
class remoting;
class serializer;
class tracing_hook;

struct counters;
struct dead_letter;
struct endpoint_connected;
struct endpoint_terminated;
struct options;
struct pid;
struct raw_message;

} // namespace caf_remote
