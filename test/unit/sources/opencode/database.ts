import { Database } from "bun:sqlite";

/** An id as OpenCode makes it, at a time in epoch milliseconds. */
export function idAt(prefix: "msg" | "prt", atMs: number, counter: number): string {
  const hex = ((BigInt(atMs) * 4096n + BigInt(counter)) & 0xffff_ffff_ffffn).toString(16).padStart(12, "0");
  return `${prefix}_${hex}${String(counter).padStart(14, "0")}`;
}

/** The tables as OpenCode 1.18.33 makes them, as far as they are read, with WAL on and never checkpointed. */
export function createDatabase(path: string): Database {
  const database = new Database(path, { create: true });
  // No test outlives a power cut: waiting for the disk at each row is what costs most.
  database.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=0;
    CREATE TABLE session (id text PRIMARY KEY, project_id text NOT NULL, parent_id text, slug text NOT NULL, directory text NOT NULL,
      path text, title text NOT NULL, version text NOT NULL, summary_diffs text, agent text, time_created integer NOT NULL,
      time_updated integer NOT NULL, time_archived integer);
    CREATE INDEX session_parent_idx ON session (parent_id);
    CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
    CREATE INDEX message_session_time_created_id_idx ON message (session_id, time_created, id);
    CREATE TABLE part (id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL, time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
    CREATE INDEX part_message_id_id_idx ON part (message_id, id);
    CREATE INDEX part_session_idx ON part (session_id);
    CREATE TABLE todo (session_id text NOT NULL, content text NOT NULL, status text NOT NULL, priority text NOT NULL, position integer NOT NULL,
      time_created integer NOT NULL, time_updated integer NOT NULL, PRIMARY KEY (session_id, position));
    CREATE TABLE event (id text PRIMARY KEY, data text NOT NULL);`);
  return database;
}
