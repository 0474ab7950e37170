import { statSync } from "node:fs";
import { join } from "node:path";
import { parseRecord } from "./record.ts";
import { headOf, listFolder } from "./transcript-files.ts";

/**
 * Logs into which a launcher redirected `claude --output-format stream-json`: the files of `.agents/logs` whose first
 * record is a system record of a session. Written before `since`: not opened.
 */
export function findLauncherLogs(root: string, since: number): string[] {
  const folder = join(root, ".agents", "logs");
  return listFolder(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => join(folder, name))
    .filter((path) => (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= since)
    .filter((path) => isClaudeLog(headOf(path)));
}

function isClaudeLog(head: string): boolean {
  const end = head.indexOf("\n");
  const record = end === -1 ? null : parseRecord(head.slice(0, end));
  return record?.type === "system" && record.session_id !== undefined && record.subtype !== undefined;
}
