import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBlueprint } from '../../../../policies/blueprints/files.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { Desired } from './desired.ts';
import { driftOf } from './drift.ts';
import type { LiveOrganization } from './live.ts';
import type { Model } from './model.ts';
import { makePlan, type Plan } from './plan.ts';
import { HEAD, plan } from './testing/files.ts';
import { emptyOrganization, liveOf, MANAGEMENT, MemoryOrganization, ROOT_ID } from './testing/memory.ts';
import { statePair } from './testing/random-models.ts';

const enterprise = readBlueprint('enterprise') as string;

function built(text: string): MemoryOrganization {
  const world = new MemoryOrganization();
  world.apply(plan(text, world));
  return world;
}

const summaries = ({ steps }: Plan) => steps.map(({ summary }) => summary);
const edit = (world: MemoryOrganization, change: (live: LiveOrganization) => Partial<LiveOrganization>) => {
  world.live = { ...world.live, ...change(world.live), revision: world.live.revision + 1 };
};
const unitId = (world: MemoryOrganization, name: string) =>
  world.live.units.find((unit) => unit.name === name)?.id as string;
const accountId = (world: MemoryOrganization, name: string) =>
  world.live.accounts.find((one) => one.name === name)?.id as string;

const SMALL = `${HEAD}
organizationalUnits:
  - {key: security, name: Security, guardrails: [lines]}
  - key: business
    name: Business
    children: [{key: retail, name: Retail}]
accounts:
  - {key: management, name: Management, role: management, parent: root}
  - {key: archive, name: Archive, email: archive@acme.example, role: log-archive, parent: security, tags: {owner: secops}}
  - {key: shop, name: Shop, email: shop@acme.example, parent: retail}
guardrailSets:
  - {key: lines, include: [G-P-08, G-P-10]}
policies:
  - {key: no-users, attach: [business], document: {Version: "2012-10-17", Statement: [{Effect: Deny, Action: "iam:CreateUser", Resource: "*"}]}}
`;

