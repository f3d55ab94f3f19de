import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMetricReadings, metricsText, type MetricReadings } from '#ops/metric-readings.ts';
import { workerMetrics, type MeteredGateway } from '#ops/metrics.ts';
import { supervisorMetrics } from '#ops/supervisor-metrics.ts';

const STATE: MeteredGateway = {
  listeners: [
    { name: 'imap-993', open: true },
    { name: 'sieve-4190', open: false },
  ],
  backendHosts: [{ backend: 'main', host: 'mail.internal', protocol: 'imap', up: false, active: 3 }],
  connections: 5,
  unauthenticated: 2,
  certificateExpiresAt: new Date(1_800_000_000_000),
};

/** The series of a text, without the process. */
async function series(...readings: readonly MetricReadings[]): Promise<ReadonlyMap<string, number>> {
  const lines = (await metricsText(readings)).split('\n').filter((line) => /^\w/.test(line));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at).replace(/,?process="worker-0"/, ''), Number(line.slice(at + 1))];
    }),
  );
}

function has(all: ReadonlyMap<string, number>, expected: Readonly<Record<string, number>>): void {
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, all.get(name)])), expected);
}

test('what a gateway reports is found in the series that it belongs to', async () => {
  const { metrics, read } = workerMetrics(0, () => STATE);
  metrics.connectionAccepted('imap-993');
  metrics.connectionRejected('imap-993', 'max-connections');
  metrics.tlsFailed('imap-993', 'deadline');
  metrics.tlsFailed('imap-993', 'connection closed');
  metrics.tlsFailed('imap-993', 'error:0A00010B:SSL routines::wrong version number');
  metrics.passwordExposed('sieve-4190');
  metrics.loginJudged({ protocol: 'imap', verdict: 'accepted', reason: 'app-password' });
  metrics.loginJudged({ protocol: 'imap', verdict: 'accepted', reason: 'app-password' });
  metrics.loginJudged({ protocol: 'pop3', verdict: 'refused', reason: 'wrong-credentials' });
  metrics.sessionOpened('imap', 'app-password');
  metrics.sessionOpened('imap', 'app-password');
  metrics.sessionClosed('imap', 'app-password');
  metrics.sessionCutOff('announced', 0.03);
  metrics.changesLost();
  metrics.backendLogin({ backend: 'main', host: 'mail.internal', protocol: 'imap' }, true, 0.02);
  metrics.backendLogin({ backend: 'main', host: 'mail.internal', protocol: 'imap' }, false, 5);
  metrics.relayed.client += 10;
  metrics.relayed.backend += 20;
  has(await series(await read()), {
    'postern_connections_accepted_total{listener="imap-993"}': 1,
    'postern_connections_accepted_total{listener="sieve-4190"}': 0,
    'postern_connections_rejected_total{listener="imap-993",reason="max-connections"}': 1,
    'postern_tls_failures_total{listener="imap-993",reason="deadline"}': 1,
    'postern_tls_failures_total{listener="imap-993",reason="closed"}': 1,
    'postern_tls_failures_total{listener="imap-993",reason="handshake"}': 1,
    'postern_passwords_exposed_total{listener="imap-993"}': 0,
    'postern_passwords_exposed_total{listener="sieve-4190"}': 1,
    'postern_logins_total{protocol="imap",verdict="accepted",reason="app-password"}': 2,
    'postern_logins_total{protocol="pop3",verdict="refused",reason="wrong-credentials"}': 1,
    'postern_sessions{protocol="imap",opener="app-password"}': 1,
    'postern_cut_off_seconds_bucket{le="0.025",noticed="announced"}': 0,
    'postern_cut_off_seconds_bucket{le="0.05",noticed="announced"}': 1,
    'postern_cut_off_seconds_count{noticed="compared"}': 0,
    'postern_changes_lost_total{}': 1,
    'postern_backend_login_seconds_count{backend="main",host="mail.internal",protocol="imap"}': 2,
    'postern_backend_failures_total{backend="main",host="mail.internal",protocol="imap"}': 1,
    'postern_relayed_bytes_total{from="client"}': 10,
    'postern_relayed_bytes_total{from="backend"}': 20,
  });
});

