/** Requests to the policy service of service.ts, and their answers as JSON. */

import assert from 'node:assert/strict';
import { isRecord } from '#config/tree.ts';
import type { TestService } from './service.ts';

export interface Sent {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export type Send = (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, more?: More) => Promise<Sent>;
interface More {
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends requests with one Authorization header. */
export function sender({ app }: TestService, authorization: string): Send {
  return async (method, url, { body, headers } = {}) => {
    const payload = body === undefined ? {} : { payload: body };
    const response = await app.inject({ method, url, headers: { authorization, ...headers }, ...payload });
    const parsed: unknown = response.body === '' ? {} : JSON.parse(response.body);
    assert.ok(isRecord(parsed), response.body);
    return { status: response.statusCode, headers: response.headers, body: parsed };
  };
}

/** Sends requests with a token that may do everything but reveal. */
export async function asAdmin(service: TestService): Promise<Send> {
  return sender(service, await service.bearer('admin', ['admin']));
}

/** The items of a page. */
export function itemsOf({ status, body }: Sent): readonly Readonly<Record<string, unknown>>[] {
  assert.equal(status, 200, JSON.stringify(body));
  const { items } = body;
  assert.ok(Array.isArray(items));
  return items;
}
