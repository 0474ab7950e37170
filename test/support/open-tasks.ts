import { brokenClaim, type JudgedTask } from "./judged-task.ts";
import { hour, minute, now, second } from "./sample-clock.ts";
import { active, asked, call, ended, failures, message, openCall, retry } from "./sample-events.ts";
import { log, transcript } from "./sample-stream.ts";
import { claim, sampleStatus } from "./sample-task.ts";

const retries = (count: number) =>
  Array.from({ length: count }, (_, index) => retry((count - index) * second));

/** Tasks that wait, fell silent or struggle, and those that only nearly do. */
export const openTasks: readonly JudgedTask[] = [
  [
    "an open permission",
    { streams: [transcript(asked(minute, "permission"))] },
    "waiting_permission",
    "observed",
  ],
  ["an open question", { streams: [transcript(asked(minute, "question"))] }, "waiting_question", "observed"],
  [
    "a plan to approve",
    { streams: [transcript(asked(minute, "plan_approval"))] },
    "waiting_plan_approval",
    "observed",
  ],
  [
    "a usage limit",
    { streams: [transcript(asked(minute, "usage_limit"))] },
    "waiting_usage_limit",
    "observed",
  ],
  ["an empty prompt", { streams: [transcript(asked(minute, "prompt"))] }, "waiting_prompt", "observed"],
  [
    "an interactive session whose turn is over",
    { streams: [{ ...transcript(ended(minute, "success")), isInteractive: true }] },
    "waiting_prompt",
    "observed",
  ],
  [
    "a permission open for hours",
    { ...claim({ createdAt: null }), streams: [transcript(asked(5 * hour, "permission"))] },
    "waiting_permission",
    "observed",
  ],
  [
    "a created claim of 15 minutes",
    claim({ status: "created", createdAt: now - 15 * minute, updatedAt: null }),
    "never_started",
    "reported",
  ],
  [
    "a log that ended 15 minutes ago and that nothing claims",
    { streams: [log(active(15 * minute))] },
    "log_ends",
    "inferred",
  ],
  [
    "a created claim of 15 minutes less 1 ms",
    claim({ status: "created", createdAt: now - 15 * minute + 1, updatedAt: null }),
    "queued",
    "reported",
  ],
  [
    "silence of 15 minutes less 1 ms",
    { streams: [transcript(active(15 * minute - 1))] },
    "recent_activity",
    "observed",
  ],
  ["silence of 15 minutes", { streams: [transcript(active(15 * minute))] }, "no_activity", "inferred"],
  [
    "silence of 15 minutes and 1 ms",
    { streams: [transcript(active(15 * minute + 1))] },
    "no_activity",
    "inferred",
  ],
  [
    "a tool open for 30 minutes less 1 ms",
    { streams: [transcript(openCall(30 * minute - 1))] },
    "recent_activity",
    "observed",
  ],
  ["a tool open for 30 minutes", { streams: [transcript(openCall(30 * minute))] }, "no_activity", "inferred"],
  [
    "a tool open for 30 minutes and 1 ms",
    { streams: [transcript(openCall(30 * minute + 1))] },
    "no_activity",
    "inferred",
  ],
  [
    "a tool open for its own hour and 30 s less 1 ms",
    { streams: [transcript(openCall(hour + 30 * second - 1, hour))] },
    "recent_activity",
    "observed",
  ],
  [
    "a tool open for its own hour and 30 s",
    { streams: [transcript(openCall(hour + 30 * second, hour))] },
    "no_activity",
    "inferred",
  ],
  [
    "a tool open for its own hour and 30 s and 1 ms",
    { streams: [transcript(openCall(hour + 30 * second + 1, hour))] },
    "no_activity",
    "inferred",
  ],
  [
    "a tool that is past its own minute",
    { streams: [transcript(openCall(90 * second, minute))] },
    "no_activity",
    "inferred",
  ],
  [
    "a tool that is not past its own minute and the time to notice it",
    { streams: [transcript(openCall(90 * second - 1, minute))] },
    "recent_activity",
    "observed",
  ],
  [
    "silence of a log under a fresh claim",
    { ...claim(), streams: [log(call(20 * minute, "ok"))] },
    "no_activity",
    "inferred",
  ],
  ["two failures in a row", { streams: [log(failures(2))] }, "recent_activity", "observed"],
  ["three failures in a row", { streams: [log(failures(3))] }, "tool_failures", "observed"],
  [
    "three failures, and a success in another log since",
    { streams: [log(failures(3)), transcript(call(second, "ok"))] },
    "recent_activity",
    "observed",
  ],
  [
    "three failures, and a success in another log before",
    { streams: [log(failures(3)), transcript(call(10 * minute, "ok"))] },
    "tool_failures",
    "observed",
  ],
  [
    "three failures before a new user message",
    { streams: [transcript(failures(3), message(second))] },
    "recent_activity",
    "observed",
  ],
  ["two retries", { streams: [transcript(retries(2))] }, "recent_activity", "observed"],
  ["three retries", { streams: [transcript(retries(3))] }, "provider_retries", "observed"],
  [
    "a first retry that calls itself the third",
    {
      streams: [transcript(retry(minute, 3))],
    },
    "provider_retries",
    "observed",
  ],
  [
    "three retries before an answer",
    { streams: [transcript(retries(3), { type: "said", at: now, text: "on it" })] },
    "recent_activity",
    "observed",
  ],
  [
    "a claim of a wrong type under activity",
    { ...brokenClaim(sampleStatus(), "wrong_type"), streams: [log(call(minute, "ok"))] },
    "recent_activity",
    "observed",
  ],
  [
    "a claim of a wrong type under failures",
    { ...brokenClaim(sampleStatus(), "wrong_type"), streams: [log(failures(3))] },
    "tool_failures",
    "observed",
  ],
  [
    "an unreadable claim under activity",
    { ...brokenClaim(null, "invalid_json"), streams: [log(call(minute, "ok"))] },
    "recent_activity",
    "observed",
  ],
];
