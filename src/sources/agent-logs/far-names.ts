/** A Bloom filter as it is kept: its bits in base 64, and how many names were put in. */
export type PackedNames = { readonly bits: string; readonly count: number };

/** With these one name in 25,000 is taken for one that was put in. */
const bitsEach = 24;
const probes = 8;
const smallest = 256;

/** Names that were put in, in a few bits each: what it does not have was never put in; what it has probably was. */
export class FarNames {
  private constructor(
    private readonly bits: Uint8Array,
    private count: number,
  ) {}

  /** Room for twice `count` names. */
  static empty(count: number): FarNames {
    return new FarNames(new Uint8Array((Math.max(smallest, 2 * count) * bitsEach) / 8), 0);
  }

  static unpack({ bits, count }: PackedNames): FarNames {
    return new FarNames(Buffer.from(bits, "base64"), count);
  }

  pack(): PackedNames {
    return { bits: Buffer.from(this.bits).toString("base64"), count: this.count };
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** Whether more names would make it guess wrong more often. */
  get isFull(): boolean {
    return this.count * bitsEach > this.bits.length * 8;
  }

  has(name: string): boolean {
    if (this.isEmpty) return false;
    const place = this.placesOf(name);
    for (let probe = 0; probe < probes; probe += 1) if (!this.isSet(place(probe))) return false;
    return true;
  }

  add(name: string): void {
    const place = this.placesOf(name);
    let isNew = false;
    for (let probe = 0; probe < probes; probe += 1) {
      const bit = place(probe);
      isNew ||= !this.isSet(bit);
      this.bits[bit >> 3] = (this.bits[bit >> 3] ?? 0) | (1 << (bit & 7));
    }
    if (isNew) this.count += 1;
  }

  private isSet(bit: number): boolean {
    return ((this.bits[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  }

  private placesOf(name: string): (probe: number) => number {
    const [first, second] = [Bun.hash.xxHash32(name, 0), Bun.hash.xxHash32(name, 1)];
    const size = this.bits.length * 8;
    return (probe) => (first + probe * second) % size;
  }
}
