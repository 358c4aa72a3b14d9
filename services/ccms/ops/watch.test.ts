/** Following changes: what is told to whom, when it waits, and when one has to start again. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { purgeSecrets } from '../jobs/purge-secrets.ts';
import {
  document,
  failure,
  NO_POLICY,
  OTHER_ACCOUNT,
  toAccount,
  type VaultClient,
  VaultHarness,
} from '../testing/harness.ts';

const ACCOUNT = '111122223333';
let vault: VaultHarness;
let admin: VaultClient;
beforeEach(async () => {
  vault = await VaultHarness.open();
  admin = vault.user('admin');
});
afterEach(() => vault.close());

const statements = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const allow = (Action: string, Resource = '*') => ({ Effect: 'Allow', Action, Resource });
const start = async (by = admin) => (await by.WatchSecrets({})).Cursor;
const look = (Cursor: string, by = admin, more: object = {}) => by.WatchSecrets({ Cursor, WaitSeconds: 0, ...more });
const make = async (Name: string) => (await admin.CreateSecret({ Name, SecretString: 'x' })).ARN;
const code = async (promise: Promise<unknown>) => (await failure(promise)).code;

describe('watching', () => {
  it('tells every kind of change once, with the stages as they are, and no value', async () => {
    let cursor = await start();
    const told = async () => {
      const { Changes, Cursor } = await look(cursor);
      cursor = Cursor;
      return Changes.map(({ Reasons, VersionIdsToStages }) => [Reasons, Object.keys(VersionIdsToStages ?? {}).length]);
    };
    const SecretARN = await make('db');
    expect(await told()).toEqual([[['created'], 1]]);
    expect(await told()).toEqual([]);
    const { VersionId } = await admin.PutSecretValue({ SecretId: 'db', SecretString: 'hunter2' });
    const { Changes } = await look(cursor);
    expect(Changes).toMatchObject([{ SecretARN, VersionIdsToStages: { [VersionId]: ['AWSCURRENT'] } }]);
    expect(JSON.stringify(Changes)).not.toContain('hunter2');
    await admin.UpdateSecretVersionStage({ SecretId: 'db', VersionStage: 'blue', MoveToVersionId: VersionId });
    await admin.TagResource({ SecretId: 'db', Tags: [{ Key: 'a', Value: 'b' }] });
    await admin.PutSecretValue({ SecretId: 'db', SecretString: 'third' });
    expect(await told()).toEqual([[['value', 'stages', 'settings'], 2]]);
    // Reads, grants and wrapped values change nothing of the secret.
    await admin.GetSecretValue({ SecretId: 'db' });
    await admin.CreateSecretGrant({ SecretId: 'db', GranteePrincipal: ACCOUNT });
    await admin.WrapSecretValue({ SecretId: 'db' });
    expect(await told()).toEqual([]);
    await admin.DeleteSecret({ SecretId: 'db' });
    await admin.RestoreSecret({ SecretId: 'db' });
    expect(await told()).toEqual([[['deleted', 'restored'], 2]]);
    await admin.DeleteSecret({ SecretId: 'db', RecoveryWindowInDays: 7 });
    await told();
    vault.kms.advance(8 * 24 * 3_600_000);
    await purgeSecrets.run(vault.deps);
    expect(await told()).toEqual([[['destroyed'], 0]]);
    await make('other');
    await admin.DeleteSecret({ SecretId: 'other', ForceDeleteWithoutRecovery: true });
    expect(await told()).toEqual([[['created', 'destroyed'], 0]]);
  });

  it('waits until something changes, or the time has passed', async () => {
    const cursor = await start();
    const began = performance.now();
    const waiting = admin.WatchSecrets({ Cursor: cursor, WaitSeconds: 30 });
    setTimeout(() => void make('db'), 300);
    expect((await waiting).Changes).toMatchObject([{ Reasons: ['created'] }]);
    expect(performance.now() - began).toBeGreaterThan(250);
    const { Cursor } = await look(cursor);
    const nothing = await admin.WatchSecrets({ Cursor, WaitSeconds: 1 });
    expect(nothing.Changes).toEqual([]);
    expect((await look(nothing.Cursor)).Changes).toEqual([]);
  });

  it('tells only of secrets that may be described', async () => {
    const seen = await make('seen');
    const may = (arn: string) =>
      statements(allow('secretsmanager:WatchSecrets'), allow('secretsmanager:DescribeSecret', arn));
    const watcher = vault.user('watcher', may(seen));
    const cursor = await start(watcher);
    await make('hidden');
    for (const SecretId of ['seen', 'hidden']) await admin.PutSecretValue({ SecretId, SecretString: 'y' });
    expect((await look(cursor, watcher)).Changes).toMatchObject([{ SecretARN: seen, Reasons: ['value'] }]);
    expect(await code(look(cursor, watcher, { SecretIds: ['hidden'] }))).toBe('AccessDenied');
    expect(await code(vault.user('nobody', NO_POLICY).WatchSecrets({}))).toBe('AccessDenied');
    await admin.DeleteSecret({ SecretId: 'hidden', ForceDeleteWithoutRecovery: true });
    expect((await look(cursor, watcher)).Changes).toHaveLength(1);
  });

  it('of named secrets tells of those, also of another account that granted it', async () => {
    vault.kms.organization.create().account(ACCOUNT).account(OTHER_ACCOUNT);
    const KmsKeyId = (await vault.kms.key({ Policy: document(toAccount()) })).id;
    const shared = (await admin.CreateSecret({ Name: 'shared', SecretString: 'x', KmsKeyId })).ARN;
    const eve = vault.user('eve', statements(allow('secretsmanager:WatchSecrets')), OTHER_ACCOUNT);
    const GranteePrincipal = `arn:aws:iam::${OTHER_ACCOUNT}:user/eve`;
    const { Grant } = await admin.CreateSecretGrant({ SecretId: 'shared', GranteePrincipal });
    const cursor = await start(eve);
    await make('db');
    await admin.PutSecretValue({ SecretId: 'shared', SecretString: 'y' });
    expect((await look(cursor, eve)).Changes).toEqual([]);
    expect((await look(cursor, eve, { SecretIds: [shared] })).Changes).toMatchObject([{ SecretARN: shared }]);
    expect((await look(await start(), admin, { SecretIds: ['db'] })).Changes).toEqual([]);
    expect(await code(look(cursor, admin, { SecretIds: ['none'] }))).toBe('NotFound');
    await admin.RevokeSecretGrant({ SecretId: 'shared', GrantId: Grant.GrantId });
    expect(await code(look(cursor, eve, { SecretIds: [shared] }))).toBe('AccessDenied');
  });
});

describe('a cursor', () => {
  it('is of one account', async () => {
    const other = vault.user('boss', undefined, OTHER_ACCOUNT);
    expect(await code(look(await start(), other))).toBe('InvalidNextToken');
    expect(await code(look('x'))).toBe('InvalidNextToken');
  });

  it('that is behind what is kept, or ahead of a restored database, says to start again', async () => {
    const cursor = await start();
    await make('a');
    await make('b');
    const ahead = await start();
    await vault.store.transaction((tx) => vault.store.pruneChanges(tx, 1));
    expect(await failure(look(cursor))).toMatchObject({
      code: 'CursorExpired',
      hint: 'describe the secrets anew, and start without a cursor',
    });
    expect((await look(ahead)).Changes).toEqual([]);
    await vault.tamper((db) =>
      (db as never as { updateTable(t: string): { set(c: object): { execute(): Promise<unknown> } } })
        .updateTable('global_version')
        .set({ v: 1 })
        .execute(),
    );
    expect(await code(look(ahead))).toBe('CursorExpired');
  });
});
