import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SnapshotPolicy } from '../../../platform/authz/principal.ts';
import {
  ACCOUNT,
  ADMIN_POLICY,
  document,
  failure,
  type KmsClient,
  KmsHarness,
  NO_POLICY,
  OTHER_ACCOUNT,
  toAccount,
} from '../testing/harness.ts';

const RESEARCH = '11111111-1111-4111-8111-111111111111';
const SALES = '22222222-2222-4222-8222-222222222222';
const CLOSED = '33333333-3333-4333-8333-333333333333';
const MISSING = '99999999-9999-4999-8999-999999999999';
const DEFAULT = '0';

let kms: KmsHarness;
let admin: KmsClient;
beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
  kms.project(RESEARCH);
  kms.project(SALES);
  kms.project(CLOSED, { Name: 'closed', Enabled: false });
});
afterAll(() => kms.close());

/** A policy as iam answers it for a grant in a project. */
function grant(EnterpriseProjectId: string, ...statements: object[]): SnapshotPolicy {
  return {
    Arn: `arn:aws:iam::${ACCOUNT}:policy/granted`,
    Version: 'v1',
    Name: 'granted',
    Kind: 'identity',
    Document: document(...statements),
    EnterpriseProjectId,
  };
}
const ALL = { Sid: 'All', Effect: 'Allow', Action: 'kms:*', Resource: '*' };
const grantee = (name: string, ...grants: SnapshotPolicy[]) => kms.user(name, NO_POLICY, ACCOUNT, undefined, grants);
const keyIn = (EnterpriseProjectId: string, by = admin) => kms.key({ EnterpriseProjectId }, by);
const projectOf = async (KeyId: string) => (await admin.DescribeKey({ KeyId })).KeyMetadata.EnterpriseProjectId;

describe('a key', () => {
  it('is in the project it was made in, in the default one when none was named', async () => {
    expect(await projectOf((await keyIn(RESEARCH)).id)).toBe(RESEARCH);
    expect(await projectOf((await kms.key()).id)).toBe(DEFAULT);
  });

  it.each([
    [MISSING, 'NotFound'],
    [CLOSED, 'EnterpriseProjectDisabled'],
  ])('is not made in project %s', async (project, code) => {
    expect(await failure(keyIn(project))).toMatchObject({ code });
    const { arn } = await kms.key();
    expect(await failure(admin.MoveResource({ ResourceArn: arn, EnterpriseProjectId: project }))).toMatchObject({
      code,
    });
    expect(await failure(admin.PreviewMoveResource({ ResourceArn: arn, EnterpriseProjectId: project }))).toMatchObject({
      code,
    });
  });

  it("does not enter another account's project, which is like a missing one", async () => {
    kms.project(MISSING.replace(/9$/, '8'), {}, OTHER_ACCOUNT);
    const foreign = await failure(keyIn(MISSING.replace(/9$/, '8')));
    const absent = await failure(keyIn(MISSING));
    expect(foreign.message.replace(/9998/, '9999')).toBe(absent.message);
    expect(foreign.code).toBe(absent.code);
  });

  it('moves, and its row verifies with the project it is in', async () => {
    const { id, arn } = await keyIn(RESEARCH);
    expect(await admin.MoveResource({ ResourceArn: arn, EnterpriseProjectId: SALES })).toEqual({
      ResourceArn: arn,
      FromEnterpriseProjectId: RESEARCH,
      EnterpriseProjectId: SALES,
    });
    expect(await kms.lastRecord()).toMatchObject({
      eventName: 'MoveResource',
      requestParameters: { EnterpriseProjectId: SALES },
      responseElements: { FromEnterpriseProjectId: RESEARCH },
      resources: [{ ARN: arn, type: 'AWS::KMS::Key' }],
      x: { enterpriseProject: RESEARCH },
    });
    expect(await projectOf(id)).toBe(SALES);
  });

  it.each([RESEARCH, DEFAULT])('is refused when somebody writes %s into its row', async (forged) => {
    const { id } = await keyIn(SALES);
    const write = async (enterprise_project_id: string) => {
      await kms.store.transaction((tx) =>
        tx.updateTable('kms_key').set({ enterprise_project_id }).where('key_id', '=', id).execute(),
      );
      kms.deps.keys.clear();
    };
    await write(forged);
    expect(await failure(admin.DescribeKey({ KeyId: id }))).toMatchObject({ code: 'Internal' });
    await write(SALES);
    expect(await projectOf(id)).toBe(SALES);
  });

  it('can still be read after a restart', async () => {
    const { id } = await keyIn(RESEARCH);
    kms = await kms.restart();
    admin = kms.user('admin');
    expect(await projectOf(id)).toBe(RESEARCH);
    expect((await admin.ListKeys({ Limit: 1000 })).Keys.map((key) => key.KeyId)).toContain(id);
  });
});

