/** The transport of the runtime that we run on. */

import { bunTransport } from './bun.ts';
import { nodeTransport } from './node.ts';
import type { Transport } from './transport.ts';

export const transport: Transport = process.versions['bun'] === undefined ? nodeTransport : bunTransport;
