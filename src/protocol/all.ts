/** How each protocol is spoken. */

import type { Protocol } from '#core/protocols.ts';
import { imap } from '#protocol/imap/module.ts';
import type { ProtocolModule } from './machine.ts';
import { pop3 } from '#protocol/pop3/module.ts';
import { sieve } from '#protocol/sieve/module.ts';
import { submission } from '#protocol/submission/module.ts';

/** The module of each protocol. */
export const MODULES: Readonly<Record<Protocol, ProtocolModule>> = { imap, pop3, submission, sieve };
