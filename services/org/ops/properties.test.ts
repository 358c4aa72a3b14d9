/** Random operations on the tree keep every invariant, whatever is asked in whatever order. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceError } from '../../../platform/contract/error.ts';
import { orgApi as api } from '../api/index.ts';
import { nameKey } from '../domain/names.ts';
import { followed, found, guardrail, inOrder, joined, type OrgWorld, openOrg } from '../testing/harness.ts';

let world: OrgWorld;
let root: string;
let policies: string[];
const ACCOUNTS = 4;

beforeAll(async () => {
  world = await openOrg({ limits: { units: 25, attachmentsPerNode: 3 } });
  root = (await found(world)).rootId;
  for (let i = 0; i < ACCOUNTS; i++) await joined(world, `account ${i}`);
  policies = ['p-FullAWSAccess'];
  for (let i = 0; i < 3; i++) policies.push(await guardrail(world, `policy ${i}`));
});
afterAll(() => world?.close());

/** Numbers stand for whatever is there when the step is taken. */
const pick = fc.nat(1_000);
const step = fc.oneof(
  fc.record({ do: fc.constant('create' as const), parent: pick, name: fc.constantFrom('a', 'A', 'b', 'c', 'Ｃ') }),
  fc.record({ do: fc.constant('rename' as const), unit: pick, name: fc.constantFrom('a', 'b', 'B', 'd') }),
  fc.record({ do: fc.constant('move' as const), unit: pick, parent: pick }),
  fc.record({ do: fc.constant('delete' as const), unit: pick }),
  fc.record({ do: fc.constant('move account' as const), account: pick, parent: pick }),
  fc.record({ do: fc.constant('suspend' as const), account: pick }),
  fc.record({ do: fc.constant('resume' as const), account: pick }),
  fc.record({ do: fc.constant('attach' as const), node: pick, policy: pick, observe: fc.boolean() }),
  fc.record({ do: fc.constant('detach' as const), node: pick, policy: pick }),
  fc.record({ do: fc.constant('mode' as const), node: pick, policy: pick, observe: fc.boolean() }),
  fc.record({ do: fc.constant('types' as const), enable: fc.boolean() }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

type View = Awaited<ReturnType<OrgWorld['internal']['GetOrganizationView']>>;
const view = (): Promise<View> => world.internal.GetOrganizationView({});
const at = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

async function take(action: Step): Promise<void> {
  const { Units, Accounts } = await view();
  const units = Units.map((unit) => unit.Id);
  const parents = [root, ...units];
  const accounts = Accounts.map((account) => account.Id);
  const nodes = [...parents, ...accounts];
  const pair = (node: number, policy: number) => ({ TargetId: at(nodes, node), PolicyId: at(policies, policy) });
  const Mode = 'observe' in action && action.observe ? 'observe' : 'enforce';
  if ('unit' in action && units.length === 0) return;
  switch (action.do) {
    case 'create':
      await world.ask(api.CreateOrganizationalUnit, { ParentId: at(parents, action.parent), Name: action.name });
      return;
    case 'rename':
      await world.ask(api.UpdateOrganizationalUnit, {
        OrganizationalUnitId: at(units, action.unit),
        Name: action.name,
      });
      return;
    case 'move':
      await world.ask(api.MoveOrganizationalUnit, {
        OrganizationalUnitId: at(units, action.unit),
        DestinationParentId: at(parents, action.parent),
      });
      return;
    case 'delete':
      await world.ask(api.DeleteOrganizationalUnit, { OrganizationalUnitId: at(units, action.unit) });
      return;
    case 'move account': {
      const account = at(Accounts, action.account);
      await world.ask(api.MoveAccount, {
        AccountId: account.Id,
        SourceParentId: account.ParentId,
        DestinationParentId: at(parents, action.parent),
      });
      return;
    }
    case 'suspend':
      await world.ask(api.SuspendAccount, { AccountId: at(accounts, action.account) });
      return;
    case 'resume':
      await world.ask(api.ResumeAccount, { AccountId: at(accounts, action.account) });
      return;
    case 'attach':
      await world.ask(api.AttachPolicy, { ...pair(action.node, action.policy), Mode });
      return;
    case 'detach':
      await world.ask(api.DetachPolicy, pair(action.node, action.policy));
      return;
    case 'mode':
      await world.ask(api.UpdatePolicyAttachment, { ...pair(action.node, action.policy), Mode });
      return;
    default: {
      const operation = action.enable ? api.EnablePolicyType : api.DisablePolicyType;
      await world.ask(operation, { RootId: root, PolicyType: 'SERVICE_CONTROL_POLICY' });
    }
  }
}

/** Errors that a rule may answer; anything else is a fault. */
const RULES =
  /^(DuplicateOrganizationalUnit|OrganizationalUnitNotEmpty|ConstraintViolation|InvalidInput|DuplicateAccount|AccountConflict|DuplicatePolicyAttachment|PolicyNotAttached|PolicyTypeNotEnabled|PolicyTypeAlreadyEnabled)$/;

async function requireInvariants(): Promise<void> {
  const { Units, Accounts, Attachments, EnabledPolicyTypes } = await view();
  const parentOf = new Map(Units.map((unit) => [unit.Id, unit.ParentId]));
  const depths = Units.map(({ Id }) => {
    let depth = 0;
    for (let id = Id; id !== root; id = parentOf.get(id) as string) {
      expect(parentOf.has(id)).toBe(true);
      expect(++depth).toBeLessThanOrEqual(5);
    }
    return depth;
  });
  const rows = await world.store.read
    .selectFrom('node')
    .selectAll()
    .where('kind', '=', 'unit')
    .orderBy('node_id')
    .execute();
  expect(rows.map((row) => row.depth)).toEqual(depths);
  // The path that is kept is the path that the parents say.
  for (const row of rows) {
    const parent = row.parent_id === root ? root : rows.find((other) => other.node_id === row.parent_id)?.path;
    expect(row.path).toBe(`${parent}/${row.node_id}`);
  }
  const siblings = Units.map((unit) => `${unit.ParentId} ${nameKey(unit.Name)}`);
  expect(new Set(siblings).size).toBe(siblings.length);
  expect(Units.length).toBeLessThanOrEqual(25);
  expect(Accounts).toHaveLength(ACCOUNTS + 1);
  for (const account of Accounts) expect([root, ...parentOf.keys()]).toContain(account.ParentId);
  expect(Accounts.find((account) => account.Id === world.management.accountId)?.State).toBe('ACTIVE');
  const nodes = [root, ...parentOf.keys(), ...Accounts.map((account) => account.Id)];
  for (const { TargetId } of Attachments) expect(nodes).toContain(TargetId);
  const enabled = EnabledPolicyTypes.includes('SERVICE_CONTROL_POLICY');
  for (const node of nodes) {
    const own = Attachments.filter((attachment) => attachment.TargetId === node);
    expect(own.length).toBeLessThanOrEqual(enabled ? 3 : 0);
    if (enabled) expect(own.some((attachment) => attachment.Mode === 'enforce')).toBe(true);
  }
}

describe('random operations', () => {
  it('keep every invariant, change nothing when they are refused, and raise the revision when they are not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const first = await view();
        for (const action of steps) {
          const known = await view();
          const { Revision, ...before } = known;
          const outcome = await take(action).then(
            () => 'done',
            (error: ServiceError) => error.code,
          );
          const { Revision: after, ...now } = await view();
          // Who follows by changes knows what is so. A type that is turned on or off changes everything.
          const follower = await followed(world, known);
          if (outcome !== 'done' || action.do !== 'types') expect(follower).toBeDefined();
          if (follower) expect(inOrder(follower)).toEqual(inOrder({ Revision: after, ...now }));
          if (outcome !== 'done') {
            expect(outcome).toMatch(RULES);
            expect([after, now]).toEqual([Revision, before]);
          } else if (JSON.stringify(now) !== JSON.stringify(before)) {
            expect(after).toBe(Revision + 1);
          }
        }
        const follower = await followed(world, first);
        if (follower) expect(inOrder(follower)).toEqual(inOrder(await view()));
        await requireInvariants();
      }),
      { numRuns: 25 },
    );
  }, 120_000);
});
