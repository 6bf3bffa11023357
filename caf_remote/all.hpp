// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/config.hpp"
#include "caf_remote/counters.hpp"
#include "caf_remote/error.hpp"
#include "caf_remote/events.hpp"
#include "caf_remote/message.hpp"
#include "caf_remote/message_type.hpp"
#include "caf_remote/pid.hpp"
#include "caf_remote/remoting.hpp"
#include "caf_remote/send.hpp"
#include "caf_remote/serializer.hpp"
#include "caf_remote/tracing.hpp"
#include "caf_remote/version.hpp"