test('how the gateway is, is asked at every reading', async () => {
  let state: MeteredGateway | undefined;
  const { read } = workerMetrics(0, () => state);
  assert.equal((await series(await read())).has('postern_connections_open{}'), false);
  state = STATE;
  has(await series(await read()), {
    'postern_connections_open{}': 5,
    'postern_connections_unauthenticated{}': 2,
    'postern_listener_open{listener="imap-993"}': 1,
    'postern_listener_open{listener="sieve-4190"}': 0,
    'postern_backend_up{backend="main",host="mail.internal",protocol="imap"}': 0,
    'postern_backend_sessions{backend="main",host="mail.internal",protocol="imap"}': 3,
    'postern_certificate_expiry_timestamp_seconds{}': 1_800_000_000,
  });
  state = { ...STATE, backendHosts: [], certificateExpiresAt: undefined };
  const later = await series(await read());
  assert.equal(later.has('postern_certificate_expiry_timestamp_seconds{}'), false);
  assert.equal(later.has('postern_backend_up{backend="main",host="mail.internal",protocol="imap"}'), false);
});

test('the store is measured by operation; an audit entry that is lost counts from zero', async () => {
  const { storeAnswered, read } = workerMetrics(0, () => undefined);
  storeAnswered('lookupLogin', 0.0003);
  storeAnswered('lookupLogin', 1, 'STORE_UNAVAILABLE');
  has(await series(await read()), {
    'postern_store_seconds_count{operation="lookupLogin"}': 2,
    'postern_store_seconds_bucket{le="0.0005",operation="lookupLogin"}': 1,
    'postern_store_errors_total{operation="lookupLogin",code="STORE_UNAVAILABLE"}': 1,
    'postern_store_errors_total{operation="appendAudit",code="STORE_UNAVAILABLE"}': 0,
  });
});

test('every process reports its CPU time, memory and descriptors', async () => {
  const all = await series(await workerMetrics(0, () => undefined).read());
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_open_fds']) {
    assert.ok((all.get(`${name}{}`) ?? 0) > 0, name);
  }
  assert.ok((all.get('process_max_fds{}') ?? 0) >= (all.get('process_open_fds{}') ?? Infinity));
  assert.ok((all.get('process_start_time_seconds{}') ?? Infinity) <= Date.now() / 1000);
});

test('readings of several processes, sent as JSON, stay apart in one text', async () => {
  const workers = [0, 1].map((worker) => workerMetrics(worker, () => STATE));
  for (const { metrics } of workers) metrics.loginJudged({ protocol: 'imap', verdict: 'throttled', reason: 'limits' });
  const readSupervisor = supervisorMetrics({ version: '0.1.0', runtime: 'bun 1' });
  const readings = [
    await readSupervisor({ configured: 2, answering: 2, restarts: 4 }),
    ...(await Promise.all(workers.map(({ read }) => read()))),
  ];
  const sent: unknown = JSON.parse(JSON.stringify(readings));
  assert.ok(Array.isArray(sent));
  const text = await metricsText(sent.filter((reading) => isMetricReadings(reading)));
  for (const line of [
    'postern_logins_total{protocol="imap",verdict="throttled",reason="limits",process="worker-0"} 1',
    'postern_logins_total{protocol="imap",verdict="throttled",reason="limits",process="worker-1"} 1',
    'postern_build_info{version="0.1.0",runtime="bun 1",process="supervisor"} 1',
    'postern_workers_configured{process="supervisor"} 2',
    'postern_workers_answering{process="supervisor"} 2',
    'postern_worker_restarts_total{process="supervisor"} 4',
  ]) {
    assert.ok(text.includes(`\n${line}\n`), line);
  }
  assert.equal(text.match(/^# TYPE postern_logins_total counter$/gm)?.length, 1);
});

test('what is no reading is not taken for one', () => {
  for (const value of [undefined, null, 'text', {}, [null], [{ name: 'x' }]])
    assert.equal(isMetricReadings(value), false);
  assert.equal(isMetricReadings([]), true);
});
