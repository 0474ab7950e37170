import { closeSync } from "node:fs";
import { z } from "zod";
import { Activity } from "../../core/evidence/activity.ts";
import { emptyActivity, observe } from "../../core/evidence/observe.ts";
import { parseJson } from "../../core/text/fields.ts";
import { requireInside } from "../../io/links.ts";
import { NotReadable, openFile, readSmallText } from "../../io/open-file.ts";
import { maxLineBytes } from "../../io/tail.ts";
import type { Followed } from "../followed-file.ts";
import { problemAt } from "../problem-at.ts";
import type { SourceContext } from "../source.ts";
import { ChatMemory, chat, WholeChat } from "./translate.ts";

const Kept = z.object({
  modifiedAt: z.number(),
  sizeBytes: z.number(),
  activity: Activity,
  memory: ChatMemory,
});

/** Reads a chat of the versions that wrote one object into `session-*.json`; read anew whenever it changed. */
export function readWholeChat(
  path: string,
  { root, budget }: Pick<SourceContext, "root" | "budget">,
  kept: unknown,
): Followed<ChatMemory> | { readonly problem: ReturnType<typeof problemAt> } | null {
  try {
    requireInside(path, [root]);
    if (!budget.allows(path)) return null;
    const { fd, stats } = openFile(path);
    closeSync(fd);
    const state = { modifiedAt: stats.mtimeMs, sizeBytes: stats.size };
    const known = Kept.safeParse(kept).data;
    if (known?.modifiedAt === state.modifiedAt && known.sizeBytes === state.sizeBytes)
      return { ...known, newEvents: 0, skippedLines: 0, problems: [], kept: known, isCut: false };
    if (stats.size > maxLineBytes)
      return { problem: problemAt("too_large", path, root, null, "must be smaller than 10 MiB") };
    const whole = WholeChat.safeParse(parseJson(readSmallText(path, maxLineBytes))).data;
    if (whole === undefined)
      return { problem: problemAt("invalid_json", path, root, null, "must be a chat with its messages") };
    const memory = chat.begin();
    const activity = emptyActivity();
    const place = { line: null, fileAt: Math.round(stats.mtimeMs), activity };
    let newEvents = 0;
    const { messages, lastUpdated, ...header } = whole;
    for (const record of [header, ...messages, { $set: { lastUpdated } }])
      for (const event of chat.translate(record, place, memory)?.events ?? []) {
        observe(activity, event);
        newEvents += 1;
      }
    return {
      activity,
      memory,
      newEvents,
      skippedLines: 0,
      problems: [],
      kept: { ...state, activity, memory },
      isCut: false,
    };
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    if (error.code === "vanished") return null;
    return { problem: problemAt(error.code, path, root, null, error.message) };
  }
}
