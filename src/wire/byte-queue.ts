/** Bytes that have arrived and are not yet used. Knows where a line ends, and nothing else. */

const LF = 0x0a;
const EMPTY = Buffer.alloc(0);
const SMALLEST = 256;

/** A growing buffer read from the front. Every byte is looked at once, however small the pieces it comes in. */
export class ByteQueue {
  #buffer: Buffer = EMPTY;
  #start = 0;
  #end = 0;
  /** Everything before this index is known to hold no LF. */
  #scanned = 0;

  /** How many bytes are waiting. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Appends a copy, so that the caller may use its buffer again. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#end + bytes.length > this.#buffer.length) this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** How many bytes the first line has with its LF, or undefined while it is incomplete. */
  lineLength(): number | undefined {
    const found = this.#buffer.subarray(this.#scanned, this.#end).indexOf(LF);
    if (found < 0) {
      this.#scanned = this.#end;
      return undefined;
    }
    this.#scanned += found;
    return this.#scanned + 1 - this.#start;
  }

  /** Up to `count` bytes from the front, still in the queue: a view that the next call of any other method spoils. */
  peek(count: number): Buffer {
    return this.#buffer.subarray(this.#start, this.#start + Math.min(count, this.length));
  }

  /** Takes up to `count` bytes from the front, as a copy. */
  take(count: number): Buffer {
    const taken = Buffer.from(this.peek(count));
    this.skip(count);
    return taken;
  }

  /** Takes up to `count` bytes from the front, as one character per byte. */
  takeText(count: number): string {
    const text = this.peek(count).toString('latin1');
    this.skip(count);
    return text;
  }

  /** Forgets up to `count` bytes from the front. An emptied queue gives its memory back. */
  skip(count: number): void {
    this.#start += Math.min(count, this.length);
    this.#scanned = Math.max(this.#scanned, this.#start);
    if (this.#start === this.#end) this.clear();
  }

  /** Forgets everything. */
  clear(): void {
    this.#buffer = EMPTY;
    this.#start = 0;
    this.#end = 0;
    this.#scanned = 0;
  }

  // At least doubles what is needed, so that feeding byte by byte copies each byte a constant number of times.
  #makeRoom(more: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(SMALLEST, 2 * (this.length + more)));
    this.#buffer.copy(grown, 0, this.#start, this.#end);
    this.#scanned -= this.#start;
    this.#end -= this.#start;
    this.#start = 0;
    this.#buffer = grown;
  }
}
