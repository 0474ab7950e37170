import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DayPlan, nine, type Pause } from "./day-plan.ts";
import { hour, minute } from "./sample-clock.ts";

/** The machine is started anew: nothing runs, cron neither. */
export const restart: Pause = { from: nine + 8 * hour, to: nine + 8 * hour + 7 * minute };
const firstBoot = nine - 10 * 24 * hour;

/** What happens to tasks from outside: processes that are killed, a restart, questions, and a loop. */
export function incidents(day: DayPlan): void {
  day.at(nine - minute, (root) => boots(root, firstBoot));
  asks(day, 7_001);
  isBlocked(day);
  goesRound(day);
  isGivenUp(day);
  isKilled(day, 7_002);
  diesOfRestart(day, 7_003, null);
  diesOfRestart(day, 7_004, 8_004);
  // The last of the machine's processes goes with it.
  day.at(restart.from, (root) => boots(root, day.moved(restart.to) - minute));
}

/** A procfs in which only the first process runs. */
function boots(root: string, at: number): void {
  rmSync(join(root, "proc"), { recursive: true, force: true });
  mkdirSync(join(root, "proc"));
  writeFileSync(join(root, "proc/stat"), `cpu  1 1 1 1\nbtime ${Math.floor(at / 1_000)}\n`);
  startProcess(root, 1, "init", 0);
}

function startProcess(root: string, pid: number, name: string, afterBootMs: number): void {
  mkdirSync(join(root, "proc", String(pid)));
  const ticks = Math.floor(afterBootMs / 10);
  writeFileSync(
    join(root, "proc", String(pid), "stat"),
    `${pid} (${name}) S ${"0 ".repeat(18)}${ticks} 0 0\n`,
  );
}

function starts(day: DayPlan, time: number, pid: number, bootedAt: number): void {
  day.at(time, (root) => startProcess(root, pid, "claude", day.moved(time) - bootedAt));
}

const dies = (day: DayPlan, time: number, pid: number) => day.remove(time, `proc/${pid}`);

/** A session of Claude Code that asks for a permission, then a question, and is answered both times. */
function asks(day: DayPlan, pid: number): void {
  const id = day.nextId();
  const [from, to] = [nine + hour + 5 * minute, nine + 4 * hour + 10 * minute];
  const permission = { from: from + 25 * minute, to: from + 51 * minute };
  const question = { from: from + 75 * minute, to: from + 165 * minute };
  const sessionId = "5785944f-8ba6-453c-a22a-ac8e8b037330";
  let count = 0;
  const record = (time: number, type: "user" | "assistant", message: object) => {
    count += 1;
    const about = { uuid: `u${count}`, sessionId, version: "2.1.330", isSidechain: false };
    day.at(time, (root) => {
      const cwd = join(root, ".worktrees", id);
      const file = `.claude/projects/${cwd.replace(/[^a-zA-Z0-9]/g, "-")}/${sessionId}.jsonl`;
      const line = { ...about, cwd, entrypoint: "cli", type, message, timestamp: day.iso(time) };
      day.appendNow(root, time, file, line);
    });
  };
  const calls = (time: number, callId: string, name: string, input: object) =>
    record(time, "assistant", {
      id: `msg_${callId}`,
      role: "assistant",
      content: [{ type: "tool_use", id: callId, name, input }],
      stop_reason: "tool_use",
    });
  const answers = (time: number, callId: string, content: string) =>
    record(time, "user", {
      role: "user",
      content: [{ type: "tool_result", tool_use_id: callId, content }],
    });
  const reads = (begin: number, end: number) => {
    for (let time = begin; time < end; time += 90_000) {
      calls(time, `toolu_${time}`, "Read", { file_path: `src/${time % 97}.ts` });
      answers(time + 800, `toolu_${time}`, `export const part = ${time};`);
    }
  };
  const says = (time: number, status: string, waitingFor?: string) =>
    day.at(time, (root) =>
      day.writeNow(root, time, `.claude/sessions/${pid}.json`, {
        pid,
        sessionId,
        cwd: join(root, ".worktrees", id),
        startedAt: day.moved(from),
        procStart: String(Math.floor((day.moved(from) - firstBoot) / 10)),
        kind: "interactive",
        entrypoint: "cli",
        status,
        ...(waitingFor === undefined ? {} : { waitingFor }),
        statusUpdatedAt: day.moved(time),
        updatedAt: day.moved(time),
      }),
    );
  day.claim(from, id, "running", from, { pid, sessionId });
  starts(day, from, pid, firstBoot);
  says(from, "busy");
  record(from + 1_000, "user", { role: "user", content: "Publish the package" });
  reads(from + 10_000, permission.from);
  calls(permission.from, "toolu_push", "Bash", { command: "git push origin main" });
  says(permission.from + 500, "waiting", "permission prompt");
  says(permission.to, "busy");
  answers(permission.to + 20_000, "toolu_push", "Everything up-to-date");
  reads(permission.to + 60_000, question.from);
  calls(question.from, "toolu_ask", "AskUserQuestion", {
    questions: [{ question: "Publish as 2.0?", options: [] }],
  });
  says(question.from + 500, "waiting", "input needed");
  says(question.to, "busy");
  answers(question.to + 1_000, "toolu_ask", "Yes, as 2.0");
  reads(question.to + 60_000, to);
  record(to, "assistant", {
    id: "msg_last",
    role: "assistant",
    content: [{ type: "text", text: "It is published." }],
    stop_reason: "end_turn",
  });
  day.remove(to + 500, `.claude/sessions/${pid}.json`);
  dies(day, to + 500, pid);
  for (const spell of [permission, question]) {
    day.tells(id, "Waiting", spell.from + 1_000, spell.to);
    day.spell(id, "asked", spell.from, spell.to, true);
  }
  day.finishes(id, { madeAt: from, to: to + 1_000 }, "completed");
}

