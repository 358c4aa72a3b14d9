/** Dynamic credentials of a real PostgreSQL server, with our SDK's wire and our command line. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { logsIn } from '../../services/ccms/targets/testing/subject.ts';
import type { LeasedDatabase } from '../../services/ccms/testing/lease-fixture.ts';
import { adminCredentials, type Credentials, environment, eventually, run } from '../harness/clients.ts';
import { leasedTarget } from '../harness/leased-target.ts';
import { runPage } from '../harness/page.ts';
import { allow, createUser } from '../harness/people.ts';
import { native } from '../harness/signed.ts';
import { readStream } from '../harness/stream.ts';

const server = inject('server');

let database: LeasedDatabase;
let Role: string;

async function ask(path: string, input: object, credentials: Credentials = adminCredentials(server)) {
  const answer = await native(server, path, input as Record<string, unknown>, { credentials });
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.text}`);
  return answer.json();
}

beforeAll(async () => {
  ({ database, role: Role } = await leasedTarget(server));
});
afterAll(() => database?.stop());

const works = ({ Username, Password }: Record<string, unknown>) =>
  logsIn(database, { username: String(Username), password: Buffer.from(String(Password)) });

const stateOf = async (LeaseId: unknown) =>
  ((await ask('/v1/ccms/describe-lease', { LeaseId })).Lease as { State: string }).State;

describe('a dynamic credential', () => {
  it('works with what was answered, is recorded without its password, and is ended within moments', async () => {
    const app = await createUser(server, allow(['secretsmanager:IssueCredential', 'secretsmanager:RenewLease']));
    const issued = await ask('/v1/ccms/issue-credential', { Role, TtlSeconds: 900 }, app.credentials);
    expect(await works(issued)).toBe(true);
    await ask('/v1/ccms/renew-lease', { LeaseId: issued.LeaseId }, app.credentials);
    const isRecorded = async (event: string, what: unknown) =>
      (await readStream(server)).records.some(
        (record) => record.eventName === event && JSON.stringify(record).includes(String(what)),
      );
    await eventually(() => isRecorded('IssueCredential', issued.LeaseId));
    expect(await isRecorded('IssueCredential', issued.Password)).toBe(false);
    await ask('/v1/ccms/revoke-lease', { LeaseId: issued.LeaseId });
    await eventually(async () => (await stateOf(issued.LeaseId)) === 'REVOKED');
    expect(await works(issued)).toBe(false);
    await eventually(() => isRecorded('LeaseEnded', issued.Username));
  });

  it('ends with the user that asked for it', async () => {
    const app = await createUser(server, allow('secretsmanager:IssueCredential'));
    const issued = await ask('/v1/ccms/issue-credential', { Role }, app.credentials);
    expect(await works(issued)).toBe(true);
    const named = { UserName: app.name };
    for (const policy of ((await ask('/v1/iam/list-user-policies', named)).PolicyNames as string[]) ?? [])
      await ask('/v1/iam/delete-user-policy', { ...named, PolicyName: policy });
    await ask('/v1/iam/delete-access-key', { ...named, AccessKeyId: app.credentials.accessKeyId });
    await ask('/v1/iam/delete-user', named);
    await eventually(async () => (await stateOf(issued.LeaseId)) === 'REVOKED', 30_000);
    expect(await works(issued)).toBe(false);
  });

  it('is had and given back at the command line', async () => {
    const parapet = async (...args: string[]) => {
      const words = ['parapet', 'ccms', ...args, '--output', 'json'];
      const ran = await run('npx', words, environment(server, adminCredentials(server)));
      expect(ran).toMatchObject({ code: 0 });
      return JSON.parse(ran.stdout) as Record<string, unknown>;
    };
    const issued = await parapet('issue-credential', '--role', Role, '--ttl-seconds', '300');
    expect(await works(issued)).toBe(true);
    const looked = await parapet('preview-revoke-leases', '--role', Role);
    expect(looked).toMatchObject({ Leases: expect.any(Number) });
    await parapet('revoke-leases', '--role', Role);
    await eventually(async () => (await stateOf(issued.LeaseId)) === 'REVOKED');
    expect(await database.users()).not.toContain(issued.Username);
  });

  it('is issued as the documentation says', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parapet-leases-'));
    const url = new URL(database.url ?? '');
    const path = 'docs/how-to/issue-database-credentials.md';
    const { shown, printed, ...ran } = await runPage(server, path, folder, {
      ...{ PGHOST: '127.0.0.1', PGPORT: url.port, PGDATABASE: url.pathname.slice(1) },
      ...{ PGUSER: decodeURIComponent(url.username), PGPASSWORD: decodeURIComponent(url.password) },
    });
    rmSync(folder, { recursive: true });
    expect(ran).toEqual({ code: 0, stderr: '' });
    expect(shown.length).toBeGreaterThan(3);
    expect(printed).toEqual(shown);
  });
});
