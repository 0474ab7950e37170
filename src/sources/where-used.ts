import { lstatSync } from "node:fs";
import type { SourceId } from "../core/stream.ts";
import { listLauncherLogs } from "./launcher-log.ts";
import { absent, type Source, type SourceContext } from "./source.ts";

/**
 * A source whose code is loaded only where its agent may have left something: most projects know one agent or two, and
 * loading all takes longer than a look at a small project.
 */
export function whereUsed(
  id: SourceId,
  homesOf: (env: SourceContext["env"]) => readonly string[],
  load: () => Promise<Source>,
): Source {
  return {
    id,
    async collect(context) {
      const isUsed = homesOf(context.env).some(exists) || hasAgentsLog(context);
      return isUsed ? (await load()).collect(context) : absent;
    },
  };
}

// A launcher may have kept what an agent printed: its first record says its type, those of the profiling logs have none.
function hasAgentsLog({ root, since }: SourceContext): boolean {
  return listLauncherLogs(root, since).some(
    ({ first }) => typeof first === "object" && first !== null && "type" in first,
  );
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    // What may not be looked at is the source's to tell.
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}
