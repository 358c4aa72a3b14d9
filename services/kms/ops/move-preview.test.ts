import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SnapshotPolicy } from '../../../platform/authz/principal.ts';
import { ROOT } from '../../../platform/authz/testing/test-organization.ts';
import { ACCOUNT, document, failure, type KmsClient, KmsHarness, NO_POLICY, toAccount } from '../testing/harness.ts';

const RESEARCH = '11111111-1111-4111-8111-111111111111';
const SALES = '22222222-2222-4222-8222-222222222222';
const DEFAULT = '0';

let kms: KmsHarness;
let admin: KmsClient;
beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
  kms.project(RESEARCH);
  kms.project(SALES);
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
const without = (all: Set<string>, some: Set<string>) => new Set([...all].filter((item) => !some.has(item)));
const grantee = (name: string, ...grants: SnapshotPolicy[]) => kms.user(name, NO_POLICY, ACCOUNT, undefined, grants);
const keyIn = (EnterpriseProjectId: string, by = admin) => kms.key({ EnterpriseProjectId }, by);
const projectOf = async (KeyId: string) => (await admin.DescribeKey({ KeyId })).KeyMetadata.EnterpriseProjectId;

describe('the preview of a move', () => {
  it('says who gains and who loses, by what actions, and moves nothing', async () => {
    grantee('seller', grant(SALES, { Effect: 'Allow', Action: ['kms:Encrypt', 'kms:Decrypt'], Resource: '*' }));
    grantee('researcher', grant(RESEARCH, { Effect: 'Allow', Action: 'kms:DescribeKey', Resource: '*' }));
    const { arn, id } = await keyIn(RESEARCH);
    const before = await kms.records();
    const preview = await admin.PreviewMoveResource({ ResourceArn: arn, EnterpriseProjectId: SALES });
    const of = (name: string) => `arn:aws:iam::${ACCOUNT}:user/${name}`;
    expect(preview.Gains).toContainEqual({ PrincipalArn: of('seller'), Actions: ['kms:Encrypt', 'kms:Decrypt'] });
    expect(preview.Loses).toContainEqual({ PrincipalArn: of('researcher'), Actions: ['kms:DescribeKey'] });
    expect([...preview.Gains, ...preview.Loses].map((c) => c.PrincipalArn)).not.toContain(of('admin'));
    expect(await projectOf(id)).toBe(RESEARCH);
    expect((await kms.records()).slice(before.length).map((record) => record.eventName)).toEqual([
      'PreviewMoveResource',
      'DescribeKey',
    ]);
  });

  it('counts the root user, whom key policies bind', async () => {
    const root = kms.user('root');
    const never = {
      Effect: 'Deny',
      Principal: '*',
      Action: 'kms:ScheduleKeyDeletion',
      Resource: '*',
      Condition: { StringEquals: { 'parapet:EnterpriseProjectId': SALES } },
    };
    const { arn, id } = await kms.key({ EnterpriseProjectId: RESEARCH, Policy: document(toAccount(), never) });
    const input = { ResourceArn: arn, EnterpriseProjectId: SALES };
    const { Loses } = await admin.PreviewMoveResource(input);
    const PrincipalArn = `arn:aws:iam::${ACCOUNT}:root`;
    expect(Loses).toContainEqual({ PrincipalArn, Actions: ['kms:ScheduleKeyDeletion'] });
    await admin.MoveResource(input);
    expect(await failure(root.ScheduleKeyDeletion({ KeyId: id }))).toMatchObject({ code: 'AccessDenied' });
  });

  it('counts guardrails that ask about projects', async () => {
    const { data } = kms.organization;
    try {
      const unit = 'ou-ab12-00000001';
      kms.organization.create().unit(unit, ROOT, 'Production').account(ACCOUNT, unit);
      const Condition = { StringEquals: { 'parapet:EnterpriseProjectId': SALES } };
      const never = { Sid: 'Never', Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*', Condition };
      kms.organization.attach('scp', unit, 'NoSales', [never]);
      const { arn, id } = await keyIn(RESEARCH);
      const { CiphertextBlob } = await admin.Encrypt({ KeyId: id, Plaintext: Buffer.from('x') });
      const input = { ResourceArn: arn, EnterpriseProjectId: SALES };
      const { Loses } = await admin.PreviewMoveResource(input);
      expect(Loses).toContainEqual({ PrincipalArn: `arn:aws:iam::${ACCOUNT}:user/admin`, Actions: ['kms:Decrypt'] });
      await admin.Decrypt({ CiphertextBlob });
      await admin.MoveResource(input);
      expect(await failure(admin.Decrypt({ CiphertextBlob }))).toMatchObject({ code: 'AccessDenied' });
    } finally {
      kms.organization.data = { ...data, Revision: kms.organization.data.Revision + 1 };
    }
  });

  it('goes through everybody page by page', async () => {
    const { arn } = await keyIn(RESEARCH);
    const input = { ResourceArn: arn, EnterpriseProjectId: SALES };
    const whole = await admin.PreviewMoveResource(input);
    expect(whole.Truncated).toBe(false);
    const paged: typeof whole.Gains = [];
    let considered = 0;
    for (let Marker: string | undefined; ; ) {
      const page = await admin.PreviewMoveResource({ ...input, Limit: 2, Marker });
      expect(page.Considered).toBeLessThanOrEqual(2);
      paged.push(...page.Gains);
      considered += page.Considered;
      Marker = page.NextMarker;
      if (!page.Truncated) break;
    }
    expect(paged).toEqual(whole.Gains);
    expect(considered).toBe(whole.Considered);
  });

  it('needs the permission in both projects', async () => {
    const { arn } = await keyIn(RESEARCH);
    for (const project of [RESEARCH, SALES]) {
      const half = grantee(`half-${project.slice(0, 4)}`, grant(project, ALL));
      const input = { ResourceArn: arn, EnterpriseProjectId: SALES };
      expect(await failure(half.PreviewMoveResource(input))).toMatchObject({ code: 'AccessDenied' });
      expect(await failure(half.MoveResource(input))).toMatchObject({ code: 'AccessDenied' });
    }
  });

  it('is what really changes, whatever was granted', async () => {
    // Each asks without a trace: reads, and uses that stop before the HSM.
    const plain = Buffer.from('x');
    const attempts: Record<string, (by: KmsClient, KeyId: string) => Promise<unknown>> = {
      'kms:DescribeKey': (by, KeyId) => by.DescribeKey({ KeyId }),
      'kms:GetKeyPolicy': (by, KeyId) => by.GetKeyPolicy({ KeyId }),
      'kms:ListResourceTags': (by, KeyId) => by.ListResourceTags({ KeyId }),
      'kms:Encrypt': (by, KeyId) => by.Encrypt({ KeyId, Plaintext: plain, DryRun: true }),
      'kms:GenerateDataKey': (by, KeyId) => by.GenerateDataKey({ KeyId, KeySpec: 'AES_256', DryRun: true }),
      'kms:UpdateKeyDescription': (by, KeyId) => by.UpdateKeyDescription({ KeyId, Description: 'x' }),
    };
    const tried = Object.keys(attempts);
    const projects = [RESEARCH, SALES, DEFAULT];
    const action = fc.constantFrom(
      'kms:*',
      'kms:Get*',
      'kms:List*',
      'kms:Encrypt',
      'kms:UpdateKeyDescription',
      ...tried,
    );
    const statement = fc.record({
      Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
      Action: fc.uniqueArray(action, { minLength: 1, maxLength: 3 }),
      Resource: fc.constantFrom('*', `arn:aws:kms:*:${ACCOUNT}:key/*`, 'arn:aws:kms:*:*:alias/*'),
    });
    const conditional = fc
      .tuple(statement, fc.constantFrom('StringEquals', 'StringNotEquals'), fc.constantFrom(...projects))
      .map(([s, operator, id]) => ({ ...s, Condition: { [operator]: { 'parapet:EnterpriseProjectId': id } } }));
    const person = fc.record({
      own: fc.array(fc.oneof(statement, conditional), { maxLength: 2 }),
      grants: fc.array(fc.tuple(fc.constantFrom(...projects), fc.array(statement, { minLength: 1, maxLength: 2 })), {
        maxLength: 3,
      }),
      boundary: fc.option(fc.oneof(statement, conditional), { freq: 4, nil: undefined }),
    });
    const inPolicy = fc.option(
      fc.constantFrom(...projects).map((id) => ({
        Effect: 'Deny',
        Principal: '*',
        Action: ['kms:Encrypt', 'kms:DescribeKey'],
        Resource: '*',
        Condition: { StringEquals: { 'parapet:EnterpriseProjectId': id } },
      })),
      { nil: undefined },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(person, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...projects),
        fc.constantFrom(...projects),
        inPolicy,
        async (people, from, to, denial) => {
          const Policy = document(toAccount(), ...(denial ? [denial] : []));
          const { arn } = await kms.key({ EnterpriseProjectId: from, Policy });
          const clients = people.map(({ own, grants, boundary }, index) =>
            kms.user(
              `generated-${index}`,
              JSON.parse(document(...own, { Effect: 'Deny', Action: 'none:None', Resource: '*' })),
              ACCOUNT,
              undefined,
              [
                ...grants.map(([project, statements]) => grant(project, ...statements)),
                ...(boundary
                  ? [{ ...grant(DEFAULT, boundary), Kind: 'boundary', EnterpriseProjectId: undefined }]
                  : []),
              ],
            ),
          );
          const may = async (by: KmsClient, name: string) => {
            const code = await attempts[name]!(by, arn).then(
              () => 'done',
              (error) => error.code as string,
            );
            expect(['done', 'DryRunOperation', 'AccessDenied']).toContain(code);
            return code !== 'AccessDenied';
          };
          const survey = async () => {
            const found = new Set<string>();
            for (const [index, by] of clients.entries())
              for (const name of tried) if (await may(by, name)) found.add(`generated-${index} ${name}`);
            return found;
          };
          const input = { ResourceArn: arn, EnterpriseProjectId: to };
          const preview = await admin.PreviewMoveResource(input);
          const before = await survey();
          await admin.MoveResource(input);
          const after = await survey();
          const said = (changes: typeof preview.Gains) =>
            new Set(
              changes.flatMap(({ PrincipalArn, Actions }) => {
                const name = PrincipalArn.slice(PrincipalArn.lastIndexOf('/') + 1);
                const counted = /^generated-/.test(name) && Number(name.slice(10)) < clients.length;
                return counted ? Actions.filter((a) => tried.includes(a)).map((a) => `${name} ${a}`) : [];
              }),
            );
          expect(said(preview.Gains)).toEqual(without(after, before));
          expect(said(preview.Loses)).toEqual(without(before, after));
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);
});
