/** Pairs of organizations that share objects, for laws that hold for every plan between any two of them. */
import fc from 'fast-check';
import { FULL_ACCESS, type Mode, type Model, type PolicyType, type Ref, ROOT } from '../model.ts';

export const ACTIONS = ['kms:A', 'kms:B', 'iam:C', 'iam:D'] as const;

const FULL: readonly [Ref, PolicyType][] = [
  [FULL_ACCESS.SERVICE_CONTROL_POLICY, 'SERVICE_CONTROL_POLICY'],
  [FULL_ACCESS.RESOURCE_CONTROL_POLICY, 'RESOURCE_CONTROL_POLICY'],
];

interface Draft {
  units: { present: boolean; name: string; parent: number }[];
  accounts: { present: boolean; parent: number; suspended: boolean }[];
  policies: { present: boolean; content: string; name: string }[];
  attached: { target: number; policy: number; mode: Mode }[];
  /** Targets whose policy that allows everything is gone, when another one allows something. */
  listed: boolean[];
}

const UNITS = 6;
const ACCOUNTS = 5;
const POLICIES = 5;
const TARGETS = 1 + UNITS + ACCOUNTS;

const some = fc.subarray([...ACTIONS], { minLength: 1 });
const statement = fc.record({ Effect: fc.constantFrom('Deny', 'Deny', 'Allow'), Action: some });
const content = fc
  .array(statement, { minLength: 1, maxLength: 3 })
  .map((list) => JSON.stringify({ Version: '2012-10-17', Statement: list.map((one) => ({ ...one, Resource: '*' })) }));

const draft: fc.Arbitrary<Draft> = fc.record({
  units: fc.array(
    fc.record({ present: fc.boolean(), name: fc.constantFrom('A', 'B', 'C', 'D'), parent: fc.nat(UNITS) }),
    {
      minLength: UNITS,
      maxLength: UNITS,
    },
  ),
  accounts: fc.array(
    fc.record({
      present: fc.integer({ min: 0, max: 5 }).map((n) => n > 0),
      parent: fc.nat(UNITS),
      suspended: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    }),
    { minLength: ACCOUNTS, maxLength: ACCOUNTS },
  ),
  policies: fc.array(fc.record({ present: fc.boolean(), content, name: fc.constantFrom('p', 'q', 'r', 's', 't') }), {
    minLength: POLICIES,
    maxLength: POLICIES,
  }),
  attached: fc.array(
    fc.record({
      target: fc.nat(TARGETS - 1),
      policy: fc.nat(POLICIES - 1),
      mode: fc.constantFrom<Mode>('enforce', 'enforce', 'enforce', 'observe'),
    }),
    { maxLength: 14 },
  ),
  listed: fc.array(
    fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
    { minLength: TARGETS, maxLength: TARGETS },
  ),
});

/** Two states; what is in both has the same reference. Accounts of the first stay in the second. */
export const statePair: fc.Arbitrary<[Model, Model]> = fc
  .tuple(draft, draft)
  .map(([first, second]) => [build(first, undefined), build(second, first)]);

const unitRef = (i: number): Ref => `u${i}`;
const accountRef = (i: number): Ref => `a${i}`;
const policyRef = (i: number): Ref => `p${i}`;

function build(state: Draft, earlier: Draft | undefined): Model {
  const model: Model = {
    types: new Set(['SERVICE_CONTROL_POLICY']),
    units: new Map(),
    accounts: new Map(),
    policies: new Map(),
    attachments: new Map(),
    services: new Set(),
    delegates: new Map(),
  };
  for (const [ref, type] of FULL)
    model.policies.set(ref, {
      name: ref,
      description: '',
      type,
      shipped: true,
      content: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    });
  addUnits(model, state);
  state.accounts.forEach(({ present, parent, suspended }, i) => {
    const isManagement = i === 0;
    if (!present && !earlier?.accounts[i]?.present && !isManagement) return;
    const place = parent === 0 ? ROOT : unitRef(parent - 1);
    const isNew = earlier !== undefined && !earlier.accounts[i]?.present && !isManagement;
    model.accounts.set(accountRef(i), {
      name: accountRef(i),
      email: `${accountRef(i)}@example.com`,
      parent: place === ROOT || model.units.has(place) ? place : ROOT,
      state: suspended && !isNew && !isManagement ? 'SUSPENDED' : 'ACTIVE',
      tags: {},
      management: isManagement,
    });
  });
  const names = new Set<string>();
  state.policies.forEach(({ present, content: document, name }, i) => {
    if (!present) return;
    const free = names.has(name) ? `${name}${i}` : name;
    names.add(free);
    model.policies.set(policyRef(i), {
      name: free,
      description: '',
      type: 'SERVICE_CONTROL_POLICY',
      content: document,
      shipped: false,
    });
  });
  attachAll(model, state);
  return model;
}

/** Parents that would make a cycle, or do not exist, are the root; names of siblings differ. */
function addUnits(model: Model, state: Draft): void {
  state.units.forEach(({ present }, i) => {
    if (present) model.units.set(unitRef(i), { name: '', parent: ROOT });
  });
  const siblings = new Set<string>();
  state.units.forEach(({ present, name, parent }, i) => {
    if (!present) return;
    const wanted = parent === 0 ? ROOT : unitRef(parent - 1);
    const above = wanted === ROOT || !model.units.has(wanted) || leadsTo(model, wanted, unitRef(i)) ? ROOT : wanted;
    const taken = siblings.has(`${above} ${name}`);
    const free = taken ? `${name}${i}` : name;
    siblings.add(`${above} ${free}`);
    model.units.set(unitRef(i), { name: free, parent: above });
  });
}

function leadsTo(model: Model, from: Ref, to: Ref): boolean {
  for (let at: Ref | undefined = from; at !== undefined && at !== ROOT; at = model.units.get(at)?.parent)
    if (at === to) return true;
  return false;
}

function attachAll(model: Model, state: Draft): void {
  const targets = [
    ROOT,
    ...Array.from({ length: UNITS }, (_, i) => unitRef(i)),
    ...Array.from({ length: ACCOUNTS }, (_, i) => accountRef(i)),
  ];
  const exists = (ref: Ref) => ref === ROOT || model.units.has(ref) || model.accounts.has(ref);
  targets.forEach((target, n) => {
    if (!exists(target)) return;
    const attached = new Map<Ref, Mode>();
    for (const { target: at, policy, mode } of state.attached)
      if (at === n && model.policies.has(policyRef(policy))) attached.set(policyRef(policy), mode);
    const enforced = [...attached].some(([, mode]) => mode === 'enforce');
    if (!state.listed[n] || !enforced) attached.set(FULL_ACCESS.SERVICE_CONTROL_POLICY, 'enforce');
    model.attachments.set(target, attached);
  });
}
