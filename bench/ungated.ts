/**
 * The gateway without its gate after a submission login, for one comparison of the bench. Nothing of the program itself
 * can be told to leave the gate out: this starts it after taking the gate from the table that it reads.
 */

import { submission } from '#protocol/submission/module.ts';

Object.defineProperty(submission, 'gate', { value: undefined });
await import('#main.ts');
