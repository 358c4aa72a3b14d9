/** An organization in memory that plans are applied to, as the service applies them: by ids, step by step. */
import { perform } from '../acts.ts';
import {
  type AppliedRecord,
  indexRecords,
  type LiveOrganization,
  modelOf,
  type RecordChange,
  recordName,
  type Value,
} from '../live.ts';
import { FULL_ACCESS, type Model, POLICY_TYPES, type Ref, ROOT } from '../model.ts';
import type { Plan } from '../plan.ts';

export const MANAGEMENT = '100000000000';
export const ROOT_ID = 'r-test';

export function emptyOrganization(): LiveOrganization {
  const shipped = POLICY_TYPES.map((type) => ({
    id: FULL_ACCESS[type].slice(1),
    type,
    name: FULL_ACCESS[type].slice(3),
    description: '',
    content: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    shipped: true,
  }));
  const full = FULL_ACCESS.SERVICE_CONTROL_POLICY.slice(1);
  return {
    revision: 1,
    organizationId: 'o-test',
    rootId: ROOT_ID,
    managementAccountId: MANAGEMENT,
    types: ['SERVICE_CONTROL_POLICY'],
    units: [],
    accounts: [{ id: MANAGEMENT, parentId: ROOT_ID, name: 'Management', email: undefined, state: 'ACTIVE', tags: {} }],
    policies: shipped,
    attachments: [ROOT_ID, MANAGEMENT].map((targetId) => ({ targetId, policyId: full, mode: 'enforce' as const })),
    services: [],
    delegates: [],
  };
}

export class MemoryOrganization {
  live: LiveOrganization;
  records: AppliedRecord[] = [];
  private next = 0;

  constructor(live = emptyOrganization()) {
    this.live = live;
  }

  /** Applies the first `count` steps. */
  apply({ steps, ids }: Plan, count = steps.length): void {
    const idOf = new Map<Ref, string>([...Object.entries(ids), [ROOT, this.live.rootId]]);
    const refOf = new Map([...idOf].map(([ref, id]) => [id, ref]));
    const model = modelOf(this.live, refOf);
    for (const { acts, records } of steps.slice(0, count)) {
      for (const act of acts) {
        if (act.kind === 'create-unit') idOf.set(act.unit, `ou-${++this.next}`);
        if (act.kind === 'create-account') idOf.set(act.account, String(200_000_000_000 + ++this.next));
        if (act.kind === 'create-policy') idOf.set(act.policy, `p-${++this.next}`);
        perform(model, act);
      }
      this.remember(records, idOf);
    }
    this.live = liveOf(model, this.live, (ref) => idOf.get(ref) ?? ref.slice(1));
  }

  private remember(changes: readonly RecordChange[], idOf: ReadonlyMap<Ref, string>): void {
    const index = indexRecords(this.records);
    for (const { kind, key, id, patch, gone } of changes) {
      const name = recordName(kind, key);
      if (gone) index.delete(name);
      else {
        const before = index.get(name);
        const state = Object.entries({ ...before?.state, ...patch }).filter(([, value]) => value !== null) as [
          string,
          Value,
        ][];
        index.set(name, { kind, key, id: before?.id ?? id ?? idOf.get(key), state: Object.fromEntries(state) });
      }
    }
    this.records = [...index.values()];
  }
}

export function liveOf(model: Model, before: LiveOrganization, id: (ref: Ref) => string): LiveOrganization {
  return {
    ...before,
    revision: before.revision + 1,
    types: [...model.types],
    units: [...model.units].map(([ref, { name, parent }]) => ({ id: id(ref), name, parentId: id(parent) })),
    accounts: [...model.accounts].map(([ref, { name, email, parent, state, tags }]) => ({
      id: id(ref),
      name,
      email,
      parentId: id(parent),
      state,
      tags,
    })),
    policies: [...model.policies].map(([ref, policy]) => ({ id: id(ref), ...policy })),
    attachments: [...model.attachments].flatMap(([target, held]) =>
      [...held].map(([policy, mode]) => ({ targetId: id(target), policyId: id(policy), mode })),
    ),
    services: [...model.services],
    delegates: [...model.delegates].flatMap(([service, accounts]) =>
      [...accounts].map((account) => ({ service, accountId: id(account) })),
    ),
  };
}
