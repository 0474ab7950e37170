import { z } from "zod";

const CallKind = z.enum(["plan", "wait", "mut", "run", "obs"]);
const CallTrait = z.enum(["asks", "idles", "pages", "forks"]);

/** A call with the marks that the rules compare. `at` values in epoch milliseconds. */
const Call = z.object({
  callId: z.string().nullable(),
  tool: z.string(),
  kind: CallKind,
  trait: CallTrait.nullable(),
  isSearch: z.boolean(),
  argsHash: z.string().nullable(),
  /** Calls of one step were chosen together: before any of their answers was known. */
  step: z.number(),
  /** What it works on, for people: a path or a command. */
  target: z.string().nullable(),
  startedAt: z.number(),
  line: z.number().nullable(),
});

/** One that ended. */
export const CallRecord = Call.extend({
  outcome: z.enum(["ok", "failed", "neutral"]),
  /** Its text tells of a failure although the call counts as a success: the exit code of a pipe is that of its last part. */
  saysFailed: z.boolean(),
  resultHash: z.string().nullable(),
  answerHash: z.string().nullable(),
  errorHash: z.string().nullable(),
  resultLength: z.number().nullable(),
  /** Brought something not seen in an earlier step since the last user message. */
  isNovel: z.boolean(),
  /** In how many earlier steps since the last user message the same telling answer (or error) came, to whatever call. */
  timesHeard: z.number(),
  endedAt: z.number(),
});
export type CallRecord = z.infer<typeof CallRecord>;

/** One without its result yet. `echoes` are the words its answer may repeat. */
export const OpenCall = Call.extend({
  /** Which of all started calls it is. */
  order: z.number(),
  echoes: z.array(z.string()),
  timeoutMs: z.number().nullable(),
  mayAsk: z.boolean().nullable(),
});
export type OpenCall = z.infer<typeof OpenCall>;

const Outcome = z.enum(["success", "failure", "timeout", "cancelled"]);
const Place = { at: z.number(), line: z.number().nullable() };

export const Waiting = z.object({
  ...Place,
  for: z.enum(["permission", "question", "plan_approval", "usage_limit", "prompt", "other"]),
  tool: z.string().nullable(),
  text: z.string().nullable(),
  callId: z.string().nullable(),
  untilAt: z.number().nullable(),
});
export type Waiting = z.infer<typeof Waiting>;

export const Child = z.object({
  id: z.string(),
  kind: z.enum(["agent", "shell"]),
  title: z.string().nullable(),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  outcome: Outcome.nullable(),
});
export type Child = z.infer<typeof Child>;

/** Equal texts, condensations, and answers with nothing in them, in a row without a call between them. */
export const Monologue = z.object({
  textHash: z.string().nullable(),
  count: z.number(),
  condensed: z.number(),
  /** How often a hook did not let the turn end. */
  sentBack: z.number(),
  empty: z.number(),
  startedAt: z.number().nullable(),
});
export type Monologue = z.infer<typeof Monologue>;

/** Hashes with a number for each, side by side: small as JSON, and searched as fast as a map at this size. */
const Generation = z.object({ hashes: z.array(z.number()), values: z.array(z.number()) });

/**
 * A number for each text, in two generations: when the recent one is full it becomes the older one and what was in that
 * is forgotten. So it stays bounded, and a look costs the same however much is remembered.
 */
export const SeenHashes = z.object({ recent: Generation, older: Generation });
export type SeenHashes = z.infer<typeof SeenHashes>;

/** The step that is being taken. */
export const TakenStep = z.object({
  number: z.number(),
  /** The model's message that holds its calls, where it is known. */
  messageId: z.string().nullable(),
  /** How many calls were started in all: the last of them decides whether another belongs to its step. */
  started: z.number(),
  /** When that one was answered; null while it is open. */
  answeredAt: z.number().nullable(),
  /** Hashes that this step has already counted as seen. */
  counted: z.array(z.number()),
});
export type TakenStep = z.infer<typeof TakenStep>;

const Used = z.object({ input: z.number(), output: z.number(), costUsd: z.number().nullable() });

/**
 * What a stream has used so far, in tokens. `input` counts what was read from a cache, too; `context`: how many the last
 * request held; `window`: how many the model takes, where the agent wrote it.
 */
export const Tokens = Used.extend({
  context: z.number().nullable(),
  window: z.number().nullable(),
  /** The id of the first answer: a fork has that of its origin. */
  firstId: z.string().nullable().default(null),
  /** The newest answers: some agents write one several times while it grows, with those of sub-agents in between. */
  answers: z.array(Used.extend({ id: z.string() })),
});
export type Tokens = z.infer<typeof Tokens>;

/**
 * The events of one stream (a session or a log), folded one at a time. Bounded in size whatever the length of the
 * stream, and plain JSON, so that it can be kept between runs. All times in epoch milliseconds.
 */
export const Activity = z.object({
  startedAt: z.number().nullable(),
  /** A turn was begun in it, whoever began it. */
  isBegun: z.boolean(),
  /** The last thing the agent did, and the line that says so. */
  lastActivityAt: z.number().nullable(),
  lastLine: z.number().nullable(),
  /** The last `callsKept` ended calls since the last user message, plan calls left out, in the order they ended. */
  calls: z.array(CallRecord),
  openCalls: z.array(OpenCall),
  step: TakenStep,
  /** The last ended call of any time: what it was doing. */
  lastCall: CallRecord.nullable(),
  callCount: z.number(),
  failureCount: z.number(),
  /** The run of failed calls since the last success or user message. */
  failures: z.object({
    count: z.number(),
    startedAt: z.number().nullable(),
    tools: z.array(z.tuple([z.string(), z.number()])),
  }),
  lastSuccessAt: z.number().nullable(),
  lastError: z.object({ ...Place, tool: z.string(), message: z.string().nullable() }).nullable(),
  plan: z.object({ ...Place, done: z.number(), total: z.number(), step: z.string().nullable() }).nullable(),
  /** The end of the last turn, if nothing reopened it. */
  ended: z
    .object({
      ...Place,
      outcome: Outcome,
      message: z.string().nullable(),
      answer: z.string().nullable(),
      isEmpty: z.boolean(),
    })
    .nullable(),
  waiting: Waiting.nullable(),
  /** Requests to the provider that failed since the last sign of progress. */
  retries: z
    .object({
      ...Place,
      startedAt: z.number(),
      count: z.number(),
      attempt: z.number().nullable(),
      maxAttempts: z.number().nullable(),
      nextAt: z.number().nullable(),
      message: z.string(),
    })
    .nullable(),
  /** When it goes on by itself once its turn is over; nothing happened since then. */
  asleep: z.object({ ...Place, untilAt: z.number(), reason: z.string().nullable() }).nullable(),
  tokens: Tokens.nullable(),
  children: z.array(Child),
  lastUserMessageAt: z.number().nullable(),
  /** The first line of the first thing that a person said: a name where there is no other. */
  firstPrompt: z.string().nullable(),
  monologue: Monologue,
  /** Calls that waited, with the same answers, since the last call that brought something new. */
  polling: z.object({ count: z.number(), startedAt: z.number().nullable() }),
  /** The run of equal plan calls up to the last call; null when that was none. */
  planRun: z.object({ call: CallRecord, count: z.number(), startedAt: z.number() }).nullable(),
  /** What calls brought since the last user message (`judgeNovelty`). */
  seen: SeenHashes,
  /** When the calls of each id ended, to know a record that comes a second time; a user message does not clear it. */
  endedIds: SeenHashes,
});
export type Activity = z.infer<typeof Activity>;
