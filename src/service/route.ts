/**
 * One row of the API: method, path, what it needs of the token, and one schema each for query, body and answer, from
 * which requests are read, answers are written and the OpenAPI document is made.
 */

import type { z } from 'zod';
import type { Account } from '#core/identity.ts';
import type { TokenTask } from '#policy/admins/service-tokens.ts';
import type { TokenRecord } from '#policy/ports/tokens.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';

/** What a request is about, from its path. */
export interface Targets {
  readonly none: undefined;
  readonly domain: string;
  readonly account: Account;
}

export type TargetKind = keyof Targets;

export interface Asked<Q, B, T> {
  readonly target: T;
  /** The `{id}` of the path; '' where there is none. */
  readonly id: string;
  readonly query: Q;
  readonly body: B;
  readonly token: TokenRecord;
  /** For the audit: `token:` and its name. */
  readonly actor: string;
  readonly context: PolicyContext;
  /** The If-Match header. */
  readonly ifMatch: string | undefined;
}

/** `etag` without its quotes. */
export interface Answer<A> {
  readonly body: A;
  readonly etag?: string | undefined;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What the OpenAPI document says of a row. */
export interface RouteFacts {
  readonly method: Method;
  /** With `{domain}`, `{account}` and `{id}`. */
  readonly path: string;
  /** The operation's id. */
  readonly name: string;
  readonly summary: string;
  readonly task: TokenTask;
  readonly target: TargetKind;
  /** 204 has no body. */
  readonly status: 200 | 201 | 204;
  /** Takes the header Idempotency-Key: the same request is done once. */
  readonly idempotent: boolean;
  readonly query: z.ZodType;
  readonly body: z.ZodType;
  readonly answer: z.ZodType;
}

/** A row with its types forgotten: what comes in has been read by nobody yet. */
export interface Route extends RouteFacts {
  /** Throws ZodError where query or body do not fit. */
  handle(asked: Asked<unknown, unknown, Targets[TargetKind]>): Promise<Answer<unknown>>;
}

interface Spec<K extends TargetKind, Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType> {
  readonly method: Method;
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly task: TokenTask;
  readonly target: K;
  readonly status?: RouteFacts['status'];
  readonly idempotent?: boolean;
  readonly query: Q;
  readonly body: B;
  readonly answer: A;
  readonly handle: (asked: Asked<z.output<Q>, z.output<B>, Targets[K]>) => Promise<Answer<z.input<A>>>;
}

/** A row about no domain and no account. */
export function plainRoute<Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType>(
  spec: Omit<Spec<'none', Q, B, A>, 'target'>,
): Route {
  return routeOf({ ...spec, target: 'none' }, (target) => (target === undefined ? { target } : undefined));
}

/** A row about a domain. */
export function domainRoute<Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType>(
  spec: Omit<Spec<'domain', Q, B, A>, 'target'>,
): Route {
  return routeOf({ ...spec, target: 'domain' }, (target) => (typeof target === 'string' ? { target } : undefined));
}

/** A row about an account. */
export function accountRoute<Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType>(
  spec: Omit<Spec<'account', Q, B, A>, 'target'>,
): Route {
  return routeOf({ ...spec, target: 'account' }, (target) => (typeof target === 'object' ? { target } : undefined));
}

type Narrow<K extends TargetKind> = (target: Targets[TargetKind]) => { readonly target: Targets[K] } | undefined;

function routeOf<K extends TargetKind, Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType>(
  spec: Spec<K, Q, B, A>,
  narrow: Narrow<K>,
): Route {
  const { status = 200, idempotent = false, query, body, answer } = spec;
  return {
    ...spec,
    status,
    idempotent,
    handle: async (asked) => {
      const narrowed = narrow(asked.target);
      if (narrowed === undefined) throw new TypeError(`${spec.name} was asked about another kind of thing`);
      const read = { ...asked, ...narrowed, query: query.parse(asked.query), body: body.parse(asked.body) };
      const answered = await spec.handle(read);
      // Read once more, so that nothing gets out that the schema does not name.
      return { ...answered, body: answer.parse(answered.body) };
    },
  };
}
