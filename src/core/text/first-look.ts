/**
 * The worst signs that are in a text: printable ASCII, controls as in several lines, or what may vanish or change the rest
 * (ESC, and all that is not ASCII).
 */
export type Signs = "plain" | "lines" | "foreign";

/** What one pass over a text tells: what kinds of signs are in it, and where something that was entered may begin. */
export type FirstLook = {
  readonly signs: Signs;
  /** Some of it may begin an escape that is written out. */
  readonly hasEscapes: boolean;
  /** In order. Nothing begins elsewhere; what begins here is to be compared. */
  readonly places: readonly number[];
};

/** A character in five bits: a letter without its case, any digit, and what else stands in names. */
const bits = 5;
const inKey = 2 ** (3 * bits) - 1;
const inSign = 2 ** bits - 1;
const [control, escaping, foreign] = [1 << bits, 2 << bits, 4 << bits];
const asciiSigns = new Uint8Array(128).map((_, code) => {
  const character = String.fromCharCode(code);
  const sign = /[a-z]/i.test(character) ? code & inSign : signOf(character);
  if (code === 27) return sign | foreign;
  return sign | (code < 32 || code > 126 ? control : /[\\%&]/.test(character) ? escaping : 0);
});

function signOf(character: string): number {
  const kinds = [/[:%|~]/, /\d/, /[_-]/, /\//, /\./];
  const kind = kinds.findIndex((each) => each.test(character));
  return kind === 0 ? 0 : kind === -1 ? inSign : 26 + kind;
}

const none: readonly number[] = [];

/** Looks at each character of a text once, by a table of how names begin. */
export class Beginnings {
  /** For each three characters which may be the fourth: a bit each. */
  private readonly table = new Int32Array(2 ** (3 * bits));

  /** A name of at least two characters, all of them ASCII. */
  enter(name: string): void {
    const [first, second, third, fourth] = [0, 1, 2, 3].map((at) => {
      const sign = asciiSigns[name.charCodeAt(at)];
      return sign === undefined ? null : sign & inSign;
    });
    const key = ((first ?? 0) << (2 * bits)) | ((second ?? 0) << bits);
    const wanted = fourth == null ? -1 : 1 << fourth;
    for (let any = 0; any <= inSign; any += 1)
      if (third === null || any === third) this.table[key | any] = (this.table[key | any] ?? 0) | wanted;
  }

  lookAt(text: string): FirstLook {
    const { table } = this;
    let key = 0;
    let wanted = 0;
    let seen = 0;
    let places: number[] | null = null;
    for (let at = 0; at < text.length; at += 1) {
      const sign = asciiSigns[text.charCodeAt(at)] ?? foreign;
      seen |= sign;
      // A shift takes the last five bits of its right side.
      if ((wanted & (1 << sign)) !== 0 && at > 2) {
        if (places === null) places = [at - 3];
        else places.push(at - 3);
      }
      key = ((key << bits) | (sign & inSign)) & inKey;
      wanted = table[key] ?? 0;
    }
    // Short names may be the last thing in a text.
    if ((wanted & 1) === 1 && text.length > 2) places = [...(places ?? none), text.length - 3];
    const last = table[(key << bits) & inKey] ?? 0;
    if ((last & 1) === 1 && text.length > 1) places = [...(places ?? none), text.length - 2];
    const signs = (seen & foreign) !== 0 ? "foreign" : (seen & control) !== 0 ? "lines" : "plain";
    return { signs, hasEscapes: (seen & escaping) !== 0, places: places ?? none };
  }
}
