/** Things by the first two characters of their name, so that a text is asked once at each place which may begin there. */
export class ByFirstTwo<Thing> {
  private readonly things = new Array<readonly Thing[] | undefined>(128 * 128);
  /** 1 where there are any: most places of a text are passed over by this alone. */
  private readonly begins = new Uint8Array(128 * 128);

  /** Of two that begin alike the one entered first is tried first. */
  enter(name: string, thing: Thing, cases?: "any case"): void {
    const [first, second] = [name.charAt(0), name.charAt(1)];
    for (const begin of cases === undefined ? [first + second] : inAnyCase(first, second)) {
      const place = placeOf(begin.charCodeAt(0), begin.charCodeAt(1));
      this.things[place] = [...(this.things[place] ?? []), thing];
      this.begins[place] = 1;
    }
  }

  /** The first place from `from` on at which some may begin; -1 where there is none. */
  next(text: string, from: number): number {
    let first = text.charCodeAt(from);
    for (let at = from; at < text.length - 1; at += 1) {
      const second = text.charCodeAt(at + 1);
      if (this.begins[placeOf(first, second)] === 1) return at;
      first = second;
    }
    return -1;
  }

  /** Those that may begin at a place. */
  at(text: string, place: number): readonly Thing[] {
    return this.things[placeOf(text.charCodeAt(place), text.charCodeAt(place + 1))] ?? [];
  }
}

function inAnyCase(first: string, second: string): Set<string> {
  const [a, b] = [first.toUpperCase(), second.toUpperCase()];
  return new Set([first + second, a + second, first + b, a + b]);
}

function placeOf(first: number, second: number): number {
  return first < 128 && second < 128 ? first * 128 + second : 0;
}
