#!/usr/bin/env bun
/**
 * Looks at every recorded run of an unpacked agents corpus with the monitor and prints whether the health agrees with
 * the recorded true state: `bun test/corpus/corpus-agents.ts <folder> [agent or part of a run's name]`.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { recordedAgents } from "./agents.ts";
import { allowedHealth } from "./allowed-health.ts";
import { type Replay, replay } from "./replay.ts";

const Report = z.object({
  tasks: z.array(
    z.object({
      worktree: z.string().nullable(),
      health: z.string(),
      message: z.string().nullable(),
      progress: z.object({ done: z.number().nullable(), total: z.number().nullable() }).nullable(),
      tool_failures_in_a_row: z.number().nullable(),
    }),
  ),
});

const [folder, only = ""] = process.argv.slice(2);
if (folder === undefined || !existsSync(folder)) {
  console.log(
    "usage: bun test/corpus/corpus-agents.ts <folder of the unpacked agents corpus> [agent or part of a name]",
  );
} else {
  let agreed = 0;
  let all = 0;
  for (const agent of Object.keys(recordedAgents)) {
    if (!existsSync(join(folder, agent))) continue;
    for (const run of readdirSync(join(folder, agent)).sort()) {
      if (!`${agent}/${run}`.includes(only)) continue;
      for (const row of look(join(folder, agent, run))) {
        all += 1;
        if (row.agrees) agreed += 1;
        console.log(`${row.agrees ? "ok  " : "MISS"} ${`${agent}/${run}`.padEnd(48)} ${row.text}`);
      }
    }
  }
  console.log(`${agreed} of ${all} agree`);
}

type Row = { readonly agrees: boolean; readonly text: string };

function look(run: string): Row[] {
  return (["live", "final"] as const).flatMap((phase) => {
    if (!existsSync(join(run, phase, "config"))) return [];
    const recorded = replay(run, phase);
    try {
      const label = recorded.manifest.trueState[phase];
      if (label === null) return [];
      const endedAt = Date.parse(recorded.manifest.ended ?? "") || 0;
      const at = (phase === "live" ? recorded.newestAt : Math.max(endedAt, recorded.newestAt)) + 5_000;
      const times = phase === "final" && /^(killed|terminated)/.test(label) ? [0, 3_600_000] : [0];
      return times.map((later) => judge(recorded, phase, label, at + later, later > 0));
    } finally {
      recorded.remove();
    }
  });
}

function judge(recorded: Replay, phase: string, label: string, now: number, isLate: boolean): Row {
  const command = [
    process.execPath,
    join(import.meta.dir, "..", "..", "src", "cli.ts"),
    "--root",
    recorded.root,
  ];
  const options = [
    "--json",
    "--no-record",
    "--now",
    new Date(now).toISOString(),
    "--procfs",
    recorded.procfs,
  ];
  const look = Bun.spawnSync([...command, ...options], { env: { PATH: "/usr/bin:/bin", ...recorded.env } });
  const when = `${phase}${isLate ? "+1h" : ""}`.padEnd(9);
  const parsed = Report.safeParse(parseJson(look.stdout.toString()));
  if (!parsed.success) return { agrees: false, text: `${when} no report: ${look.stderr.toString().trim()}` };
  const allowed = allowedHealth({ ...recorded, ...recorded.manifest, label, isLate });
  const [task] = parsed.data.tasks;
  const { progress: steps } = recorded.manifest.expect;
  const hasSteps =
    steps === undefined || (task?.progress?.done === steps[0] && task.progress.total === steps[1]);
  const said = task === undefined ? "no task" : `${task.health} (${task.message ?? ""})`;
  const agrees =
    parsed.data.tasks.length === 1 && task !== undefined && allowed.includes(task.health) && hasSteps;
  const wrongSteps = hasSteps
    ? ""
    : `; steps ${JSON.stringify(task?.progress ?? null)}, not ${steps?.join("/")}`;
  const count = parsed.data.tasks.length > 1 ? `; ${parsed.data.tasks.length} tasks` : "";
  return {
    agrees,
    text: `${when} ${said} | ${label}${agrees ? "" : ` => ${allowed.join(", ") || "?"}`}${wrongSteps}${count}`,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
