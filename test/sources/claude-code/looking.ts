import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Stream } from "../../../src/core/stream.ts";
import { claudeCode } from "../../../src/sources/claude-code/index.ts";
import { slugOf } from "../../../src/sources/claude-code/slug.ts";
import type { SourceContext } from "../../../src/sources/source.ts";
import { type LaidOutHome, layOut } from "../laid-out-home.ts";

/** The session of all fixtures. */
export const session = "c1a00000-0000-4000-8000-000000000001";
const laidOut: string[] = [];

/** Lays out a case of `fixtures/homes/claude-code/`. */
export function lay(name: string): LaidOutHome {
  const home = layOut("claude-code", name);
  laidOut.push(home.base);
  return home;
}

/** Removes what was laid out; for `afterEach`. */
export function clear(): void {
  for (const base of laidOut.splice(0)) rmSync(base, { recursive: true, force: true });
}

/** The streams that one look finds. */
export async function look(
  home: LaidOutHome,
  changes: Partial<SourceContext> = {},
): Promise<readonly Stream[]> {
  return (await claudeCode.collect(home.context(changes))).streams;
}

/** The first stream that one look finds. */
export async function first(home: LaidOutHome, changes: Partial<SourceContext> = {}): Promise<Stream> {
  const [stream] = await look(home, changes);
  if (stream === undefined) throw new Error("no stream was found");
  return stream;
}

/** Where the session of the fixtures lies. */
export function transcriptOf(home: LaidOutHome): string {
  return join(home.home, ".claude", "projects", slugOf(home.worktree), `${session}.jsonl`);
}
