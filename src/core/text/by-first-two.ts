/** Things by the first two characters of their name. */
export class ByFirstTwo<Thing> {
  private readonly things = new Array<Thing[] | undefined>(128 * 128);

  /** Of two that begin alike the one entered first is tried first. */
  enter(name: string, thing: Thing, cases?: "any case"): void {
    for (const begin of cases === undefined ? [name] : inAnyCase(name.charAt(0), name.charAt(1))) {
      const place = placeOf(begin.charCodeAt(0), begin.charCodeAt(1));
      const things = this.things[place];
      if (things === undefined) this.things[place] = [thing];
      else things.push(thing);
    }
  }

  /** Those that may begin at a place; undefined where there are none. */
  at(text: string, place: number): readonly Thing[] | undefined {
    return this.things[placeOf(text.charCodeAt(place), text.charCodeAt(place + 1))];
  }
}

function inAnyCase(first: string, second: string): Set<string> {
  const [a, b] = [first.toUpperCase(), second.toUpperCase()];
  return new Set([first + second, a + second, first + b, a + b]);
}

function placeOf(first: number, second: number): number {
  return first < 128 && second < 128 ? first * 128 + second : 0;
}
