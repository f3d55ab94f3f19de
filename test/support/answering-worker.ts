/** A worker for tests of the questions to workers: answers, or does what its first argument says instead. */

import { answerQuestions } from '#ops/worker-questions.ts';

const manner = process.argv[2];
if (manner === 'silent') process.on('message', () => {});
else {
  answerQuestions({
    metrics: async () => ({ pid: process.pid }),
    health: async () => {
      if (manner === 'exits') process.exit(3);
      if (manner === 'fails') throw new Error('a bug');
      return [];
    },
  });
}
process.send?.({ kind: 'ready' });
