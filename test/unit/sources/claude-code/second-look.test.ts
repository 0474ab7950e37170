import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { claudeCode } from "../../../../src/sources/claude-code/index.ts";
import type { SourceReading } from "../../../../src/sources/source.ts";
import type { LaidOutHome } from "../../../support/laid-out-home.ts";
import { clear, first, lay, look, transcriptOf } from "./looking.ts";

afterEach(clear);

/** Looks after every line that is appended to the transcript; the last look's reading. */
async function lookLineByLine(home: LaidOutHome): Promise<SourceReading> {
  const path = transcriptOf(home);
  const lines = readFileSync(path, "utf8").split(/(?<=\n)/);
  writeFileSync(path, "");
  let reading = await claudeCode.collect(home.context());
  for (const line of lines) {
    appendFileSync(path, line);
    const checkpoint: unknown = JSON.parse(JSON.stringify(reading.checkpoint));
    reading = await claudeCode.collect(home.context({ checkpoint }));
  }
  return reading;
}

describe("a second look", () => {
  it("goes on where the first ended, and says the same as one look", async () => {
    const home = lay("background-ended");
    const atOnce = (await first(home)).activity;
    const last = await lookLineByLine(home);
    expect(last.newEvents).toBe(2);
    expect(last.streams[0]?.activity).toEqual(atOnce);
  });

  it("starts over when the file is another one", async () => {
    const home = lay("contract");
    const { checkpoint } = await claudeCode.collect(home.context());
    const other = lay("failures");
    writeFileSync(
      transcriptOf(home),
      readFileSync(transcriptOf(other), "utf8").replaceAll(other.project, home.project),
    );
    const reading = await claudeCode.collect(home.context({ checkpoint }));
    expect(reading.streams[0]?.activity.failures.count).toBe(3);
  });

  it("keeps the history that a fork copied in a session of its own", async () => {
    const streams = await look(lay("forked"));
    expect(streams.map(({ activity }) => [activity.callCount, activity.openCalls.length])).toEqual([
      [1, 0],
      [1, 1],
    ]);
  });
});
