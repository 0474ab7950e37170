import { mayBeFolder } from "../folders.ts";
import type { Processes } from "./processes.ts";
import { readProcfs } from "./procfs.ts";
import { readPs } from "./ps.ts";

/**
 * The processes of this machine, or those that `procfs` shows when it is given: `/proc` where it exists, else what `ps`
 * and `lsof` tell (macOS).
 */
export function readProcesses(procfs: string | null, now: number): Processes {
  if (procfs !== null) return readProcfs(procfs, now);
  return mayBeFolder("/proc/self") ? readProcfs("/proc", now) : readPs();
}
