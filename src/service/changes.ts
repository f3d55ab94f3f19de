/**
 * Changes as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): which domains and
 * accounts are to be read anew. A stream begins with `gap`, and has one more whenever changes may have been lost.
 */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServerResponse } from 'node:http';
import { tokenMay } from '#policy/admins/service-tokens.ts';
import type { TokenRecord } from '#policy/ports/tokens.ts';
import { tokenOf, type RecogniseBearer } from './bearer.ts';
import { measure } from './measuring.ts';
import { ProblemError, type Problem } from './problem.ts';
import type { ServiceParts } from './settings.ts';
import type { Change } from '#core/session.ts';

const HEARTBEAT_MS = 15_000;
const MAX_STREAMS = 200;
/** Who reads more slowly than this is behind would rather begin anew. */
const MAX_BEHIND_BYTES = 65_536;

const TOO_MANY: Problem = {
  status: 503,
  title: 'There are too many streams of changes',
  code: 'unavailable',
  headers: { 'retry-after': '30' },
};

interface Stream {
  readonly response: ServerResponse;
  readonly token: TokenRecord;
  /** The Authorization header, to see whether the token still holds. */
  readonly header: string | undefined;
}

export interface ChangeStreams {
  /** Answers a request with a stream. */
  open(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>;
  /** Ends all streams. */
  end(): Promise<void>;
}

/** Makes the streams of one application. The store is watched while there is any. */
export function makeChangeStreams(parts: ServiceParts, bearers: RecogniseBearer): ChangeStreams {
  const streams = new Set<Stream>();
  let watching: Promise<Watch> | undefined;
  let heartbeat: NodeJS.Timeout | undefined;

  const beat = (): void => {
    for (const stream of streams) {
      write(stream, ': alive\n\n');
      void tokenOf(stream.header, bearers, 'look').catch(() => stream.response.end());
    }
  };
  const rest = async (): Promise<void> => {
    if (streams.size > 0) return;
    clearInterval(heartbeat);
    const watched = watching;
    watching = undefined;
    await (await watched)?.stop();
  };

  return {
    async open(request, reply) {
      const header = request.headers.authorization;
      const token = await tokenOf(header, bearers, 'look');
      if (streams.size >= MAX_STREAMS) throw new ProblemError(TOO_MANY);
      if (watching === undefined) {
        watching = watchFor(streams, parts);
        heartbeat = setInterval(beat, HEARTBEAT_MS);
      }
      await watching;
      reply.hijack();
      const { raw: response } = reply;
      const stream = { response, token, header };
      streams.add(stream);
      response.once('close', () => {
        streams.delete(stream);
        rest().catch((error: unknown) => parts.log.error('fault', { error }));
      });
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      write(stream, GAP);
      measure(request, reply, parts.metrics);
      return reply;
    },
    async end() {
      for (const { response } of streams) response.end();
      streams.clear();
      await rest();
    },
  };
}

interface Watch {
  stop(): Promise<void>;
}

function watchFor(streams: ReadonlySet<Stream>, { context }: ServiceParts): Promise<Watch> {
  return context.store.watch({
    onGap: () => {
      for (const stream of streams) write(stream, GAP);
    },
    onChange: (change) => {
      const told = eventOf(change);
      if (told === undefined) return;
      for (const stream of streams) if (tokenMay(stream.token, 'look', told.domain)) write(stream, told.text);
    },
  });
}

const GAP = 'event: gap\ndata: {}\n\n';

function write({ response }: Stream, text: string): void {
  if (response.writableLength > MAX_BEHIND_BYTES) response.destroy();
  else response.write(text);
}

// A session that is told to close is no change of a record.
function eventOf(change: Change): { readonly text: string; readonly domain: string } | undefined {
  if (change.kind === 'session') return undefined;
  const domain = change.kind === 'domain' ? change.domain : change.account.slice(change.account.lastIndexOf('@') + 1);
  const { kind, ...data } = change;
  return { text: `event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`, domain };
}
