/** JSON bodies: bounded in depth before anything is made of them. Their size is the application's bodyLimit. */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemError } from './problem.ts';

/** Deeper than anything that the API takes. */
const MAX_DEPTH = 16;

/** Puts the parser on the application. */
export function addJsonBody(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request: FastifyRequest, body: string, done) => {
    if (depthOf(body) <= MAX_DEPTH) void parse(request, body, done);
    else done(new ProblemError({ status: 400, title: 'The body is nested too deeply', code: 'malformed' }));
  });
}

// Counts brackets outside strings, which is the depth of any text that is JSON.
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, (depth += 1));
    else if (token === ']' || token === '}') depth -= 1;
  }
  return deepest;
}
