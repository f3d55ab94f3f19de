/** RFC 9112 §3.2: a request with more than one Host line is refused, for proxies and servers differ in which one counts. */

/** Whether a request names one host at most; `rawHeaders` are its names and values in turn, as node:http has them. */
export function namesOneHost(rawHeaders: readonly string[]): boolean {
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  return names.filter((name) => name.toLowerCase() === 'host').length <= 1;
}
