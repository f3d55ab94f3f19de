/** The OpenAPI 3.1 document of the API, made from the table of routes and nothing else. */

import { z } from 'zod';
import type { RouteFacts } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

const TOP = {
  openapi: '3.1.0',
  info: {
    title: 'Postern policy service',
    version: '1',
    description:
      'What domains have chosen, what accounts need, app passwords, sessions and audit. Every request carries a bearer ' +
      'token made by `postern token create`; a change made here is in force at once on every gateway.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: 'http://127.0.0.1:8143', description: 'The default listener.' }],
  security: [{ bearer: [] }],
} as const;

const CHANGES = {
  operationId: 'streamChanges',
  summary: 'Changes of domains and accounts, as server-sent events.',
  description:
    'What the token must permit: look. Events: `domain` and `account`, whose data names what is to be read anew; `gap` ' +
    'at the beginning and whenever changes may have been lost: read everything anew.',
  responses: {
    '200': { description: 'The stream.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
  },
} as const;

const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('Stable, for programs.'),
    detail: z.string().optional(),
    errors: z.array(z.object({ at: z.string(), message: z.string() })).optional(),
    instance: z.string().describe('Names this request in the log.'),
  })
  .describe('RFC 9457 problem details.');

/** The document as JSON text, formatted, with a line end. */
export function openApi(routes: readonly RouteFacts[]): string {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  }
  paths['/v1/changes'] = { get: CHANGES };
  const components = {
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    schemas: { Problem: schemaOf(Problem, 'output') },
  };
  return `${JSON.stringify({ ...TOP, paths, components }, undefined, 2)}\n`;
}

function operation(route: RouteFacts): Json {
  const body = schemaOf(route.body, 'input');
  const takesBody = route.method !== 'GET' && Object.keys(propertiesOf(body)).length > 0;
  const needs = Array.isArray(body['required']) && body['required'].length > 0;
  return {
    operationId: route.name,
    summary: route.summary,
    description: `What the token must permit: ${route.task}.`,
    parameters: [...pathParameters(route.path), ...queryParameters(route.query), ...headerParameters(route)],
    ...(takesBody ? { requestBody: { required: needs, content: { 'application/json': { schema: body } } } } : {}),
    responses: {
      [route.status]: success(route),
      default: {
        description: 'What went wrong.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

function success({ status, answer, name }: RouteFacts): Json {
  if (status === 204) return { description: 'Done.' };
  const description = status === 201 ? 'Made.' : 'The answer.';
  const headers = name.endsWith('Domain') ? { headers: { ETag: { schema: { type: 'string' } } } } : {};
  return { description, ...headers, content: { 'application/json': { schema: schemaOf(answer, 'output') } } };
}

function pathParameters(path: string): readonly Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(query: z.ZodType): readonly Json[] {
  const schema = schemaOf(query, 'input');
  return Object.entries(propertiesOf(schema)).map(([name, property]) => ({
    name,
    in: 'query',
    required: false,
    schema: property,
  }));
}

function headerParameters({ idempotent, name }: RouteFacts): readonly Json[] {
  const header = (title: string, description: string): Json => ({
    name: title,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  });
  return [
    ...(idempotent ? [header('Idempotency-Key', 'The same request with the same key is done once, for a day.')] : []),
    ...(name === 'changeDomain' ? [header('If-Match', 'The ETag of what was read: else 412.')] : []),
  ];
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}

function propertiesOf(schema: Json): Json {
  const { properties } = schema;
  return typeof properties === 'object' && properties !== null ? Object.fromEntries(Object.entries(properties)) : {};
}
