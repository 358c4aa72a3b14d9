import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Destination, Secrets } from '../../../domain/export/destination.ts';
import { type Receiver, startReceiver } from '../../../testing/receiver.ts';
import { type Rsyslog, rsyslogMissing, startRsyslog } from '../../../testing/rsyslog.ts';
import { openSink, type StreamDestination } from './open.ts';
import type { Outgoing } from './sink.ts';

const settings = {
  ...{ networks: ['127.0.0.0/8'], hostname: 'parapet.example', region: 'local-1' },
  clock: { now: () => Date.now() },
};
const never = new AbortController().signal;

const record = (sequence: number, text = `{"eventID":"e-${sequence}"}`): Outgoing => ({
  ...{ eventId: `e-${sequence}`, accountId: '111122223333', sequence, position: sequence, text },
  ...{ time: 1_767_323_045_678, name: 'Decrypt', outcome: 'success' },
});
const records = (count: number) => Array.from({ length: count }, (_, index) => record(index + 1));

function send(destination: StreamDestination, secrets: Secrets, batch: readonly Outgoing[]) {
  const sink = openSink(destination, secrets, settings);
  return sink.send(batch, never).finally(() => sink.close());
}

describe('HTTP', () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => receiver.stop());
  const at = () => ({ Url: receiver.url, Ca: receiver.ca });
  const otlp = (): Extract<Destination, { kind: 'Otlp' }> => ({ kind: 'Otlp', ...at() });
  const elasticsearch = (): Extract<Destination, { kind: 'Elasticsearch' }> => ({
    ...{ kind: 'Elasticsearch', Index: 'audit' },
    ...at(),
  });

  it('OTLP is sent as JSON, packed, with its authorization', async () => {
    await send(otlp(), { Authorization: 'Bearer token' }, records(2));
    const [request] = receiver.received;
    expect(request).toMatchObject({
      path: '/in',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip', authorization: 'Bearer token' },
    });
    const { resourceLogs } = JSON.parse(gunzipSync(request!.body).toString());
    expect(resourceLogs[0].resource.attributes).toContainEqual({
      key: 'service.name',
      value: { stringValue: 'parapet' },
    });
    expect(resourceLogs[0].scopeLogs[0].logRecords[0]).toEqual({
      ...{ timeUnixNano: '1767323045678000000', observedTimeUnixNano: '1767323045678000000' },
      ...{ severityNumber: 9, severityText: 'INFO', eventName: 'Decrypt' },
      body: { stringValue: '{"eventID":"e-1"}' },
      attributes: [
        { key: 'log.record.uid', value: { stringValue: 'e-1' } },
        { key: 'cloud.account.id', value: { stringValue: '111122223333' } },
        { key: 'parapet.audit.sequence', value: { intValue: '1' } },
      ],
    });
  });

  it('OTLP that rejects some records has refused the batch', async () => {
    receiver.answer = () => ({ json: { partialSuccess: { rejectedLogRecords: '1', errorMessage: 'no' } } });
    await expect(send(otlp(), {}, records(2))).rejects.toMatchObject({
      ...{ kind: 'refused', message: 'it rejected 1 of 2 records' },
    });
  });

  const bulk = (...statuses: number[]) => ({
    json: {
      errors: true,
      items: statuses.map((status) => ({ create: { status, error: { type: 'some_exception' } } })),
    },
  });

  it('Elasticsearch gets each record created under its event id', async () => {
    receiver.answer = () => bulk(201, 201);
    await send(elasticsearch(), {}, records(2));
    const [{ path, body } = { path: '', body: Buffer.alloc(0) }] = receiver.received;
    expect(path).toBe('/in/_bulk');
    expect(body.toString()).toBe(
      '{"create":{"_index":"audit","_id":"e-1"}}\n{"eventID":"e-1"}\n{"create":{"_index":"audit","_id":"e-2"}}\n{"eventID":"e-2"}\n',
    );
  });

  it.each([
    ['there already', bulk(201, 409), undefined],
    ['refused', bulk(400, 201), { kind: 'refused', message: 'it refused 1 of 2 records: some_exception' }],
    ['put off', bulk(400, 429), { kind: 'away', message: 'it answered a record with status 429' }],
    ['for an index that is blocked', bulk(403, 403), { kind: 'away', message: 'it answered a record with status 403' }],
    ['for an index that is absent', bulk(404, 404), { kind: 'away' }],
    ['not mentioned', bulk(201), { kind: 'away' }],
    ['in an answer that is none', {}, { kind: 'away' }],
  ])('Elasticsearch, a record that is %s', async (_, reply, failure) => {
    receiver.answer = () => reply;
    const sent = send(elasticsearch(), {}, records(2));
    if (failure) await expect(sent).rejects.toMatchObject(failure);
    else await sent;
  });

  it.each([
    [200, undefined],
    [302, 'away'],
    [400, 'refused'],
    [401, 'away'],
    [413, 'refused'],
    [500, 'away'],
  ])('status %i', async (status, kind) => {
    receiver.answer = () => ({ status, headers: { location: 'https://169.254.169.254/' } });
    const sent = send({ kind: 'Webhook', ...at() }, { HmacKey: 'k'.repeat(16) }, records(1));
    if (kind) await expect(sent).rejects.toMatchObject({ kind, message: `it answered with status ${status}` });
    else await sent;
    expect(receiver.received).toHaveLength(1);
  });
});

