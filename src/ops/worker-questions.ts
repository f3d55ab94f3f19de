/**
 * Questions of the supervisor to its workers, over their IPC channel, and the answers. A worker that is stuck or gone
 * costs the asker a bounded wait and nothing else.
 */

import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';

/** What a worker can be asked for. */
export type Topic = 'metrics' | 'health';

/** A worker as its supervisor knows it. */
export interface AskedWorker {
  readonly index: number;
  readonly child: ChildProcess;
}

/** What one worker said; undefined when it did not answer in time. */
export interface Answered {
  readonly worker: number;
  readonly answer: unknown;
}

interface Question {
  readonly kind: 'question';
  readonly id: string;
  readonly topic: Topic;
}

interface Reply {
  readonly kind: 'reply';
  readonly id: string;
  readonly answer: unknown;
}

/** Asks all workers at once and waits for each until `waitMs` have passed. */
export async function askWorkers(
  workers: readonly AskedWorker[],
  topic: Topic,
  waitMs: number,
): Promise<readonly Answered[]> {
  return Promise.all(
    workers.map(async ({ index, child }) => ({ worker: index, answer: await ask(child, topic, waitMs) })),
  );
}

/** In a worker: answers each question by what `answers` says about its topic. A failure is no answer. */
export function answerQuestions(answers: Readonly<Record<Topic, () => Promise<unknown>>>): void {
  process.on('message', (message: unknown) => {
    if (!isQuestion(message)) return;
    answers[message.topic]().then(
      (answer) => {
        const reply: Reply = { kind: 'reply', id: message.id, answer };
        if (process.connected) process.send?.(reply);
      },
      () => {},
    );
  });
}

async function ask(child: ChildProcess, topic: Topic, waitMs: number): Promise<unknown> {
  if (!child.connected) return undefined;
  const question: Question = { kind: 'question', id: randomUUID(), topic };
  return new Promise((resolve) => {
    const finish = (answer: unknown): void => {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onExit);
      resolve(answer);
    };
    const onMessage = (message: unknown): void => {
      if (isReply(message) && message.id === question.id) finish(message.answer);
    };
    const onExit = (): void => finish(undefined);
    const timer = setTimeout(onExit, waitMs);
    child.on('message', onMessage).on('exit', onExit);
    child.send(question, (error) => {
      if (error !== null) finish(undefined);
    });
  });
}

function isQuestion(message: unknown): message is Question {
  return isOfKind(message, 'question');
}

function isReply(message: unknown): message is Reply {
  return isOfKind(message, 'reply') && 'id' in message;
}

function isOfKind(message: unknown, kind: string): message is { readonly kind: string } {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === kind;
}