describe('a grant in a project', () => {
  it('counts for the keys of the project and for no others', async () => {
    const alice = grantee('alice', grant(RESEARCH, ALL));
    const [here, there, nowhere] = [await keyIn(RESEARCH), await keyIn(SALES), await kms.key()];
    const opened = await alice.Encrypt({ KeyId: here.id, Plaintext: Buffer.from('x') });
    expect((await alice.Decrypt({ CiphertextBlob: opened.CiphertextBlob })).Plaintext.toString()).toBe('x');
    for (const key of [there, nowhere]) {
      expect(await failure(alice.DescribeKey({ KeyId: key.id }))).toMatchObject({ code: 'AccessDenied' });
      const { CiphertextBlob } = await admin.Encrypt({ KeyId: key.id, Plaintext: Buffer.from('x') });
      expect(await failure(alice.Decrypt({ CiphertextBlob }))).toMatchObject({ code: 'AccessDenied' });
      expect(
        await failure(alice.ReEncrypt({ CiphertextBlob: opened.CiphertextBlob, DestinationKeyId: key.id })),
      ).toMatchObject({ code: 'AccessDenied' });
    }
    // Requests about no resource are about no project.
    expect(await failure(alice.ListKeys({}))).toMatchObject({ code: 'AccessDenied' });
  });

  it('lets make keys in the project only', async () => {
    const alice = grantee('maker', grant(RESEARCH, ALL));
    const { id } = await keyIn(RESEARCH, alice);
    expect(await projectOf(id)).toBe(RESEARCH);
    for (const EnterpriseProjectId of [SALES, DEFAULT, undefined])
      expect(await failure(kms.key({ EnterpriseProjectId }, alice))).toMatchObject({ code: 'AccessDenied' });
  });

  it('in the default project counts for what is in no other', async () => {
    const alice = grantee('defaults', grant(DEFAULT, ALL));
    const { id } = await kms.key({}, alice);
    await alice.DescribeKey({ KeyId: id });
    const { id: elsewhere } = await keyIn(RESEARCH);
    expect(await failure(alice.DescribeKey({ KeyId: elsewhere }))).toMatchObject({ code: 'AccessDenied' });
  });

  it("does not count for another account's project of the same id", async () => {
    const theirs = kms.user('admin', ADMIN_POLICY, OTHER_ACCOUNT);
    const { arn } = await kms.key({ Policy: document(toAccount(OTHER_ACCOUNT), toAccount()) }, theirs);
    const byGrant = grantee('stranger', grant(DEFAULT, ALL));
    expect(await failure(byGrant.DescribeKey({ KeyId: arn }))).toMatchObject({ code: 'AccessDenied' });
    const byPolicy = kms.user('visitor', { Version: '2012-10-17', Statement: [ALL] });
    await byPolicy.DescribeKey({ KeyId: arn });
  });

  it('denies where it denies, and nowhere else', async () => {
    const never = { Sid: 'Never', Effect: 'Deny', Action: 'kms:ScheduleKeyDeletion', Resource: '*' };
    const keeper = kms.user('keeper', ADMIN_POLICY, ACCOUNT, undefined, [grant(SALES, never)]);
    const denied = await failure(keeper.ScheduleKeyDeletion({ KeyId: (await keyIn(SALES)).id }));
    expect(denied).toMatchObject({ code: 'AccessDenied' });
    expect(denied.message).toContain('explicit deny in an identity-based policy');
    await keeper.ScheduleKeyDeletion({ KeyId: (await keyIn(RESEARCH)).id });
  });

  it('is named in the record of what it allowed', async () => {
    const alice = grantee('recorded', grant(RESEARCH, ALL));
    const { id } = await keyIn(RESEARCH);
    await alice.Encrypt({ KeyId: id, Plaintext: Buffer.from('x') });
    const { x } = await kms.lastRecord();
    const source = { policyArn: `arn:aws:iam::${ACCOUNT}:policy/granted`, version: 'v1', sid: 'All' };
    expect(x.decision).toMatchObject({
      checks: [{ statements: expect.arrayContaining([{ ...source, index: 0, enterpriseProjectId: RESEARCH }]) }],
      policies: expect.arrayContaining([`arn:aws:iam::${ACCOUNT}:policy/granted@v1#${RESEARCH}`]),
    });
    expect(x.decision?.checks[0]?.context).toMatchObject({ 'parapet:enterpriseprojectid': RESEARCH });
  });

  it('covers the aliases of the keys of the project', async () => {
    const alice = grantee('namer', grant(RESEARCH, ALL));
    const [one, two, other] = [await keyIn(RESEARCH), await keyIn(RESEARCH), await keyIn(SALES)];
    await alice.CreateAlias({ AliasName: 'alias/mine', TargetKeyId: one.id });
    await alice.UpdateAlias({ AliasName: 'alias/mine', TargetKeyId: two.id });
    expect(await failure(alice.UpdateAlias({ AliasName: 'alias/mine', TargetKeyId: other.id }))).toMatchObject({
      code: 'AccessDenied',
    });
    await admin.CreateAlias({ AliasName: 'alias/theirs', TargetKeyId: other.id });
    expect(await failure(alice.DeleteAlias({ AliasName: 'alias/theirs' }))).toMatchObject({ code: 'AccessDenied' });
    await alice.DeleteAlias({ AliasName: 'alias/mine' });
  });
});

