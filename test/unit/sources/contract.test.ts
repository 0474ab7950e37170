import { rmSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { sources } from "../../../src/sources/index.ts";
import {
  type LaidOutHome,
  layOut,
  layOutNothing,
  makeUnreadable,
  snapshot,
} from "../../support/laid-out-home.ts";

/**
 * What every registered source owes, whatever the agent. Its fixtures are found by its id: `fixtures/homes/<id with
 * dashes>/contract/` (one session or log of the worktree `alpha`) and `…/malformed/` (the same with a broken record).
 */
const all = sources.map((source) => ({ source, id: source.id, agent: source.id.replaceAll("_", "-") }));

const laidOut: string[] = [];

function keep(home: LaidOutHome): LaidOutHome {
  laidOut.push(home.base);
  return home;
}

function lay(agent: string, name: "contract" | "malformed"): LaidOutHome {
  return keep(layOut(agent, name));
}

const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

afterEach(() => {
  for (const base of laidOut.splice(0)) rmSync(base, { recursive: true, force: true });
});

describe.each(all)("the source $id", ({ source, id, agent }) => {
  it("finds its fixture", async () => {
    const home = lay(agent, "contract");
    const reading = await source.collect(home.context());
    expect(reading).toMatchObject({ outcome: "read", reason: null, problems: [], skippedLines: 0 });
    expect(reading.newEvents).toBeGreaterThan(0);
    expect(reading.streams.map((stream) => stream.source)).toContain(id);
    expect(reading.streams.map((stream) => stream.identity.worktree)).toContain(home.worktree);
  });

  it("finds nothing new at a second look, and the same streams", async () => {
    const home = lay(agent, "contract");
    const first = await source.collect(home.context());
    const second = await source.collect(home.context({ checkpoint: throughJson(first.checkpoint) }));
    expect(second.streams).toEqual(first.streams);
    expect(second.newEvents).toBe(0);
  });

  it.each([
    ["a number", 42],
    ["a text", "cursor"],
    ["a list", []],
    ["another version", { version: 99, files: {} }],
    ["other fields", { version: 1, files: 5, rollouts: 5, metas: [], lastActivity: "x" }],
  ])("starts over with a checkpoint that is %s", async (_, checkpoint) => {
    const home = lay(agent, "contract");
    const first = await source.collect(home.context());
    const again = await source.collect(home.context({ checkpoint }));
    expect(again.streams).toEqual(first.streams);
    expect(again.newEvents).toBe(first.newEvents);
  });

  it("counts a malformed record, names its place and reads the rest", async () => {
    const home = lay(agent, "malformed");
    const reading = await source.collect(home.context());
    expect(reading.outcome).toBe("read");
    expect(reading.problems).toEqual([
      expect.objectContaining({ path: expect.stringMatching(/\w/), message: expect.stringMatching(/\w/) }),
    ]);
    // Where a file is one record it is named as a whole; a line is counted.
    const lines = reading.problems.filter(({ path, line }) => line !== null || !path.endsWith(".json"));
    expect(reading.skippedLines).toBe(lines.length);
    expect(reading.streams.map((stream) => stream.identity.worktree)).toContain(home.worktree);
  });

  it("calls a home without the agent absent", async () => {
    const reading = await source.collect(keep(layOutNothing()).context());
    expect(reading).toMatchObject({ outcome: "absent", streams: [], problems: [], newEvents: 0 });
  });

  it("calls a home that cannot be read denied, and says why", async () => {
    const home = lay(agent, "contract");
    const context = home.context();
    makeUnreadable(home);
    const reading = await source.collect(context);
    expect(reading).toMatchObject({ outcome: "denied", streams: [] });
    expect(reading.reason).toMatch(/ELOOP/);
  });

  it("writes nothing", async () => {
    const home = lay(agent, "contract");
    const before = snapshot(home.base);
    const first = await source.collect(home.context());
    await source.collect(home.context({ checkpoint: throughJson(first.checkpoint) }));
    expect(snapshot(home.base)).toEqual(before);
  });

  it("gives every stream a key of its own that stays", async () => {
    const home = lay(agent, "contract");
    const keys = (await source.collect(home.context())).streams.map((stream) => stream.key);
    const later = (await source.collect(home.context({ now: home.context().now + 1_000 }))).streams;
    expect(new Set(keys).size).toBe(keys.length);
    expect(later.map((stream) => stream.key)).toEqual(keys);
  });
});