describe('a plan', () => {
  it('makes the enterprise of the blueprint and then has nothing to do', () => {
    const world = new MemoryOrganization();
    const first = plan(enterprise, world);
    expect(first.conflicts).toEqual([]);
    expect(first.steps.length).toBeGreaterThan(40);
    world.apply(first);
    const again = plan(enterprise, world);
    expect(again).toMatchObject({ steps: [], conflicts: [], warnings: [], risk: 'safe' });
    expect(driftOf(world.live, world.records)).toEqual([]);
    expect(world.live.accounts).toHaveLength(9);
  });

  it('names everything of the file that it does not do', () => {
    const { unsupported } = plan(enterprise, new MemoryOrganization());
    expect(new Set(unsupported.map(({ section }) => section))).toEqual(
      new Set(['packs', 'accounts', 'baselines', 'permissionSets', 'breakGlass']),
    );
  });

  it('puts containers first, then ceilings, then accounts', () => {
    const steps = summaries(plan(SMALL, new MemoryOrganization()));
    const at = (text: string) => steps.findIndex((step) => step.startsWith(text));
    expect(at('make unit retail')).toBeLessThan(at('attach policy lines.scp-1 to security'));
    expect(at('attach policy lines.scp-1 to security')).toBeLessThan(at('make account archive'));
    expect(at('make policy lines.scp-1')).toBeLessThan(at('attach policy lines.scp-1'));
  });

  it('takes over what is there under the same place, name or address', () => {
    const world = built(SMALL);
    world.records = [];
    const adopting = plan(SMALL, world);
    expect(summaries(adopting)).toEqual([expect.stringMatching(/^take note of \d+ objects as they are$/)]);
    world.apply(adopting);
    expect(plan(SMALL, world).steps).toEqual([]);
  });

  it.each([
    [
      'a unit that is renamed',
      ['name: Business', 'name: Commerce'],
      ['rename unit business from Business to Commerce'],
      'safe',
    ],
    [
      'an account that moves out from under a ceiling',
      ['role: log-archive, parent: security', 'role: log-archive, parent: root'],
      ['move account archive from security to the root'],
      'widening',
    ],
    [
      'a tag',
      ['tags: {owner: secops}', 'tags: {owner: audit, env: prod}'],
      ['tag account archive: owner=audit, env=prod'],
      'safe',
    ],
    [
      'a guardrail set that observes',
      ['include: [G-P-08, G-P-10]', 'include: [G-P-08, G-P-10], mode: observe'],
      ['let policy lines.scp-1 on security observe'],
      'widening',
    ],
    [
      'a set with one guardrail more',
      ['[G-P-08, G-P-10]', '[G-P-08, G-P-10, G-P-14]'],
      ['replace the document of policy lines.scp-1'],
      'narrowing',
    ],
    [
      'a document that denies something else',
      ['Action: "iam:CreateUser"', 'Action: "iam:CreateGroup"'],
      ['replace the document of policy no-users', 'replace the document of policy no-users'],
      'widening',
    ],
    [
      'an account that has expired',
      ['parent: retail}', 'parent: retail, lifecycle: {expires: 2026-11-22}}'],
      ['suspend account shop'],
      'narrowing',
    ],
  ])('does what %s needs', (_, [from, to], expected, risk) => {
    const world = built(SMALL);
    const text = SMALL.replace(from as string, to as string);
    const changed = plan(text, world);
    expect(summaries(changed)).toEqual(expected);
    expect(changed.risk).toBe(risk);
    world.apply(changed);
    expect(plan(text, world).steps).toEqual([]);
  });

  it('keeps an object across a new key', () => {
    const world = built(SMALL);
    const before = unitId(world, 'Retail');
    const text = `${SMALL.replace('key: retail', 'key: shops').replace('parent: retail', 'parent: shops')}\nmoved: [{from: retail, to: shops}]`;
    world.apply(plan(text, world));
    expect(unitId(world, 'Retail')).toBe(before);
    expect(world.live.units).toHaveLength(3);
    expect(plan(text, world).steps).toEqual([]);
  });

  it('deletes units that are empty and policies that are attached nowhere, and forgets accounts', () => {
    const world = built(SMALL);
    const text = `${HEAD}\norganizationalUnits:\n  - {key: security, name: Security}\n  - {key: retail, name: Retail}\naccounts:\n  - {key: archive, name: Archive, email: archive@acme.example, role: log-archive, parent: security, tags: {owner: secops}}\n`;
    const smaller = plan(text, world);
    expect(smaller.risk).toBe('destructive');
    world.apply(smaller);
    expect(world.live.units.map(({ name }) => name).sort()).toEqual(['Retail', 'Security']);
    expect(world.live.policies.filter(({ shipped }) => !shipped)).toEqual([]);
    expect(world.live.accounts.map(({ name }) => name)).toContain('Shop');
    expect(plan(text, world).steps).toEqual([]);
  });

  it.each([
    ['quarantine', 'move account shop from retail to quarantine'],
    ['close', 'close account shop'],
  ])('can %s an account that leaves the file', (rule, summary) => {
    const base = `${SMALL.replace('organizationalUnits:', 'organizationalUnits:\n  - {key: quarantine, name: Quarantine}')}\nsettings: {onAccountRemoved: ${rule}}`;
    const world = built(base);
    const text = base.replace(/ {2}- \{key: shop.*\n/, '');
    const leaving = plan(text, world);
    expect(summaries(leaving)).toContain(summary);
    world.apply(leaving);
    world.apply(plan(text, world));
    expect(plan(text, world).steps).toEqual([]);
  });

  it('refuses to move, stop, delete or loosen what is protected, unless that is asked for', () => {
    const text = `${SMALL}\nsettings: {protected: [archive, lines, security]}`;
    const world = built(text);
    const moved = text.replace('role: log-archive, parent: security', 'role: log-archive, parent: business');
    expect(plan(moved, world).conflicts).toMatchObject([{ code: 'protected', key: 'archive' }]);
    const loosened = text.replace('include: [G-P-08, G-P-10]', 'include: [G-P-08]');
    expect(plan(loosened, world).conflicts).toMatchObject([
      { code: 'protected', message: expect.stringContaining('loosened') },
    ]);
    expect(plan(moved, world, { allowProtected: true }).conflicts).toEqual([]);
  });

  it('warns of accounts that are closed or have left, and goes on', () => {
    const world = built(SMALL);
    edit(world, ({ accounts }) => ({
      accounts: accounts.flatMap((one) =>
        one.name === 'Shop' ? [{ ...one, state: 'CLOSED' as const }] : one.name === 'Archive' ? [] : [one],
      ),
    }));
    const text = SMALL.replace('name: Business', 'name: Commerce').replace('name: Shop', 'name: Store');
    const { conflicts, warnings, steps } = plan(text, world);
    expect(conflicts).toEqual([]);
    expect(warnings.map(({ code, key }) => `${code} ${key}`)).toEqual([
      'account-missing archive',
      'account-closed shop',
    ]);
    expect(steps.map(({ summary }) => summary)).toEqual(['rename unit business from Business to Commerce']);
  });

  it('says what would be over a limit', () => {
    const { conflicts } = plan(SMALL, new MemoryOrganization(), {
      limits: { ...DEFAULT_LIMITS, units: 2, unitDepth: 1 },
    });
    expect(conflicts.map(({ code, key }) => `${code} ${key}`)).toEqual(['limit retail', 'limit retail']);
  });

  it('says what accounts lose and gain', () => {
    const world = built(SMALL);
    const { ceilings } = plan(SMALL.replace('parent: retail', 'parent: root'), world);
    expect(ceilings).toEqual([{ accounts: ['shop'], denied: [], restricted: [], opened: ['iam:CreateUser'] }]);
    const back = plan(SMALL.replace('attach: [business]', 'attach: [root]'), world);
    expect(back.ceilings).toEqual([{ accounts: ['archive'], denied: ['iam:CreateUser'], restricted: [], opened: [] }]);
  });
});

describe('three ways', () => {
  const moveShop = (world: MemoryOrganization) => {
    const parentId = unitId(world, 'Security');
    edit(world, ({ accounts }) => ({
      accounts: accounts.map((one) => (one.name === 'Shop' ? { ...one, parentId } : one)),
    }));
  };
  const inRoot = SMALL.replace('parent: retail', 'parent: root');

  it('leaves drift alone, and puts it right where that is asked for', () => {
    const world = built(SMALL);
    moveShop(world);
    expect(plan(SMALL, world)).toMatchObject({ steps: [], conflicts: [] });
    const back = ['move account shop from security to retail'];
    expect(summaries(plan(SMALL, world, { prefer: 'file' }))).toEqual(back);
    expect(summaries(plan(`${SMALL}\nsettings: {drift: {repair: inheritance}}`, world))).toEqual(back);
    expect(summaries(plan(`${SMALL}\nsettings: {drift: {repair: all}}`, world, { prefer: 'live' }))).toEqual([]);
  });

  it('is a conflict where the file and somebody else changed the same', () => {
    const world = built(SMALL);
    moveShop(world);
    const both = plan(inRoot, world);
    expect(both.conflicts).toMatchObject([
      {
        code: 'conflict',
        key: 'shop',
        message: 'parent of account shop: the file says root, it is security, retail was applied',
      },
    ]);
    expect(summaries(plan(inRoot, world, { prefer: 'file' }))).toEqual(['move account shop from security to the root']);
    expect(plan(inRoot, world, { prefer: 'live' })).toMatchObject({ steps: [], conflicts: [] });
  });

  it('takes note where both did the same', () => {
    const world = built(SMALL);
    moveShop(world);
    const text = SMALL.replace('parent: retail', 'parent: security');
    expect(summaries(plan(text, world))).toEqual(['take note of one object as it is']);
  });

  it.each<[string, (live: LiveOrganization, world: MemoryOrganization) => Partial<LiveOrganization>, string]>([
    [
      'a unit gets another name',
      ({ units }) => ({ units: units.map((u) => (u.name === 'Retail' ? { ...u, name: 'R' } : u)) }),
      'OU_RENAMED retail',
    ],
    [
      'a unit moves',
      ({ units }) => ({ units: units.map((u) => (u.name === 'Retail' ? { ...u, parentId: ROOT_ID } : u)) }),
      'OU_MOVED retail',
    ],
    [
      'a unit comes',
      ({ units }) => ({ units: [...units, { id: 'ou-new', parentId: ROOT_ID, name: 'New' }] }),
      'OU_ADDED @ou-new',
    ],
    [
      'an account comes',
      ({ accounts }) => ({
        accounts: [
          ...accounts,
          { id: '300000000000', parentId: ROOT_ID, name: 'New', email: undefined, state: 'ACTIVE', tags: {} },
        ],
      }),
      'ACCOUNT_ADDED @300000000000',
    ],
    [
      'an account leaves',
      ({ accounts }) => ({ accounts: accounts.filter(({ name }) => name !== 'Shop') }),
      'ACCOUNT_REMOVED shop',
    ],
    [
      'an account is suspended',
      ({ accounts }) => ({
        accounts: accounts.map((one) => (one.name === 'Shop' ? { ...one, state: 'SUSPENDED' as const } : one)),
      }),
      'ACCOUNT_CHANGED shop',
    ],
    [
      'a tag changes',
      ({ accounts }) => ({
        accounts: accounts.map((one) => (one.name === 'Archive' ? { ...one, tags: { owner: 'me' } } : one)),
      }),
      'ACCOUNT_CHANGED archive',
    ],
    [
      'a document changes',
      ({ policies }) => ({
        policies: policies.map((one) =>
          one.name === 'no-users' ? { ...one, content: one.content.replace('CreateUser', 'CreateGroup') } : one,
        ),
      }),
      'POLICY_UPDATED no-users',
    ],
    [
      'a policy is detached',
      ({ attachments }, world) => ({
        attachments: attachments.filter(
          ({ targetId, policyId }) => targetId !== unitId(world, 'Business') || policyId === 'p-FullAWSAccess',
        ),
      }),
      'POLICY_DETACHED_OU business',
    ],
    [
      'a policy is attached',
      ({ attachments, policies }, world) => ({
        attachments: [
          ...attachments,
          {
            targetId: accountId(world, 'Shop'),
            policyId: policies.find(({ name }) => name === 'no-users')?.id as string,
            mode: 'enforce',
          },
        ],
      }),
      'POLICY_ATTACHED_ACCOUNT shop',
    ],
    [
      'full access goes from the root',
      ({ attachments }) => ({ attachments: attachments.filter(({ targetId }) => targetId !== ROOT_ID) }),
      'POLICY_DETACHED_ROOT root',
    ],
    ['a type is disabled', () => ({ types: [] }), 'TYPE_DISABLED root'],
  ])('sees as drift that %s', (_, change, expected) => {
    const world = built(SMALL);
    edit(world, (live) => change(live, world));
    expect(driftOf(world.live, world.records).map(({ type, key }) => `${type} ${key}`)).toContain(expected);
  });

  it('goes on from where an apply ended', () => {
    const whole = plan(SMALL, new MemoryOrganization());
    for (let done = 0; done <= whole.steps.length; done++) {
      const world = new MemoryOrganization();
      world.apply(plan(SMALL, world), done);
      expect(driftOf(world.live, world.records), `after ${done}`).toEqual([]);
      world.apply(plan(SMALL, world));
      expect(plan(SMALL, world), `after ${done}`).toMatchObject({ steps: [], conflicts: [] });
      expect(world.live.units).toHaveLength(3);
      expect(world.live.accounts).toHaveLength(3);
    }
  });

  it('reaches what is wanted from anywhere, once', () => {
    fc.assert(
      fc.property(statePair, ([before, after]) => {
        const ids = (ref: string) =>
          ref === 'root' ? ROOT_ID : ref === 'a0' ? MANAGEMENT : ref.startsWith('@') ? ref.slice(1) : `id-${ref}`;
        const world = new MemoryOrganization(liveOf(before, emptyOrganization(), ids));
        const wanted = wantedOf(after);
        const options = {
          prefer: undefined,
          allowProtected: true,
          limits: { ...DEFAULT_LIMITS, attachmentsPerNode: 20, unitDepth: 20 },
          actions: [],
        };
        const first = makePlan(wanted, world.live, world.records, options);
        if (first.conflicts.length > 0) return;
        world.apply(first);
        expect(makePlan(wanted, world.live, world.records, options)).toMatchObject({ steps: [], conflicts: [] });
      }),
      { numRuns: 300 },
    );
  });
});

/** What a file would want that describes the state. */
function wantedOf(model: Model): Desired {
  return {
    units: new Map(model.units),
    accounts: new Map(
      [...model.accounts].map(([ref, { name, email, parent, state, tags, management }]) => [
        ref,
        { name, email, parent, accountId: null, management, tags, suspended: state === 'SUSPENDED' },
      ]),
    ),
    policies: new Map([...model.policies].filter(([, { shipped }]) => !shipped)),
    attachments: new Map([...model.attachments].map(([target, held]) => [target, new Map(held)])),
    types: new Set(['SERVICE_CONTROL_POLICY']),
    services: new Set(),
    delegates: [],
    protected: new Set(),
    moved: [],
    onAccountRemoved: 'forget',
    repair: 'none',
    unsupported: [],
  };
}
