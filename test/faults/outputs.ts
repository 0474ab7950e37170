import { join } from "node:path";
import { withoutSecrets } from "../../src/core/record/checkpoint.ts";
import { isPlainJson } from "../../src/core/text/safe-text.ts";
import { monitor } from "../../src/monitor.ts";
import { renderChanges } from "../../src/render/changes.ts";
import { renderExplanation } from "../../src/render/explain.ts";
import { renderAnnotations, renderJobSummary } from "../../src/render/github.ts";
import { renderJson } from "../../src/render/json.ts";
import { renderMetrics } from "../../src/render/prometheus.ts";
import { renderReview } from "../../src/render/review.ts";
import { makeChalk } from "../../src/render/terminal.ts";
import { renderText } from "../../src/render/text.ts";
import { review } from "../../src/review.ts";
import type { RunResult } from "../../src/run.ts";
import type { Workspace } from "../support/workspace.ts";

/** Where a look is taken: what the command line and the environment say. */
export type Place = {
  readonly project: string;
  readonly home: string;
  readonly procfs: string;
  readonly now: number;
  readonly patterns?: readonly string[];
  readonly sinceMs?: number;
};

/** One look in this process. */
export function look({
  project,
  home,
  procfs,
  now,
  patterns = [],
  sinceMs = 86_400_000,
}: Place): Promise<RunResult> {
  return monitor({
    root: project,
    cwd: null,
    worktreePatterns: patterns,
    now,
    sinceMs,
    procfs,
    env: { HOME: home, XDG_DATA_HOME: join(home, ".local", "share") },
    runId: "01K00000000000000000000000",
    reader: "ada@host",
    trigger: "script",
    isCheck: true,
    failures: 3,
    stuckAfterMs: 900_000,
    tellsChanges: true,
  });
}

/** A look at a project that has its home, and a procfs that is not there, inside. */
export function lookAt({ root, path }: Workspace, now: number = Date.now()): Promise<RunResult> {
  return look({ project: root, home: path("home"), procfs: path("procfs"), now });
}

const style = { chalk: makeChalk({}, false, true), isAscii: false, again: "monitor", columns: null };

/** Everything that a look can print or record, one text a form. */
export function allOutputs({ report, rows, record, news }: RunResult): Readonly<Record<string, string>> {
  return {
    text: renderText(report, style, true),
    json: renderJson(report),
    explain: rows.map((row) => renderExplanation(row, report, style)).join(""),
    events: record(true)
      .map((event) => `${JSON.stringify(event)}\n`)
      .join(""),
    changes: renderChanges(news, report, style, true),
    annotations: renderAnnotations(report),
    summary: renderJobSummary(report),
    metrics: renderMetrics(report, rows),
  };
}

/** All of that, and what is written beside it for the next look. */
export function written(result: RunResult): Readonly<Record<string, string>> {
  const { root } = result.checkpoint;
  const now = result.checkpoint.now;
  const found = review(root, now - 7 * 86_400_000, now + 1);
  return {
    ...allOutputs(result),
    checkpoint: JSON.stringify(withoutSecrets(result.checkpoint)),
    review: renderReview(found, style),
    reviewJson: renderJson(found),
  };
}

// Escapes are looked for in the text of other forms; what is kept may hold a backslash.
function isPlain(form: string, text: string): boolean {
  return form === "checkpoint" ? isPlainJson(text) : !forbidden.test(text);
}

/** In which forms the secret, or anything forbidden, can be seen. */
export function leaksIn(forms: Readonly<Record<string, string>>, secret: string): string[] {
  return Object.entries(forms)
    .filter(([form, text]) => text.includes(secret) || !isPlain(form, text))
    .map(([form]) => form);
}

/** Characters that no output may hold: controls but the newline, C1, bidi, invisible ones, lone surrogates; also escaped in JSON. */
export const forbidden =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]|\\u(?:00[01]|00[89]|d[89ab])[0-9a-f]*|[\u{e0000}-\u{e007f}]|[\ud800-\udfff]/iu;
