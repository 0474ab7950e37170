import { agentLogs } from "./agent-logs/index.ts";
import { opencode } from "./opencode/index.ts";
import type { Source } from "./source.ts";

/** Every system that leaves evidence, in the order in which the report names them. */
export const sources: readonly Source[] = [agentLogs, opencode];
