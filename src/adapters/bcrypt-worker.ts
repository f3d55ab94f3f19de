/** The thread of bcrypt-thread.ts: one request at a time, in the order in which they come. */

import { compareSync, hashSync } from 'bcryptjs';
import { parentPort } from 'node:worker_threads';
import type { HashingRequest } from './bcrypt-thread.ts';

parentPort?.on('message', (request: HashingRequest) => parentPort?.postMessage(answer(request)));

function answer(request: HashingRequest): object {
  const { id } = request;
  try {
    if (request.do === 'hash') return { id, hash: hashSync(request.password, request.cost) };
    return { id, right: compareSync(request.password, request.hash) };
  } catch {
    return { id, fault: true };
  }
}
