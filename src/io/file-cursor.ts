import { z } from "zod";

/**
 * How far a file was read, and enough of it to notice that it is another one now: device and inode, a hash of its first
 * bytes and of the last ones before `offset`. `line` counts the lines before `offset`; null when reading began inside.
 */
export const FileCursor = z.object({
  device: z.number(),
  inode: z.number(),
  offset: z.number().int().nonnegative(),
  line: z.number().int().nonnegative().nullable(),
  headLength: z.number().int().nonnegative(),
  headHash: z.string(),
  footHash: z.string(),
});
export type FileCursor = z.infer<typeof FileCursor>;
