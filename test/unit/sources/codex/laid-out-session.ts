import { rmSync } from "node:fs";
import { expect } from "vitest";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import { codex } from "../../../../src/sources/codex/index.ts";
import { type LaidOutHome, layOut } from "../../../support/laid-out-home.ts";

export const thread = "01a20000-0000-7000-8000-000000000001";
export const rollout = `.codex/sessions/2026/01/15/rollout-2026-01-15T11-50-00-${thread}.jsonl`;
const laidOut: string[] = [];

/** A home from the fixtures, by its name. */
export function lay(name: string): LaidOutHome {
  const home = layOut("codex", name);
  laidOut.push(home.base);
  return home;
}

/** The one session that is found in a home. */
export async function only(home: LaidOutHome): Promise<Stream> {
  const { streams } = await codex.collect(home.context());
  expect(streams).toHaveLength(1);
  return streams[0] ?? expect.unreachable();
}

/** Takes the laid out homes away. */
export function takeLaidOutAway(): void {
  for (const base of laidOut.splice(0)) rmSync(base, { recursive: true, force: true });
}
