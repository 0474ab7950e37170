import { z } from "zod";

/** A list of which each item is read by itself: one of another shape costs itself, not the list it stands in. */
export function listOf<Item extends z.ZodType>(schema: Item) {
  return z.array(z.unknown()).transform((items) =>
    items.flatMap((item): z.infer<Item>[] => {
      const read = schema.safeParse(item);
      return read.success ? [read.data] : [];
    }),
  );
}
