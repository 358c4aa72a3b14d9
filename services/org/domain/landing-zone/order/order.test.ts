import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameKey } from '../../names.ts';
import { type Act, perform } from '../acts.ts';
import { attachedTo, chainOf, cloneModel, type Model, type Ref, ROOT } from '../model.ts';
import { allowed } from '../testing/allowed.ts';
import { ACTIONS, statePair } from '../testing/random-models.ts';
import { orderSteps } from './order.ts';

const ROOM = { attachmentsPerNode: 10, policyBytes: 10_240 };
const TIGHT = { attachmentsPerNode: 3, policyBytes: 200 };
const RUNS = { numRuns: 300 };

/** What the database refuses, after each act. */
function broken(model: Model, act: Act): string | undefined {
  const slots = [...model.units.values()].map(({ parent, name }) => `${parent}\n${nameKey(name)}`);
  if (new Set(slots).size !== slots.length) return 'two siblings have one name';
  const names = [...model.policies.values()].map(({ type, name }) => `${type} ${nameKey(name)}`);
  if (new Set(names).size !== names.length) return 'two policies have one name';
  for (const [ref, { parent }] of model.units) {
    if (chainOf(model, parent).at(-1) !== ROOT) return `${ref} is under nothing`;
    if (chainOf(model, parent).includes(ref)) return `${ref} is under itself`;
  }
  for (const [ref, { parent }] of model.accounts)
    if (parent !== ROOT && !model.units.has(parent)) return `account ${ref} is under ${parent}, which does not exist`;
  for (const [target, attached] of model.attachments)
    for (const policy of attached.keys())
      if (!model.policies.has(policy)) return `${policy} is attached to ${target} and does not exist`;
  if (act.kind === 'delete-unit') {
    const left = [...model.units.values(), ...model.accounts.values()].some(({ parent }) => parent === act.unit);
    if (left) return `${act.unit} was deleted and not empty`;
  }
  return undefined;
}

function run(before: Model, steps: readonly Act[][], after: (model: Model) => void): Model {
  const model = cloneModel(before);
  for (const step of steps) {
    for (const act of step) {
      perform(model, act);
      const fault = broken(model, act);
      if (fault !== undefined) throw new Error(`${JSON.stringify(act)}: ${fault}`);
    }
    after(model);
  }
  return model;
}

const plain = (model: Model) => ({
  ...model,
  accounts: new Map([...model.accounts]),
  attachments: new Map([...model.attachments].filter(([, attached]) => attached.size > 0)),
});

describe('the order of a plan', () => {
  it.each([
    ['with room', ROOM],
    ['where nodes and documents are full', TIGHT],
  ])('leads from any state to any other, past nothing the database refuses, %s', (_, limits) => {
    fc.assert(
      fc.property(statePair, ([before, after]) => {
        const reached = run(before, orderSteps(before, after, limits), () => undefined);
        expect(plain(reached)).toEqual(plain(after));
      }),
      RUNS,
    );
  });

  it.each([
    ['with room', ROOM],
    ['where nodes and documents are full', TIGHT],
  ])('lets nobody do, at any step, what neither before nor afterwards allows, %s', (_, limits) => {
    fc.assert(
      fc.property(statePair, ([before, after]) => {
        const refs: Ref[] = [...new Set([...before.accounts.keys(), ...after.accounts.keys()])];
        run(before, orderSteps(before, after, limits), (model) => {
          for (const ref of refs)
            for (const action of ACTIONS)
              if (allowed(model, ref, action) && !allowed(before, ref, action) && !allowed(after, ref, action))
                throw new Error(`${ref} may do ${action} in between`);
        });
      }),
      RUNS,
    );
  });

  it('never has more policies on a node than the limit, where before and after keep it', () => {
    fc.assert(
      fc.property(statePair, ([before, after]) => {
        const most = (model: Model, target: Ref) => attachedTo(model, target).size;
        const limit = Math.max(3, ...[before, after].flatMap((m) => [...m.attachments.keys()].map((t) => most(m, t))));
        run(before, orderSteps(before, after, { ...ROOM, attachmentsPerNode: limit }), (model) => {
          const full = [...model.attachments.keys()].find((target) => most(model, target) > limit);
          expect(full).toBeUndefined();
        });
      }),
      RUNS,
    );
  });

  it('never leaves a node without an enforced policy', () => {
    fc.assert(
      fc.property(statePair, ([before, after]) => {
        run(before, orderSteps(before, after, ROOM), (model) => {
          const bare = [...model.attachments.values()].find((held) => ![...held.values()].includes('enforce'));
          expect(bare).toBeUndefined();
        });
      }),
      RUNS,
    );
  });

  it('is empty between equal states', () => {
    fc.assert(
      fc.property(statePair, ([before]) => {
        expect(orderSteps(before, cloneModel(before), ROOM)).toEqual([]);
      }),
    );
  });
});
