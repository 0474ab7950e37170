import { join } from "node:path";

/** Where the project keeps its logs, from the root. */
export const logsFolder = join(".agents", "logs");
/** The monitor's own log, which lies among them. */
export const eventLogName = "background_monitoring.jsonl";

/** Whether `path` is a log called `name`, or an archived part of it. */
export function isNamed(path: string, name: string): boolean {
  const file = path.split("/").at(-1) ?? "";
  const [stem] = name.split(".");
  return new RegExp(`^${stem}([._-][\\w.-]*)?\\.jsonl(\\.\\d+)?(\\.gz)?$`).test(file);
}
