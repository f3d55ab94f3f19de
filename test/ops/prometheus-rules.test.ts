import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import type { MetricReadings } from '#ops/metric-readings.ts';
import { workerMetrics } from '#ops/metrics.ts';
import { supervisorMetrics } from '#ops/supervisor-metrics.ts';

const FILE = join(import.meta.dirname, '../../deploy/prometheus/postern.rules.yaml');
const OPERATIONS = join(import.meta.dirname, '../../docs/operations.md');

const RulesSchema = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^Postern[A-Z]\w+$/),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+[smh]$/)
            .optional(),
          labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
          annotations: z.strictObject({ summary: z.string().min(10), description: z.string().min(20) }),
        }),
      ),
    }),
  ),
});

const rules = RulesSchema.parse(parse(readFileSync(FILE, 'utf8'))).groups.flatMap((group) => group.rules);

/** Everything that a gateway exports once each thing has happened: the labels of each name. */
async function exported(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { metrics, serviceMetrics, storeAnswered, read } = workerMetrics(0, () => ({
    listeners: [{ name: 'imap-993', open: true }],
    backendHosts: [{ backend: 'main', host: 'mail.internal', protocol: 'imap', up: true, active: 0 }],
    connections: 0,
    unauthenticated: 0,
    certificateExpiresAt: new Date(),
  }));
  metrics.connectionRejected('imap-993', 'made-room');
  metrics.tlsFailed('imap-993', 'deadline');
  metrics.loginJudged({ protocol: 'imap', verdict: 'accepted', reason: 'app-password' });
  metrics.sessionOpened('imap', 'app-password');
  metrics.backendLogin({ backend: 'main', host: 'mail.internal', protocol: 'imap' }, false, 1);
  storeAnswered('lookupLogin', 1, 'STORE_UNAVAILABLE');
  serviceMetrics.requestAnswered({ method: 'GET', route: '/auth/nginx', statusClass: '5xx', seconds: 1 });
  const supervisor = supervisorMetrics({ version: '0', runtime: 'bun 0' });
  const readings: readonly MetricReadings[] = [
    await read(),
    await supervisor({ configured: 1, answering: 1, restarts: 0 }),
  ];
  return new Map([
    ['up', new Set()],
    ...readings.flat().flatMap(({ name, values }) =>
      values.map(({ labels, ...value }) => {
        const own = 'metricName' in value && typeof value.metricName === 'string' ? value.metricName : name;
        return [own, new Set(Object.keys(labels))] as const;
      }),
    ),
  ]);
}

/** What Prometheus itself adds. */
const ADDED_LABELS = ['instance', 'job'];

/** The metrics of an expression, with the labels by which it chooses. */
function metricsIn(expr: string): readonly { name: string; labels: readonly string[] }[] {
  return Array.from(
    expr.matchAll(/\b(up|postern_\w+|process_\w+)\b(?:\{([^}]*)\})?/g),
    ([, name = '', labels = '']) => ({
      name,
      labels: Array.from(labels.matchAll(/(\w+)=/g), ([, label = '']) => label),
    }),
  );
}

test('every metric and label of the alerts is one that the gateway exports', async () => {
  const known = await exported();
  for (const { alert, expr } of rules) {
    const used = metricsIn(expr);
    assert.ok(used.length > 0, alert);
    const grouped = Array.from(expr.matchAll(/by \(([^)]*)\)/g), ([, labels = '']) => labels.split(/,\s*/)).flat();
    for (const { name, labels } of used) {
      const own = known.get(name);
      assert.ok(own !== undefined, `${alert}: ${name} is no metric`);
      for (const label of [...labels, ...grouped]) {
        assert.ok(own.has(label) || ADDED_LABELS.includes(label), `${alert}: ${name} has no label ${label}`);
      }
    }
  }
});

test('an alert names in its words no label that its expression drops', () => {
  for (const { alert, expr, annotations } of rules) {
    const grouped = Array.from(expr.matchAll(/by \(([^)]*)\)/g), ([, labels = '']) => labels.split(/,\s*/)).flat();
    if (grouped.length === 0) continue;
    for (const [, label = ''] of Object.values(annotations)
      .join(' ')
      .matchAll(/\$labels\.(\w+)/g)) {
      assert.ok(grouped.includes(label), `${alert}: ${label}`);
    }
  }
});

test('no two alerts have one name, and the operator is told of each what to do', () => {
  const manual = readFileSync(OPERATIONS, 'utf8');
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  for (const { alert } of rules) assert.ok(manual.includes(alert), `docs/operations.md does not name ${alert}`);
});
