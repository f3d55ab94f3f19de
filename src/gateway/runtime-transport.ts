/** The transport of the runtime that we run on. */

import { bunTransport } from './transport-bun.ts';
import { nodeTransport } from './transport-node.ts';
import type { Transport } from './transport.ts';

export const transport: Transport = process.versions['bun'] === undefined ? nodeTransport : bunTransport;