const missing = rsyslogMissing();

describe.skipIf(missing !== undefined)(missing === undefined ? 'rsyslog' : `rsyslog (skipped: ${missing})`, () => {
  let rsyslog: Rsyslog;
  beforeAll(async () => {
    rsyslog = await startRsyslog();
  });
  afterAll(() => rsyslog?.stop());

  const to = (ClientCertificate: string): StreamDestination => ({
    ...{ kind: 'Syslog', Host: '127.0.0.1', Port: rsyslog.port, Ca: rsyslog.ca, ClientCertificate },
    ServerName: 'rsyslog.example',
  });
  const sendAs = (who: 'client' | 'stranger', batch: readonly Outgoing[]) =>
    send(to(rsyslog[who].certificatePem), { ClientKey: rsyslog[who].privateKeyPem }, batch);

  it('has every message, in order and as it was sent', async () => {
    const batch = records(500);
    await sendAs('client', batch);
    await expect.poll(() => rsyslog.lines().length, { timeout: 10_000 }).toBe(500);
    const lines = rsyslog.lines();
    expect(lines.map((line) => line.slice(line.indexOf('] ') + 2))).toEqual(batch.map(({ text }) => text));
    expect(lines[0]).toContain('parapet.example parapet - Decrypt [audit@32473 idx="1" id="e-1" acct="111122223333"]');
  });

  it.each(['stranger', 'nobody'] as const)('has what it was sent by a %s, or the batch failed', async (who) => {
    const [message = record(0)] = [record(7, `{"eventID":"from-${who}"}`)];
    const sent =
      who === 'nobody'
        ? send({ ...to(''), ClientCertificate: undefined } as StreamDestination, {}, [message])
        : sendAs(who, [message]);
    const delivered = await sent.then(
      () => true,
      () => false,
    );
    const isThere = () => rsyslog.lines().some((line) => line.includes(message.text));
    if (delivered) await expect.poll(isThere, { timeout: 10_000 }).toBe(true);
    if (who === 'nobody') expect(delivered).toBe(false);
  });

  it('with a certificate for another name is not believed', async () => {
    const other = { ...to(rsyslog.client.certificatePem), ServerName: 'another.example' } as StreamDestination;
    await expect(send(other, { ClientKey: rsyslog.client.privateKeyPem }, records(1))).rejects.toMatchObject({
      message: 'its certificate is for another name',
    });
  });

  it('that is down has nothing, and has everything when it is back', async () => {
    const before = rsyslog.lines().length;
    await rsyslog.terminate();
    await expect(sendAs('client', records(3))).rejects.toMatchObject({ message: 'it refuses connections' });
    await rsyslog.start();
    await sendAs('client', records(3));
    await expect.poll(() => rsyslog.lines().length - before, { timeout: 10_000 }).toBe(3);
  });
});
