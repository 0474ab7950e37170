import { readdirSync } from "node:fs";
import { z } from "zod";
import { FollowedFiles, type FileRead as Read } from "../followed-files.ts";
import type { SourceContext } from "../source.ts";
import type { TranscriptState } from "./memory.ts";
import { dialectOf, type FileKind } from "./translate.ts";

const keptVersion = 2;
const Checkpoint = z.object({ version: z.literal(keptVersion), files: z.record(z.string(), z.unknown()) });

/** A file read to its end. */
export type FileRead = Read<TranscriptState>;

/** Claude Code's files in one look. */
export class Files extends FollowedFiles {
  constructor(private readonly look: SourceContext) {
    super(look, Checkpoint.safeParse(look.checkpoint).data?.files ?? {});
  }

  readKind(path: string, kind: FileKind): FileRead | null {
    const dialect = dialectOf(kind, this.look.now);
    return kind === "log" ? this.followLog(path, dialect) : this.follow(path, dialect);
  }

  /** The names in a folder, sorted; none when it is not there. One that may not be listed is a problem. */
  list(folder: string): string[] {
    try {
      return readdirSync(folder).sort();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ENOTDIR") this.unreadable(folder, `cannot be listed (${code})`);
      return [];
    }
  }

  get checkpoint(): unknown {
    return { version: keptVersion, files: this.kept };
  }
}
