/**
 * bcrypt for passwords that people choose, in a thread of its own: a check takes a third of a second on purpose, and
 * meanwhile the event loop has sessions to serve. The thread is started when it is first needed.
 */

import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { Fault } from '#core/fault.ts';
import type { PasswordHasher } from '#policy/ports/password-hasher.ts';

export interface HashingThread extends PasswordHasher {
  /** Ends the thread; what it works on fails. */
  close(): Promise<void>;
}

/** 2^12 rounds: about 0.3 s in 2026. A stored hash says its own. */
const COST = 12;
/** Checks that may wait for their turn: whoever floods the sign-in gets a temporary failure, not our memory. */
const MAX_WAITING = 64;

const Reply = z.union([
  z.object({ id: z.number(), hash: z.string() }),
  z.object({ id: z.number(), right: z.boolean() }),
  z.object({ id: z.number(), fault: z.literal(true) }),
]);
type Reply = z.infer<typeof Reply>;

/** What the thread is asked for. */
export type HashingRequest =
  | { readonly id: number; readonly do: 'hash'; readonly password: string; readonly cost: number }
  | { readonly id: number; readonly do: 'verify'; readonly password: string; readonly hash: string };

/** Prepares the thread. `cost` is for tests. */
export function openHashingThread(cost: number = COST): HashingThread {
  const waiting = new Map<number, (reply: Reply | undefined) => void>();
  let worker: Worker | undefined;
  let last = 0;

  const start = (): Worker => {
    const started = new Worker(new URL('./bcrypt-worker.ts', import.meta.url));
    started.unref();
    started.on('message', (message: unknown) => {
      const reply = Reply.parse(message);
      waiting.get(reply.id)?.(reply);
      waiting.delete(reply.id);
    });
    const ended = (): void => {
      if (worker === started) worker = undefined;
      for (const settle of waiting.values()) settle(undefined);
      waiting.clear();
    };
    started.on('error', ended);
    started.on('exit', ended);
    return started;
  };

  const ask = async (request: (id: number) => HashingRequest): Promise<Reply> => {
    if (waiting.size >= MAX_WAITING) throw new Fault('DEADLINE', 'too many passwords wait to be checked');
    worker ??= start();
    last += 1;
    const id = last;
    const { promise, resolve } = Promise.withResolvers<Reply | undefined>();
    waiting.set(id, resolve);
    worker.ref(); // a check that somebody waits for keeps the process alive
    worker.postMessage(request(id));
    const reply = await promise;
    if (waiting.size === 0) worker?.unref();
    if (reply === undefined) throw new Fault('DEADLINE', 'the thread that checks passwords has ended');
    return reply;
  };

  return {
    async hash(password) {
      const reply = await ask((id) => ({ id, do: 'hash', password, cost }));
      if ('hash' in reply) return reply.hash;
      throw new Fault('USAGE', 'this password cannot be hashed');
    },
    async verify(password, hash) {
      const reply = await ask((id) => ({ id, do: 'verify', password, hash }));
      return 'right' in reply && reply.right;
    },
    close: async () => void (await worker?.terminate()),
  };
}
