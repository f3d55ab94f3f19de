/**
 * The endpoint for those who watch: `/metrics` for Prometheus, `/healthz` (is it alive), `/readyz` (should it get
 * connections, and what is wrong, in words). It has no secret to tell and asks for no password: keep it on loopback or
 * in a network of your own.
 */

import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Health } from './health.ts';
import type { Log } from './log.ts';

export interface HealthServerOptions {
  readonly address: string;
  readonly port: number;
  readonly metrics: () => Promise<string>;
  readonly ready: () => Promise<Health>;
  /** Whether any worker answers. */
  readonly alive: () => Promise<boolean>;
  readonly log: Log;
  /** Wait before the port is tried again. */
  readonly retryMs: number;
}

/** The type of Prometheus' text format. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const LISTENER = 'metrics';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export class HealthServer {
  readonly #options: HealthServerOptions;
  readonly #server: Server;
  readonly #pages: ReadonlyMap<string, () => Promise<Answer>>;
  #retry: NodeJS.Timeout | undefined;
  #complained = false;

  constructor(options: HealthServerOptions) {
    this.#options = options;
    // However often it is asked, the workers are asked once at a time.
    this.#pages = new Map([
      ['/metrics', shared(async () => ({ status: 200, type: METRICS_TYPE, body: await options.metrics() }))],
      ['/readyz', shared(async () => readiness(await options.ready()))],
      ['/healthz', shared(async () => liveness(await options.alive()))],
    ]);
    this.#server = createServer((request, response) => {
      this.#answer(request.method ?? '', request.url ?? '', response).catch((error: unknown) => {
        options.log.error('fault', { listener: LISTENER, error });
        response.destroy();
      });
    });
    this.#server.on('listening', () => this.#opened());
    this.#server.on('error', (error) => this.#failed(error));
  }

  /**
   * Begins to listen. A port that is taken is tried again and again: mail does not wait for its metrics, and beside a
   * gateway that is about to end a new one gets the port when the old one drains.
   */
  open(): void {
    const { address, port } = this.#options;
    this.#server.listen({ host: address, port });
  }

  /** The port that it has, once it is open. */
  get port(): number | undefined {
    const bound = this.#server.address();
    return bound === null || typeof bound === 'string' ? undefined : bound.port;
  }

  /** Gives the port back and ends all connections. */
  close(): void {
    clearTimeout(this.#retry);
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #opened(): void {
    const { address, port, log } = this.#options;
    log.info('listener.opened', { listener: LISTENER, address, port });
  }

  #failed(error: Error): void {
    const { address, port, log, retryMs } = this.#options;
    if (!this.#complained) log.error('listener.failed', { listener: LISTENER, address, port, error });
    this.#complained = true;
    if (this.#server.listening) return;
    this.#retry = setTimeout(() => this.open(), retryMs);
  }

  async #answer(method: string, url: string, response: ServerResponse): Promise<void> {
    const page = this.#pages.get(url.replace(/\?.*$/s, ''));
    if (page === undefined) return send(response, text(404, 'try /metrics, /healthz or /readyz\n'));
    if (method !== 'GET' && method !== 'HEAD') return send(response, text(405, 'only GET and HEAD\n'));
    send(response, await page(), method === 'HEAD');
  }
}

function readiness(health: Health): Answer {
  return { status: health.status === 'unready' ? 503 : 200, type: 'application/json', body: json(health) };
}

function liveness(alive: boolean): Answer {
  const status = alive ? 'alive' : 'no worker answers';
  return { status: alive ? 200 : 503, type: 'application/json', body: json({ status }) };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body };
}

function send(response: ServerResponse, { status, type, body }: Answer, headOnly = false): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(headOnly ? undefined : body);
}

/** Work that is under way is shared by all who ask for it meanwhile. */
function shared<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= work().finally(() => (running = undefined));
    return running;
  };
}
