// Plans of oh-my-opencode: `.sisyphus/boulder.json` (3.x … 4.1) and `.omo/boulder.json` (4.2 on) name a Markdown plan whose
// checkboxes are the progress, and the sessions that work on it (4.x writes `opencode:ses_…`).
import { isAbsolute, join } from "node:path";
import { z } from "zod";
import { parseJson } from "../../core/text/fields.ts";
import type { Problem } from "../../core/text/problem.ts";
import { requireBelow } from "../../io/links.ts";
import { NotReadable, readSmallText } from "../../io/open-file.ts";

/** Ticked and all boxes of a plan, and the first that is not ticked. */
export type BoxCount = { readonly done: number; readonly total: number; readonly step: string | null };

const planBytes = 1_000_000;
const Boulder = z.object({
  active_plan: z.string(),
  status: z.string().optional().catch(undefined),
  session_ids: z.array(z.string()).default([]),
});

/** The progress of the plan, in `folder` or below `root`, that `sessionId` works on in `folder`; null when there is none. */
export function readBoulder(
  folder: string,
  root: string,
  sessionId: string,
  problems: Problem[],
): BoxCount | null {
  for (const home of [".omo", ".sisyphus"]) {
    const text = readText(join(folder, home, "boulder.json"), problems, [folder, root]);
    if (text === null) continue;
    const boulder = Boulder.safeParse(parseJson(text));
    if (!boulder.success) continue;
    const { active_plan: plan, status, session_ids: sessions } = boulder.data;
    const isOwn = sessions.some((session) => session.replace(/^opencode:/, "") === sessionId);
    if (!isOwn || status === "abandoned") continue;
    const boxes = readText(isAbsolute(plan) ? plan : join(folder, plan), problems, [folder, root]);
    if (boxes !== null) return countBoxes(boxes);
  }
  return null;
}

function countBoxes(text: string): BoxCount | null {
  const boxes = [...text.matchAll(/^\s*[-*] \[([ xX])\] ?(.*)$/gm)];
  if (boxes.length === 0) return null;
  return {
    done: boxes.filter((box) => box[1] !== " ").length,
    total: boxes.length,
    step: boxes.find((box) => box[1] === " ")?.[2]?.trim() ?? null,
  };
}

function readText(path: string, problems: Problem[], roots: readonly string[]): string | null {
  try {
    requireBelow(path, roots);
    return readSmallText(path, planBytes);
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    const { code, message } = error;
    if (code !== "vanished") problems.push({ code, path, line: null, column: null, message });
    return null;
  }
}
