/** Settings of the store, in which everything that gateways share is kept. */

import { z } from 'zod';
import { fileName, givenOnce, hostname, secretText, text } from './schema-parts.ts';

const hostAndPort = z
  .string()
  .regex(/^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, 'must be a host and a port, like redis-1.internal:6379');

const PASSWORD_GIVEN_TWICE = { message: 'is given twice: keep either password or password_file', path: ['password'] };

const EmbeddedSchema = z.strictObject({
  kind: z.literal('embedded').describe('One file on this machine. Nothing to install.'),
  path: fileName
    .default('/var/lib/postern/postern.db')
    .describe(
      'The database. Its folder must be writable: a few helper files lie beside it. It is made when it is missing.',
    ),
});

const SentinelsSchema = z
  .strictObject({
    master: text.meta({ description: 'The name of the master.', examples: ['mymaster'] }),
    hosts: z
      .array(hostAndPort)
      .min(1)
      .meta({ description: 'The sentinels.', examples: [['sentinel-1.internal:26379']] }),
    username: text.optional().meta({ description: 'Their ACL user, where they have one.', examples: ['postern'] }),
    password: secretText
      .optional()
      .meta({ description: 'The password of the sentinels, where they have one.', examples: ['…'] }),
    password_file: fileName
      .optional()
      .meta({ description: 'File that holds it.', examples: ['/etc/postern/sentinel.password'] }),
  })
  .refine((value) => atMostOnce(value), PASSWORD_GIVEN_TWICE);

const RedisTlsSchema = z
  .strictObject({
    ca_file: fileName.optional().meta({
      description: 'PEM file of the CA that signed the certificate. Default: the CAs of the system.',
      examples: ['/etc/postern/redis-ca.pem'],
    }),
    serverName: hostname
      .optional()
      .meta({ description: 'The name expected in the certificate.', examples: ['redis.internal'] }),
    cert_file: fileName.optional().meta({
      description: 'PEM file with our own certificate, where Redis asks for one.',
      examples: ['/etc/postern/redis-client.pem'],
    }),
    key_file: fileName
      .optional()
      .meta({ description: 'PEM file with its private key.', examples: ['/etc/postern/redis-client.key'] }),
  })
  .refine((value) => (value.cert_file === undefined) === (value.key_file === undefined), {
    message: 'must have both cert_file and key_file, or neither',
  });

const RedisSchema = z
  .strictObject({
    kind: z.literal('redis').describe('A Redis server, alone, with Sentinel, or as a Cluster: for several gateways.'),
    url: z
      .string()
      .regex(
        /^rediss?:\/\/(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/,
        'must be like redis://host:6379, or rediss:// for TLS; user, password and database have settings of their own',
      )
      .optional()
      .meta({ description: 'A single server.', examples: ['redis://redis.internal:6379'] }),
    sentinels: SentinelsSchema.optional().describe('A server that is watched and replaced by Sentinel.'),
    cluster: z
      .array(hostAndPort)
      .min(1)
      .optional()
      .meta({
        description: 'Some nodes of a Cluster; the others are found through them.',
        examples: [['redis-1.internal:6379']],
      }),
    username: text.optional().meta({ description: 'The ACL user.', examples: ['postern'] }),
    password: secretText.optional().meta({ description: 'Its password.', examples: ['…'] }),
    password_file: fileName
      .optional()
      .meta({ description: 'File that holds the password.', examples: ['/etc/postern/redis.password'] }),
    database: z.int().min(0).max(1023).default(0).describe('The number of the database. A Cluster has only 0.'),
    tls: RedisTlsSchema.optional().describe('TLS to Redis. `tls: {}` trusts the CAs of the system.'),
    commandTimeoutMs: z
      .int()
      .min(50)
      .max(30_000)
      .default(1000)
      .describe('An answer that takes longer counts as an outage: the client is asked to try again later.'),
    keyPrefix: z
      .string()
      .regex(/^[A-Za-z0-9:._-]{0,40}$/, 'must be letters, digits and : . _ -')
      .default('postern:1:')
      .describe('The beginning of every key, so that Redis can be shared.'),
  })
  .refine((value) => atMostOnce(value), PASSWORD_GIVEN_TWICE)
  .refine((value) => [value.url, value.sentinels, value.cluster].filter((way) => way !== undefined).length === 1, {
    message: 'must name the server by exactly one of url, sentinels and cluster',
  })
  .refine(({ cluster, database }) => cluster === undefined || database === 0, {
    message: 'must be 0 with a Cluster',
    path: ['database'],
  });

export const StoreSchema = z.discriminatedUnion('kind', [EmbeddedSchema, RedisSchema]);

function atMostOnce(pair: { password?: string | undefined; password_file?: string | undefined }): boolean {
  return (pair.password ?? pair.password_file) === undefined || givenOnce(pair.password, pair.password_file);
}
