// `.agents/logs/*.jsonl`: the project's profiling data, written by launchers and agents' plugins (format notes of
// 2026-11). Requests and results become delegations, challenges and tool calls become events. The monitor's own event
// log lies in the same folder and is never evidence. Rotation is normal: what was renamed, copied or packed away is the
// earlier part of its log.
import type { Source } from "../source.ts";

export const agentLogs: Source = {
  id: "agent_logs",
  kind: "log",
  collect: async (context) => (await import("./session.ts")).readAgentLogs(context),
};
