// Job: a part of a message as the scheduler sees it.
#pragma once

#include "queued/core/aftermath.h"
#include "queued/core/plan.h"
#include "queued/core/work.h"
#include "queued/schedule/scheduler.h"

namespace posthouse::queued {

/// What the scheduler has to know to give `group`, recipients of that message, its turn. The entry is open.
schedule::Job job_of(const Work& work, const Group& group, const LifetimeRules& rules);

}  // namespace posthouse::queued
