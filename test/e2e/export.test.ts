/** The record leaves the building: to a real rsyslog over TLS, a webhook, and an archive; and is reconciled. */
import { appendFileSync, copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Receiver, startReceiver } from '../../services/audit/testing/receiver.ts';
import { type Rsyslog, startRsyslog } from '../../services/audit/testing/rsyslog.ts';
import { environment, eventually, run } from '../harness/clients.ts';
import { createAccount, type Person, uniqueName } from '../harness/people.ts';
import { root } from '../harness/server.ts';
import { native } from '../harness/signed.ts';

const server = inject('server');

/** An account of its own, so that nobody else's requests are in its log. */
let owner: Person;
let rsyslog: Rsyslog;
let receiver: Receiver;

beforeAll(async () => {
  owner = await createAccount(server);
  rsyslog = await startRsyslog();
  receiver = await startReceiver();
});
afterAll(async () => {
  await rsyslog?.stop();
  await receiver?.stop();
});

async function ask(path: string, input: object): Promise<Record<string, unknown>> {
  const answer = await native(server, path, input, { credentials: owner.credentials });
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.text}`);
  return answer.json();
}

const createExport = async (Destination: object, Format: string) => {
  const Name = uniqueName('export');
  await ask('/v1/audit/create-export', { Name, Format, Destination });
  return Name;
};
interface Described {
  Status: { Cursor: number; DeliveredRecords: number; LastError?: string };
}

const describeExport = async (Name: string) => (await ask('/v1/audit/describe-export', { Name })).Export as Described;

async function load(count: number): Promise<void> {
  for (let done = 0; done < count; done++) await ask('/v1/kms/list-keys', {});
}

/** Every request until now was sent. */
async function caughtUp(name: string): Promise<void> {
  const { Sequence } = (
    await native(server, '/v1/audit/head', {}, { method: 'GET', credentials: owner.credentials })
  ).json() as {
    Sequence: number;
  };
  await eventually(async () => (await describeExport(name)).Status.Cursor > Sequence, 60_000);
}

function reconcile(...words: string[]) {
  const command = join(root, 'dist/bin/parapet.js');
  return run(process.execPath, [command, 'audit', 'reconcile', ...words], environment(server, owner.credentials));
}

describe('rsyslog over TLS', () => {
  const destination = () => ({
    Syslog: {
      ...{ Host: '127.0.0.1', Port: rsyslog.port, ServerName: 'rsyslog.example', Ca: rsyslog.ca },
      ...{ ClientCertificate: rsyslog.client.certificatePem, ClientKey: rsyslog.client.privateKeyPem },
      MaxMessageBytes: 65_536,
    },
  });

  it('gets every record, also those of the time when it was down or stood still, and the log agrees', async () => {
    const name = await createExport(destination(), 'cloudtrail');
    await load(5);
    await caughtUp(name);
    expect(JSON.stringify(await describeExport(name))).not.toContain('PRIVATE KEY');

    await rsyslog.terminate();
    await load(5);
    // What was under way when it went down has another word for it.
    await eventually(async () => (await describeExport(name)).Status.LastError === 'it refuses connections', 30_000);
    await rsyslog.start();
    await ask('/v1/audit/resume-export', { Name: name });
    await caughtUp(name);

    rsyslog.freeze(true);
    await load(5);
    rsyslog.freeze(false);
    await caughtUp(name);

    const sequences = rsyslog.lines().map((line) => Number(/ idx="(\d+)"/.exec(line)?.[1]));
    // In order; what was sent again after a failure comes again in order.
    const firsts = sequences.filter((sequence, index) => sequences.indexOf(sequence) === index);
    expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
    const whole = await reconcile('--export', name, '--lines', rsyslog.file);
    expect(whole).toMatchObject({ code: 0 });
    expect(whole.stdout).toMatch(/^ok: \d+ records, all are there as they were sent/);
    await ask('/v1/audit/delete-export', { Name: name });
  });

  it('that lost a line, changed one or has one too many is found out', async () => {
    const name = await createExport(destination(), 'native');
    const before = rsyslog.lines().length;
    await load(3);
    await caughtUp(name);
    await ask('/v1/audit/pause-export', { Name: name });
    const lines = await eventually(async () => {
      const { DeliveredRecords } = (await describeExport(name)).Status;
      // The export of the test before may have come as late.
      const found = rsyslog
        .lines()
        .slice(before)
        .filter((line) => line.includes('"x":{"boot":'));
      return found.length >= DeliveredRecords ? found : undefined;
    });
    const file = `${rsyslog.file}.kept`;
    const check = async (kept: readonly string[]) => {
      writeFileSync(file, `${kept.join('\n')}\n`);
      const { code, stdout } = await reconcile('--export', name, '--lines', file, '--output', 'json');
      return { code, ...JSON.parse(stdout) };
    };
    expect(await check(lines)).toMatchObject({ code: 0, missing: [], changed: [], extra: [] });
    const idOf = (line: string) => /"eventID":"([^"]+)"/.exec(line)?.[1];
    expect(await check(lines.slice(1))).toMatchObject({ code: 4, missing: [idOf(lines[0]!)] });
    const changed = [lines[0]!.replace('"readOnly":', '"readonly":'), ...lines.slice(1)];
    expect(await check(changed)).toMatchObject({ code: 7, changed: [idOf(lines[0]!)] });
    const alien = lines[0]!.replace(/"eventID":"[^"]+"/, '"eventID":"019a0c1e-7b00-7000-8000-00000000dead"');
    expect(await check([...lines, alien])).toMatchObject({ code: 7, extra: ['019a0c1e-7b00-7000-8000-00000000dead'] });
    expect(await check([...lines, lines[0]!])).toMatchObject({ code: 0, duplicates: [idOf(lines[0]!)] });
    await ask('/v1/audit/delete-export', { Name: name });
  });
});

describe('a webhook', () => {
  it('gets every record in order, over errors', async () => {
    let failures = 2;
    receiver.answer = () => (failures-- > 0 ? { status: 500 } : {});
    const HmacKey = 'a key that nobody sees again';
    const name = await createExport({ Webhook: { Url: receiver.url, Ca: receiver.ca, HmacKey } }, 'ocsf');
    await load(3);
    await caughtUp(name);
    await ask('/v1/audit/pause-export', { Name: name });
    expect(JSON.stringify(await describeExport(name))).not.toContain(HmacKey);
    const accepted = receiver.received.slice(2).flatMap(({ body }) => body.toString('utf8').trimEnd().split('\n'));
    const sequences = accepted.map((line) => JSON.parse(line).metadata.sequence);
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    const file = join(server.dataFolder, `${name}.ndjson`);
    writeFileSync(file, '');
    for (const line of accepted) appendFileSync(file, `${line}\n`);
    expect(await reconcile('--export', name, '--lines', file)).toMatchObject({ code: 0 });
    await ask('/v1/audit/delete-export', { Name: name });
  });
});

describe('an archive', () => {
  it('has files that the log agrees with, each record once', async () => {
    const name = await createExport({ Archive: { Store: 'archive', DeliverSeconds: 1 } }, 'cloudtrail');
    await load(3);
    await caughtUp(name);
    const folder = join(server.dataFolder, 'archive', 'AWSLogs', owner.accountId);
    const whole = await reconcile('--export', name, '--folder', folder, '--output', 'json');
    expect({ code: whole.code, ...JSON.parse(whole.stdout) }).toMatchObject({
      code: 0,
      duplicates: [],
      extra: [],
    });
    const [path] = (readdirSync(folder, { recursive: true }) as string[]).filter((one) => one.endsWith('.json.gz'));
    const { Records } = JSON.parse(gunzipSync(readFileSync(join(folder, path!))).toString('utf8'));
    expect(Records[0]).toMatchObject({ eventVersion: '1.11', recipientAccountId: owner.accountId });
    copyFileSync(join(folder, path!), join(folder, path!.replace('.json.gz', '-again.json.gz')));
    const twice = await reconcile('--export', name, '--folder', folder, '--output', 'json');
    expect(JSON.parse(twice.stdout).duplicates).toHaveLength(Records.length);
    await ask('/v1/audit/delete-export', { Name: name });
  });
});
