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
  const sign = signOf(code, String.fromCharCode(code));
  if (code === 27) return sign | foreign;
  return (
    sign | (code < 32 || code > 126 ? control : code === 92 || code === 37 || code === 38 ? escaping : 0)
  );
});

// No patterns: they would be the slowest thing before a first look.
function signOf(code: number, character: string): number {
  const small = code | 32;
  if (small >= 97 && small <= 122) return code & inSign;
  if (code >= 48 && code <= 57) return 27;
  const place = ":%|~_-/.".indexOf(character);
  if (place === -1) return inSign;
  return place < 4 ? 0 : place < 6 ? 28 : 23 + place;
}

function signAt(name: string, at: number): number {
  return (asciiSigns[name.charCodeAt(at)] ?? 0) & inSign;
}

const none: readonly number[] = [];

/** Looks at each character of a text once, by a table of how names begin. */
export class Beginnings {
  /** For each three characters which may be the fourth: a bit each. */
  private readonly table = new Int32Array(2 ** (3 * bits));

  /** A name of at least two characters, all of them ASCII. */
  enter(name: string): void {
    const key = (signAt(name, 0) << (2 * bits)) | (signAt(name, 1) << bits);
    const wanted = name.length < 4 ? -1 : 1 << signAt(name, 3);
    const [from, to] = name.length < 3 ? [0, inSign] : [signAt(name, 2), signAt(name, 2)];
    for (let any = from; any <= to; any += 1) this.table[key | any] = (this.table[key | any] ?? 0) | wanted;
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
