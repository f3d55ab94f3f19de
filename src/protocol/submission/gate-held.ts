/** Client bytes that are not passed on yet: a line that is cut, or all that must wait for a reply. */
export class HeldBytes {
  /** Undefined while there are none, so that an idle session keeps nothing. */
  #chunks: Buffer[] | undefined;

  get none(): boolean {
    return this.#chunks === undefined;
  }

  get octets(): number {
    return (this.#chunks ?? []).reduce((sum, { length }) => sum + length, 0);
  }

  add(bytes: Buffer): void {
    (this.#chunks ??= []).push(bytes);
  }

  /** Takes all of them, with `more` behind. */
  takeWith(more: Buffer): Buffer {
    const chunks = this.#chunks;
    this.#chunks = undefined;
    if (chunks === undefined) return more;
    const [only] = chunks;
    return chunks.length === 1 && more.length === 0 && only !== undefined ? only : Buffer.concat([...chunks, more]);
  }

  take(): Buffer {
    return this.takeWith(Buffer.alloc(0));
  }

  drop(): void {
    this.#chunks = undefined;
  }
}