describe('the condition key parapet:EnterpriseProjectId', () => {
  const only = (project: string, ...Action: string[]) => ({
    Effect: 'Allow',
    Action,
    Resource: '*',
    Condition: { StringEquals: { 'parapet:EnterpriseProjectId': project } },
  });

  it('is the project of the resource', async () => {
    const bob = kms.user('bob', { Version: '2012-10-17', Statement: [only(SALES, 'kms:*')] });
    await bob.DescribeKey({ KeyId: (await keyIn(SALES)).id });
    expect(await failure(bob.DescribeKey({ KeyId: (await keyIn(RESEARCH)).id }))).toMatchObject({
      code: 'AccessDenied',
    });
  });

  it('is the project of the request when a key is made, and both when one is moved', async () => {
    const statements = [only(SALES, 'kms:CreateKey'), only(RESEARCH, 'kms:MoveResource')];
    const bob = kms.user('mover', { Version: '2012-10-17', Statement: statements });
    await keyIn(SALES, bob);
    expect(await failure(keyIn(RESEARCH, bob))).toMatchObject({ code: 'AccessDenied' });
    const { arn } = await keyIn(RESEARCH);
    const move = () => bob.MoveResource({ ResourceArn: arn, EnterpriseProjectId: SALES });
    expect(await failure(move())).toMatchObject({ code: 'AccessDenied' });
    kms.user('mover', { Version: '2012-10-17', Statement: [...statements, only(SALES, 'kms:MoveResource')] });
    await move();
    await move();
  });

  it('counts in key policies', async () => {
    const open = { Effect: 'Allow', Principal: '*', Action: 'kms:DescribeKey', Resource: '*' };
    const Condition = { StringEquals: { 'parapet:EnterpriseProjectId': RESEARCH, 'aws:PrincipalAccount': ACCOUNT } };
    const nobody = kms.user('nobody', NO_POLICY);
    const { arn } = await kms.key({ Policy: document(toAccount(), { ...open, Condition }) });
    expect(await failure(nobody.DescribeKey({ KeyId: arn }))).toMatchObject({ code: 'AccessDenied' });
    await admin.MoveResource({ ResourceArn: arn, EnterpriseProjectId: RESEARCH });
    await nobody.DescribeKey({ KeyId: arn });
  });
});
