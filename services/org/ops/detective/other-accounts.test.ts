/** SECURITY: a rule is no way to read what is recorded of somebody else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../../../platform/runtime/call.ts';
import { iamApi } from '../../../iam/api/index.ts';
import { allow, makeUser } from '../../../iam/testing/harness.ts';
import { ADMIN_POLICY } from '../../../kms/testing/harness.ts';
import { orgApi } from '../../api/index.ts';
import { type DetectiveWorld, openDetective } from '../../testing/detective.ts';
import { found, joined } from '../../testing/harness.ts';

let world: DetectiveWorld;
let member: Caller;
beforeAll(async () => {
  world = await openDetective();
  await found(world);
  const root = await joined(world, 'member');
  member = await makeUser(world.iam, 'auditor', [allow('organizations:*')], root);
});
afterAll(() => world?.close());

/** The verdict of a rule of the member's own on a thing of its own that names `arn` as related. */
async function verdictAbout(arn: string, expression: string) {
  const { Rule } = await world.put(
    orgApi.PutConfigRule,
    { Title: 'probe', Severity: 'LOW', ResourceTypes: ['ext:volume'], Expression: expression, Message: 'no' },
    member,
  );
  const Configuration = JSON.stringify({ encrypted: true, kmsKeyArn: arn, relatedArns: [arn] });
  const put = { ResourceType: 'ext:volume', ResourceId: 'probe', Configuration };
  const { Verdicts } = await world.put(orgApi.PutResourceConfig, put, member);
  await world.put(orgApi.DeleteConfigRule, { RuleId: Rule.RuleId }, member);
  const about = (id: string) => Verdicts.find(({ RuleId }) => RuleId === id);
  return { own: about(Rule.RuleId), shipped: about('G-D-38') };
}

describe('a rule of an account', () => {
  it('finds nothing of another account, whether it is there or not', async () => {
    await world.iam.as(world.management, iamApi.CreateUser, { UserName: 'hidden' });
    await world.settle();
    const arn = (name: string) => `arn:aws:iam::${world.management.accountId}:user/${name}`;
    const probe = (name: string) => verdictAbout(arn(name), `item("${arn(name)}").name == "hidden"`);
    const answers = [await probe('hidden'), await probe('nobody')].map(({ own }) => own?.Verdict);
    expect(answers).toEqual(['INSUFFICIENT_DATA', 'INSUFFICIENT_DATA']);
  });

  it('finds a key of another account when its policy lets the account in', async () => {
    const owner = world.kms.user('owner', ADMIN_POLICY, world.management.accountId);
    const key = (await owner.CreateKey({})).KeyMetadata.Arn as string;
    await world.settle();
    const enabled = () => verdictAbout(key, `item("${key}").configuration.state == "Enabled"`);
    expect(await enabled()).toMatchObject({
      own: { Verdict: 'INSUFFICIENT_DATA' },
      shipped: { Verdict: 'NON_COMPLIANT', Annotation: `there is no key ${key} that the account may use` },
    });
    const missing = key.replace(/[0-9a-f]{4}$/, (end) => (end === '0000' ? '1111' : '0000'));
    expect((await verdictAbout(missing, 'true')).shipped).toMatchObject({
      Verdict: 'NON_COMPLIANT',
      Annotation: `there is no key ${missing} that the account may use`,
    });
    const admits = (id: string) => ({
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${id}:root` },
      Action: 'kms:*',
      Resource: '*',
    });
    world.kms.user('root', ADMIN_POLICY, member.accountId);
    const Statement = [admits(world.management.accountId), admits(member.accountId)];
    await owner.PutKeyPolicy({ KeyId: key, Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
    await world.settle();
    expect(await enabled()).toMatchObject({ own: { Verdict: 'COMPLIANT' }, shipped: { Verdict: 'COMPLIANT' } });
  });
});
