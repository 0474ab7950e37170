import { join } from "node:path";
import { z } from "zod";
import type { Problem } from "../../core/problem.ts";
import { names, writtenAt } from "./json-files.ts";
import type { SessionRow } from "./rows.ts";

const SessionFile = z.object({
  // Names files and folders of its own: nothing in it may lead elsewhere.
  id: z.string().regex(/^[\w-]+$/),
  parentID: z.string().nullish(),
  directory: z.string(),
  title: z.string().optional(),
  version: z.string().optional(),
  time: z.object({ created: z.number(), updated: z.number() }),
});
/** A session of the JSON generation. `changedAt`: its last sign of life, epoch milliseconds. */
export type Found = SessionRow & { readonly file: string; readonly changedAt: number };

/** The sessions below `storage`; what is none is pushed to `problems`. */
export function listSessions(
  storage: string,
  now: number,
  read: (path: string) => unknown,
  problems: Problem[],
): Found[] {
  return names(join(storage, "session")).flatMap((project) =>
    names(join(storage, "session", project)).flatMap((name) => {
      const file = join(storage, "session", project, name);
      const value = read(file);
      // Why it could not be read is said already.
      if (value === undefined) return [];
      const session = SessionFile.safeParse(value);
      if (!session.success) {
        const message = "expected a session: id, directory, time.created and time.updated";
        problems.push({ code: "unknown_format", path: file, line: null, column: null, message });
        return [];
      }
      const { id, parentID, directory, title, version, time } = session.data;
      // A new message changes its folder, not the session's file.
      const messagesAt = writtenAt(join(storage, "message", id), time.updated, now);
      return [
        {
          id,
          parentId: parentID ?? null,
          directory,
          title: title ?? null,
          version: version ?? null,
          agent: null,
          createdAt: time.created,
          updatedAt: time.updated,
          file,
          changedAt: messagesAt,
        },
      ];
    }),
  );
}
