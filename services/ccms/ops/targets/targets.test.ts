/** Targets over a real PostgreSQL server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresSubject, postgresSubject } from '../../targets/testing/postgres-subject.ts';
import { document, failure, NO_POLICY, OTHER_ACCOUNT, type VaultClient, VaultHarness } from '../../testing/harness.ts';
import { withTarget } from './connection.ts';

const ACCOUNT = '111122223333';

let vault: VaultHarness;
let database: PostgresSubject;
let admin: VaultClient;
let RoleArn: string;

beforeAll(async () => {
  [vault, database] = await Promise.all([VaultHarness.open(), postgresSubject()]);
  admin = vault.user('admin');
  RoleArn = vault.role('rotator');
  const { username, password } = database.settings.admin;
  await admin.CreateSecret({
    Name: 'rotator',
    SecretString: JSON.stringify({ username, password: password.toString() }),
  });
  await admin.CreateSecret({ Name: 'wrong', SecretString: JSON.stringify({ username, password: 'no' }) });
  await admin.CreateSecret({ Name: 'no-json', SecretString: 'rotator' });
}, 60_000);
afterAll(async () => {
  await vault.close();
  await database.stop();
});

const statements = (...all: object[]) => JSON.parse(document(...all)) as object;

let count = 0;
const target = (more: object = {}) => ({
  Name: `shop-${++count}`,
  Engine: 'postgres' as const,
  Endpoints: [{ Host: '127.0.0.1', Port: database.serverPort }],
  Tls: { Mode: 'plain' as const },
  Database: database.settings.database,
  AdminSecretId: 'rotator',
  RoleArn,
  ...more,
});

describe('a target', () => {
  it('is made when the vault could log in, and described without any credential', async () => {
    const input = target({ Description: 'of the shop' });
    const { Target } = await admin.CreateTarget(input);
    expect(Target).toMatchObject({
      Arn: `arn:aws:secretsmanager:local-1:${ACCOUNT}:target:${input.Name}`,
      Description: 'of the shop',
      AdminSecretArn: expect.stringContaining(':secret:rotator-'),
      EnterpriseProjectId: '0',
    });
    expect(await admin.DescribeTarget({ Name: input.Name })).toEqual({ Target });
    const tested = await admin.TestTarget({ Name: input.Name });
    expect(tested).toEqual({ Passed: true, Endpoints: [{ Host: '127.0.0.1', Port: database.serverPort }] });
  });

  it('is not made twice, changed, and deleted', async () => {
    const input = target();
    await admin.CreateTarget(input);
    expect(await failure(admin.CreateTarget(input))).toMatchObject({ code: 'AlreadyExists' });
    const { Target } = await admin.UpdateTarget({ Name: input.Name, Description: 'another' });
    expect(Target).toMatchObject({ Description: 'another', Database: database.settings.database });
    await admin.DeleteTarget({ Name: input.Name });
    expect(await failure(admin.DescribeTarget({ Name: input.Name }))).toMatchObject({ code: 'NotFound' });
  });

  it('is listed in pages, and to its own account only', async () => {
    for (let at = 0; at < 3; at++) await admin.CreateTarget(target({ SkipTest: true }));
    const names: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await admin.ListTargets({ MaxResults: 2, ...(NextToken !== undefined && { NextToken }) });
      names.push(...page.Targets.map(({ Name }) => Name));
      ({ NextToken } = page);
    } while (NextToken !== undefined);
    expect(names).toEqual([...new Set(names)].sort());
    expect(names.length).toBeGreaterThanOrEqual(3);
    const other = vault.user('admin', undefined, OTHER_ACCOUNT);
    expect((await other.ListTargets({})).Targets).toEqual([]);
    expect(await failure(other.DescribeTarget({ Name: names[0] as string }))).toMatchObject({ code: 'NotFound' });
  });

  it('that somebody changed in the database is not used', async () => {
    const { Target } = await admin.CreateTarget(target());
    await vault.tamper((db) =>
      db
        .updateTable('target')
        .set({ endpoints: '[{"Host":"127.0.0.1","Port":1}]' })
        .where('name', '=', Target.Name)
        .execute(),
    );
    expect(await failure(admin.TestTarget({ Name: Target.Name }))).toMatchObject({ code: 'Internal' });
    await vault.tamper((db) => db.deleteFrom('target').where('name', '=', Target.Name).execute());
  });
});

describe('is refused', () => {
  it.each([
    ['a wrong administrative password', { AdminSecretId: 'wrong' }, 'TargetFailed', /refuses the administrative/],
    ['a secret that is no credential', { AdminSecretId: 'no-json' }, 'TargetFailed', /username and password/],
    ['a missing secret', { AdminSecretId: 'missing' }, 'InvalidParameter', /no secret of the account/],
    ['a database that is not there', { Endpoints: [{ Host: '127.0.0.1', Port: 1 }] }, 'TargetFailed', /reached/],
    [
      'an address that is not allowed',
      { Endpoints: [{ Host: '169.254.169.254', Port: 80 }] },
      'TargetFailed',
      /address/,
    ],
    ['a socket of redis with a database', { Engine: 'redis' }, 'InvalidParameter', /not for redis/],
    ['a role of nobody', { RoleArn: `arn:aws:iam::${ACCOUNT}:role/nobody` }, 'InvalidParameter', /does not exist/],
  ])('%s, and nothing is kept', async (_what, more, code, message) => {
    const input = target(more);
    const error = await failure(admin.CreateTarget(input));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(await failure(admin.DescribeTarget({ Name: input.Name }))).toMatchObject({ code: 'NotFound' });
  });

  it('a role of another account, and one that does not trust the vault', async () => {
    const theirs = vault.role('rotator', undefined, OTHER_ACCOUNT);
    expect(await failure(admin.CreateTarget(target({ RoleArn: theirs })))).toMatchObject({ code: 'InvalidParameter' });
    const closed = vault.role('closed', undefined, ACCOUNT, false);
    const error = await failure(admin.CreateTarget(target({ RoleArn: closed })));
    expect(error.message).toMatch(/does not let the vault in/);
  });

  it('a caller who may not hand over the role', async () => {
    const maker = vault.user('maker', statements({ Effect: 'Allow', Action: 'secretsmanager:*', Resource: '*' }));
    expect(await failure(maker.CreateTarget(target()))).toMatchObject({ code: 'AccessDenied' });
    const passing = { Effect: 'Allow', Action: 'iam:PassRole', Resource: RoleArn };
    const toVault = { StringEquals: { 'iam:PassedToService': 'secretsmanager.amazonaws.com' } };
    const all = { Effect: 'Allow', Action: 'secretsmanager:*', Resource: '*' };
    const passer = vault.user('passer', statements(all, { ...passing, Condition: toVault }));
    await passer.CreateTarget(target());
    const elsewhere = { StringEquals: { 'iam:PassedToService': 'kms.amazonaws.com' } };
    const other = vault.user('other', statements(all, { ...passing, Condition: elsewhere }));
    expect(await failure(other.CreateTarget(target()))).toMatchObject({ code: 'AccessDenied' });
  });
});

describe('the administrative secret', () => {
  it('is read in the role of the target, which the record of the read names', async () => {
    await admin.CreateTarget(target());
    const reads = (await vault.records()).filter((record) => record.eventName === 'GetSecretValue');
    expect(reads.at(-1)).toMatchObject({ userIdentity: { type: 'AssumedRole' }, recipientAccountId: ACCOUNT });
  });

  it('stays closed to a role that may not read it', async () => {
    const blind = vault.role('blind', NO_POLICY);
    const error = await failure(admin.CreateTarget(target({ RoleArn: blind })));
    expect(error).toMatchObject({ code: 'TargetFailed' });
    expect(error.message).toMatch(/cannot read/);
  });

  it('is wiped when the work is done, also when it fails', async () => {
    const { Target } = await admin.CreateTarget(target());
    const record = (await vault.deps.targets.byName(ACCOUNT, Target.Name))!;
    let seen: Buffer = Buffer.alloc(0);
    const work = withTarget(vault.deps, record, async (open) => {
      seen = open.admin.password;
      expect(seen.toString()).toBe('rotator');
      throw new Error('stop');
    });
    await expect(work).rejects.toThrow('stop');
    expect(seen.every((byte) => byte === 0)).toBe(true);
  });

  it('is read in one session for a quarter of an hour', async () => {
    const { Target } = await admin.CreateTarget(target());
    const before = vault.roles.opened;
    for (let at = 0; at < 3; at++) await admin.TestTarget({ Name: Target.Name });
    expect(vault.roles.opened).toBe(before);
    vault.kms.advance(14 * 60_000 + 1);
    await admin.TestTarget({ Name: Target.Name });
    expect(vault.roles.opened).toBe(before + 1);
  });
});
