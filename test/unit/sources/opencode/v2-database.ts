import { Database } from "bun:sqlite";
import { join } from "node:path";
import { type Home, now } from "./home.ts";

export const at = (seconds: number) => now + seconds * 1_000;

export type Session = {
  readonly id: string;
  readonly parent?: string;
  readonly title?: string;
  readonly idle?: readonly [number, string];
  /** Whether its turn is claimed, and how often it was resumed; without: the version has no claims. */
  readonly claim?: readonly [boolean, number];
  readonly messages?: readonly (readonly [string, number, object])[];
};

/** Adds the tables of OpenCode 2, as the public sources of 2.0.3 to 2.0.18 have them, with these sessions. */
export function addV2(database: Database, directory: string, sessions: readonly Session[]): Database {
  database.run(`CREATE TABLE session_v2 (id text PRIMARY KEY, project_id text NOT NULL, parent_id text, slug text NOT NULL,
    directory text NOT NULL, title text, version text NOT NULL, time_created integer NOT NULL, time_updated integer NOT NULL,
    time_archived integer, time_suspended integer, time_idle integer, idle_outcome text, idle_error_message text)`);
  const hasClaims = sessions.some(({ claim }) => claim !== undefined);
  if (hasClaims) database.run("ALTER TABLE session_v2 ADD resume_attempts integer DEFAULT 0 NOT NULL");
  database.run(`CREATE TABLE IF NOT EXISTS session_message (id text PRIMARY KEY, session_id text NOT NULL, type text NOT NULL,
    seq integer NOT NULL, time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL)`);
  for (const { id, parent, title, idle, claim, messages = [] } of sessions) {
    database
      .query(
        `INSERT INTO session_v2 VALUES (?, 'p', ?, 's', ?, ?, '2.0.3', ?, ?, NULL, ?, ?, ?, ?${hasClaims ? ", ?" : ""})`,
      )
      .run(
        `ses_${id}`,
        parent === undefined ? null : `ses_${parent}`,
        directory,
        title ?? "Write the importer",
        at(-300),
        at(-10),
        claim?.[0] === true ? at(-300) : null,
        idle === undefined ? null : at(idle[0]),
        idle?.[1] ?? null,
        idle?.[1] === "failed" ? "the model refused" : null,
        ...(hasClaims ? [claim?.[1] ?? 0] : []),
      );
    for (const [seq, [type, seconds, data]] of messages.entries())
      database
        .query("INSERT INTO session_message VALUES (?, ?, ?, ?, ?, ?, ?)")
        .run(`${id}-${seq}`, `ses_${id}`, type, seq, at(seconds), at(seconds), JSON.stringify(data));
  }
  return database;
}

export const user = ["user", -300, { text: "Write it" }] as const;
export const tool = (name: string, state: object, seconds = -60) => ({
  type: "tool",
  id: `call-${name}`,
  name,
  state,
  time: { created: at(seconds) },
});
export const answer = (content: readonly object[], completed?: number) =>
  [
    "assistant",
    -100,
    {
      agent: "build",
      content,
      time: { created: at(-100), ...(completed === undefined ? {} : { completed: at(completed) }) },
    },
  ] as const;

export function fresh(home: Home, sessions: readonly Session[]): void {
  const path = join(home.data, "opencode.db");
  addV2(new Database(path, { create: true }), join(home.root, ".worktrees", "flag"), sessions).close();
}
