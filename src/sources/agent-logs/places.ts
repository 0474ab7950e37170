import { join } from "node:path";

/** Where the project keeps its logs, from the root. */
export const logsFolder = join(".agents", "logs");
/** The monitor's own log, which lies among them. */
export const eventLogName = "background_monitoring.jsonl";
