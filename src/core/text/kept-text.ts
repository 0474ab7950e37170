import { z } from "zod";
import { plainText } from "./safe-text.ts";

/** Text that a program wrote, in what is kept between runs: as written until then, safe to print when it is put away. */
export const KeptText = z.string().overwrite((raw) => plainText(raw));
