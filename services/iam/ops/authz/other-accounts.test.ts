/**
 * A question names the resource and its policy freely, so it must not be a way to ask about accounts: whether they
 * exist, in which state they are, where they stand and what binds them. Every operation that answers questions is asked
 * every such question about accounts of every kind, and the answers and their records are compared letter by letter.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountState } from '../../../../platform/authz/organization-data.ts';
import { MANAGEMENT, ORG, ROOT } from '../../../../platform/authz/testing/test-organization.ts';
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Caller } from '../../../../platform/runtime/call.ts';
import { iamApi as api } from '../../api/index.ts';
import { allow, type IamWorld, makeUser, openIam, policy } from '../../testing/harness.ts';

const UNIT = 'ou-ab12-00000001';
const STATES: readonly AccountState[] = ['PENDING_ACTIVATION', 'ACTIVE', 'SUSPENDED', 'PENDING_CLOSURE', 'CLOSED'];
const MISSING = '100000000000';
const MEMBERS = new Map(STATES.map((state, i) => [`20000000000${i}`, state]));
const ALONE = new Map(STATES.map((state, i) => [`30000000000${i}`, state]));
const SHARING = '400000000000';

/** Every way to make a policy depend on the account that owns the resource; the first few are asked in every way. */
const CONDITIONS: readonly (object | undefined)[] = [
  undefined,
  { StringEquals: { 'parapet:AccountState': 'SUSPENDED' } },
  { StringEquals: { 'aws:ResourceOrgID': ORG } },
  ...STATES.map((state) => ({ StringEquals: { 'parapet:AccountState': state } })),
  { StringNotEquals: { 'parapet:AccountState': 'ACTIVE' } },
  ...['true', 'false'].map((absent) => ({ Null: { 'parapet:AccountState': absent } })),
  ...['true', 'false'].map((absent) => ({ Null: { 'aws:ResourceOrgID': absent } })),
  { 'ForAnyValue:StringLike': { 'aws:ResourceOrgPaths': `${ORG}/${ROOT}/*` } },
];
const ASKED_IN_EVERY_WAY = 3;

let world: IamWorld;
let alice: Caller;
beforeAll(async () => {
  world = await openIam();
  alice = await makeUser(world, 'alice', [allow('kms:*')]);
});
afterAll(() => world.close());

/** With guardrails of every kind on the unit of the members. */
function organize(edit: () => void): void {
  const { organization } = world;
  organization.data = { ...organization.data, Units: [], Accounts: [], Policies: [], Attachments: [] };
  organization.create().unit(UNIT);
  for (const [account, state] of MEMBERS) organization.account(account, UNIT).state(account, state);
  for (const [account, state] of ALONE) organization.state(account, state);
  organization.account(SHARING, UNIT).state(SHARING, 'SUSPENDED', true);
  const deny = { Effect: 'Deny', Principal: '*', Resource: '*' };
  organization.attach('rcp', UNIT, 'Fence', [{ ...deny, Sid: 'Fence', Action: 'kms:Sign' }]);
  organization.attach('rcp', UNIT, 'Watch', [{ ...deny, Sid: 'Watch', Action: 'kms:Decrypt' }], 'observe');
  edit();
}

/** Everything that is answered and recorded, with the account's id taken out. */
async function answersAbout(account: string): Promise<string> {
  const ask = <Op extends AnyOperation>(operation: Op, input: unknown) => world.as(world.admin, operation, input);
  const Principal = alice.arn;
  const Resource = `arn:aws:kms:local-1:${account}:key/1`;
  const Items = ['kms:Decrypt', 'kms:Sign'].flatMap((Action) =>
    CONDITIONS.map((condition) => ({
      ...{ Principal, Action, Resource },
      ResourcePolicy: policy({ ...allow('kms:*', '*', condition), Principal: { AWS: alice.arn } }),
    })),
  );
  const from = (await world.records()).length;
  const { Results } = await ask(api.BatchAuthorize, { Items, Explain: true });
  const answers: unknown[] = [Results];
  for (const question of Items.filter((_, i) => i % CONDITIONS.length < ASKED_IN_EVERY_WAY)) {
    const { Action, ResourcePolicy } = question;
    const { DecisionId: _, ...decided } = await ask(api.Authorize, { ...question, Explain: true });
    answers.push(decided, await ask(api.Explain, question));
    answers.push(await ask(api.WhoCan, { Action, Resource, ResourcePolicy }));
    answers.push(await ask(api.WhatCan, { Principal, Resources: [Resource], ResourcePolicy }));
    const simulated = {
      ...{ ActionNames: [Action], ResourceArns: [Resource], CallerArn: alice.arn, ResourcePolicy },
      ResourceOwner: `arn:aws:iam::${account}:root`,
    };
    answers.push(await ask(api.SimulatePrincipalPolicy, { ...simulated, PolicySourceArn: alice.arn }));
    const PolicyInputList = [policy(allow('kms:*'))];
    answers.push(await ask(api.SimulateCustomPolicy, { ...simulated, PolicyInputList }));
  }
  const records = (await world.records()).slice(from) as { x: { decision?: { asked?: unknown } } }[];
  const asked = records.map(({ x }) => x.decision?.asked).filter(Boolean);
  expect(asked).toHaveLength(1 + 2 * ASKED_IN_EVERY_WAY);
  return JSON.stringify([answers, asked]).replaceAll(account, 'ACCOUNT');
}

async function differentAnswers(accounts: Iterable<string>): Promise<number> {
  const answers = new Set<string>();
  for (const account of accounts) answers.add(await answersAbout(account));
  return answers.size;
}

describe('questions about resources of other accounts', () => {
  it('of an account outside the organization tell none of them from one that does not exist', async () => {
    organize(() => undefined);
    const accounts = [MISSING, ...MEMBERS.keys(), ...ALONE.keys(), SHARING, MANAGEMENT];
    expect(await differentAnswers(accounts)).toBe(1);
  });

  it('of an account that stands alone while there is no organization tell no states', async () => {
    const { organization } = world;
    organization.data = {
      Revision: organization.data.Revision,
      EnabledPolicyTypes: [],
      Units: [],
      Accounts: [],
      Policies: [],
      Attachments: [],
    };
    for (const [account, state] of ALONE) organization.state(account, state);
    expect(await differentAnswers([MISSING, ...ALONE.keys()])).toBe(1);
  });

  it('of a member tell where the others stand, and no states', async () => {
    organize(() => world.organization.account(world.admin.accountId, UNIT));
    expect(await differentAnswers([...MEMBERS.keys(), SHARING])).toBe(1);
    expect(await differentAnswers([MISSING, ...ALONE.keys()])).toBe(1);
  });

  it('of the management account tell the states of the members, and of nobody else', async () => {
    organize(() => world.organization.account(world.admin.accountId).managedBy(world.admin.accountId));
    expect(await differentAnswers(MEMBERS.keys())).toBe(STATES.length);
    expect(await differentAnswers([MISSING, ...ALONE.keys()])).toBe(1);
  });

  it('still tell an account everything about itself', async () => {
    organize(() => world.organization.account(world.admin.accountId, UNIT));
    const { Context } = await world.as(world.admin, api.Explain, {
      Principal: alice.arn,
      Action: 'kms:Sign',
      Resource: `arn:aws:kms:local-1:${alice.accountId}:key/1`,
    });
    expect(Context).toMatchObject({ 'parapet:accountstate': 'ACTIVE', 'aws:resourceorgid': ORG });
  });
});