/** Its launcher says that somebody is to answer. */
function isBlocked(day: DayPlan): void {
  const [id, from] = [day.nextId(), nine + 5 * hour];
  const blocked = { from: from + 12 * minute, to: from + 40 * minute };
  day.claim(from, id, "running", from);
  day.works(id, from, blocked.from);
  day.claim(blocked.from, id, "blocked", from);
  day.claim(blocked.to, id, "running", from);
  day.works(id, blocked.to, from + 70 * minute);
  day.tells(id, "Waiting", blocked.from, blocked.to);
  day.spell(id, "asked", blocked.from, blocked.to, true);
  day.finishes(id, { madeAt: from, to: from + 70 * minute }, "completed");
}

/** Runs the same check with the same answer until its launcher ends it. */
function goesRound(day: DayPlan): void {
  const [id, from] = [day.nextId(), nine + 6 * hour];
  const round = { from: from + 10 * minute, to: from + 50 * minute };
  day.claim(from, id, "running", from);
  day.works(id, from, round.from);
  for (let time = round.from; time < round.to; time += minute)
    day.call(time, id, {
      tool: "bash",
      status: "success",
      args: { command: "bun test src/cart.test.ts" },
      result: "12 tests passed, 1 skipped",
    });
  day.tells(id, "Struggling|Stuck", round.from + 2 * minute, round.to);
  day.tells(id, "Stuck", round.from + 4 * minute, round.to);
  day.spell(id, "struggling", round.from + 2 * minute, round.from + 4 * minute, false);
  day.finishes(id, { madeAt: from, to: round.to }, "failed", { errorMessage: "went in circles" });
}

/** Its worktree is removed while its launcher still says each minute that it runs. */
function isGivenUp(day: DayPlan): void {
  const [id, from] = [day.nextId(), nine + 2 * hour + 50 * minute];
  const goneAt = from + 75 * minute;
  for (let time = from; time < goneAt; time += minute) day.claim(time, id, "running", from);
  day.remove(goneAt, `.worktrees/${id}`);
  day.tells(id, "gone", goneAt, nine + 24 * hour);
  day.begun.delete(id);
}

/** Its process is killed, and nobody writes that down. */
function isKilled(day: DayPlan, pid: number): void {
  const [id, from] = [day.nextId(), nine + 2 * hour + 5 * minute];
  const killedAt = from + 20 * minute + 30_000;
  day.claim(from, id, "running", from, { pid });
  starts(day, from, pid, firstBoot);
  day.works(id, from, killedAt);
  dies(day, killedAt, pid);
  day.ended(id, "failure", null, killedAt);
}

/** Works until the machine is started anew; its launcher may then start it once more. */
function diesOfRestart(day: DayPlan, pid: number, nextPid: number | null): void {
  const [id, from] = [day.nextId(), restart.from - 25 * minute];
  day.claim(from, id, "running", from, { pid });
  starts(day, from, pid, firstBoot);
  day.works(id, from, restart.from);
  const again = restart.to + 7 * minute;
  day.ended(id, "failure", null, restart.from, nextPid === null ? undefined : again);
  if (nextPid === null) return;
  const to = again + 25 * minute;
  day.claim(again, id, "running", again, { pid: nextPid });
  starts(day, again, nextPid, day.moved(restart.to) - minute);
  day.works(id, again, to);
  day.tells(id, "Healthy", again, to);
  dies(day, to, nextPid);
  day.finishes(id, { madeAt: again, to }, "completed", { pid: nextPid });
}
