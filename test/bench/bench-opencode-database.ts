// Writes the OpenCode database that its benchmark looks at, and what a step of a model adds to it.
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { idAt } from "../unit/sources/opencode/database.ts";

const sessions = 3_000;
const messagesEach = 21;
const partsEach = 4;
const events = 500_000;
const eventBytes = 3_200;
/** How many of the sessions are live, the last ones. */
export const live = 50;
export const now = Date.parse("2026-11-22T14:10:00Z");

/** What a model's step adds to each live session: a message with its call, a minute before the look. */
export function addSteps(path: string, steps: number): void {
  const database = new Database(path);
  const at = now - 60_000 + steps;
  for (let index = sessions - live; index < sessions; index += 1) {
    const message = {
      role: "assistant",
      agent: "build",
      time: { created: at, completed: at },
      finish: "tool-calls",
    };
    const state = {
      status: "completed",
      input: { filePath: `/srv/demo/${steps}.ts` },
      output: "y",
      time: { start: at, end: at },
    };
    const id = `${idAt("msg", at, steps)}${index}`;
    database
      .query("INSERT INTO message VALUES (?, ?, ?, ?, ?)")
      .run(id, `ses_${index}`, at, at, JSON.stringify(message));
    database
      .query("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)")
      .run(
        `${idAt("prt", at, steps)}${index}`,
        id,
        `ses_${index}`,
        at,
        at,
        JSON.stringify({ type: "tool", tool: "read", state }),
      );
  }
  database.close();
}

/** The sessions with their messages and parts, and the events, of which a look reads none. */
export function fill(database: Database, root: string): void {
  database.exec("PRAGMA wal_autocheckpoint=1000; BEGIN");
  const insert = {
    session: database.query(
      "INSERT INTO session VALUES (?, 'p', NULL, 's', ?, '', ?, '1.18.33', NULL, 'build', ?, ?, NULL)",
    ),
    message: database.query("INSERT INTO message VALUES (?, ?, ?, ?, ?)"),
    part: database.query("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)"),
    event: database.query("INSERT INTO event VALUES (?, ?)"),
  };
  const text = "x".repeat(900);
  let counter = 0;
  for (let index = 0; index < sessions; index += 1) {
    const isLive = index >= sessions - live;
    const id = `ses_${index}`;
    const begun = now - (isLive ? 600_000 : (sessions - index) * 3_600_000);
    const directory = isLive ? join(root, ".worktrees", `w${index % live}`) : `/srv/other/${index % 40}`;
    insert.session.run(id, directory, `Session ${index}`, begun, begun + 500_000);
    for (let step = 0; step < messagesEach; step += 1) {
      counter += 1;
      const at = begun + step * 20_000;
      const isUser = step === 0;
      const message = isUser
        ? { role: "user", time: { created: at }, agent: "build" }
        : {
            role: "assistant",
            agent: "build",
            time: { created: at, completed: at + 15_000 },
            finish: step === messagesEach - 1 && !isLive ? "stop" : "tool-calls",
          };
      const messageId = idAt("msg", at, counter % 4_096);
      insert.message.run(messageId + index, id, at, at, JSON.stringify(message));
      const state = {
        status: "completed",
        input: { filePath: `/srv/demo/src/${step}.ts` },
        output: text,
        metadata: {},
        time: { start: at + 100, end: at + 900 },
      };
      const parts = isUser
        ? [{ type: "text", text: "go" }]
        : [
            { type: "step-start" },
            { type: "text", text, time: { start: at, end: at + 50 } },
            { type: "tool", tool: "read", callID: `call_${step}`, state },
            { type: "step-finish", reason: "tool-calls" },
          ];
      for (let place = 0; place < partsEach; place += 1) {
        counter += 1;
        insert.part.run(
          `${idAt("prt", at, counter % 4_096)}${index}.${place}`,
          messageId + index,
          id,
          at,
          at,
          JSON.stringify(parts[place] ?? { type: "patch", files: [] }),
        );
      }
    }
  }
  const event = JSON.stringify({ type: "message.part.updated", text: "y".repeat(eventBytes) });
  for (let index = 0; index < events; index += 1) insert.event.run(`evt_${index}`, event);
  database.exec("COMMIT");
  database.close();
}
