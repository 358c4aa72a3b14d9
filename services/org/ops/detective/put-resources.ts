/** Registering resources from outside, one or many, and telling that one is gone. */
import { change } from '../../../../platform/runtime/call.ts';
import { isUniqueViolation } from '../../../../platform/store/index.ts';
import { BatchPutResourceConfigs, DeleteResourceConfig, PutResourceConfig } from '../../api/config-resources.ts';
import type { OrgDeps } from '../../deps.ts';
import { externalArn } from '../../domain/detective/names.ts';
import type { Tx } from '../../store/db.ts';
import { itemByArn } from '../../store/detective/items.ts';
import { addToCount } from '../../store/detective/rules.ts';
import type { ConfigItemTable } from '../../store/detective/tables.ts';
import { verdictsOf } from '../../store/detective/verdicts.ts';
import { implement } from '../implement.ts';
import type { AnyCall } from '../standing.ts';
import { type Observation, recordItems } from './record.ts';
import { observationOf, registrationTarget } from './registration.ts';
import { showItem, showVerdict } from './show.ts';

const conflict = (call: AnyCall) =>
  call.fail('VersionConflict', 'the resource was changed meanwhile', { hint: 'read it again, then try again' });

/** The account's resources are counted in the transaction, so that no number of senders gets past the limit. */
async function record(call: AnyCall, deps: OrgDeps, tx: Tx, observations: readonly Observation[]) {
  const book = await deps.detective.rulebook(tx, call.now);
  const recorded = await recordItems(tx, book, observations, call.now).catch((error: unknown) => {
    if (isUniqueViolation(error)) throw conflict(call);
    throw error;
  });
  const { made } = recorded;
  if (made > 0) {
    const most = deps.detective.limits.externalResources;
    const count = await addToCount(tx, `external/${call.caller.accountId}`, made);
    if (count > most) throw call.fail('LimitExceeded', `an account registers at most ${most} resources`);
  }
  return recorded;
}

const touch = (call: AnyCall, { arn, accountId }: Observation) =>
  call.touches(arn, 'Parapet::Config::Resource', accountId);

export const putResourceConfig = implement(PutResourceConfig, {
  async resolve(call, input, deps) {
    const target = registrationTarget(call, deps, input);
    const known = await itemByArn(deps.store.read, target.resource);
    const resourceTags = known?.status === 'OK' ? (JSON.parse(known.tags) as Record<string, string>) : undefined;
    return { targets: [{ ...target, ...(resourceTags && { resourceTags }) }], state: undefined };
  },
  async run(call, input, _state, deps) {
    const observation = await observationOf(call, deps, input);
    touch(call, observation);
    return change(async (transaction) => {
      const tx = transaction as Tx;
      if (input.ExpectedVersion !== undefined) {
        const before = await itemByArn(tx, observation.arn);
        const version = before?.status === 'OK' ? before.version : 0;
        if (version !== input.ExpectedVersion) throw conflict(call);
      }
      const { rows } = await record(call, deps, tx, [observation]);
      const row = rows[0] as ConfigItemTable;
      const verdicts = (await verdictsOf(tx, [row.arn])).get(row.arn) ?? [];
      return { Item: showItem(row), Verdicts: verdicts.map((verdict) => showVerdict(verdict, call.now)) };
    });
  },
});

export const batchPutResourceConfigs = implement(BatchPutResourceConfigs, {
  resolve: (call, input, deps) => ({
    targets: input.Items.map((item) => registrationTarget(call, deps, item)),
    state: undefined,
  }),
  async run(call, input, _state, deps) {
    const observations = new Map<string, Observation>();
    for (const item of input.Items) {
      const observation = await observationOf(call, deps, item);
      if (observations.has(observation.arn)) throw call.fail('Validation', `${observation.arn} appears twice`);
      observations.set(observation.arn, observation);
    }
    for (const observation of observations.values()) touch(call, observation);
    return change(async (tx) => {
      const { rows, changed } = await record(call, deps, tx as Tx, [...observations.values()]);
      return { Items: rows.map(showItem), Changed: changed };
    });
  },
});

export const deleteResourceConfig = implement(DeleteResourceConfig, {
  async resolve(call, input, deps) {
    const resource = externalArn(deps.settings.partition, call.caller.accountId, input.ResourceType, input.ResourceId);
    const row = await itemByArn(deps.store.read, resource);
    const found = row?.status === 'OK' ? row : undefined;
    return {
      targets: [{ resource, ...(found && { resourceTags: JSON.parse(found.tags) as Record<string, string> }) }],
      state: found as ConfigItemTable,
      ...(!found && { absent: call.fail('NotFound', `resource ${resource} is not registered`) }),
    };
  },
  run(call, _input, row, deps) {
    const gone: Observation = {
      arn: row.arn,
      type: row.type,
      accountId: row.account_id,
      name: row.name,
      createdAt: undefined,
      tags: {},
      configuration: '{}',
      deleted: true,
      recorder: 'api',
      observedAt: call.now,
      cause: { eventId: call.eventId, eventName: call.operation.name, actor: call.caller.arn },
    };
    touch(call, gone);
    return change(async (transaction) => {
      const tx = transaction as Tx;
      const book = await deps.detective.rulebook(tx, call.now);
      const { rows } = await recordItems(tx, book, [gone], call.now);
      const after = rows[0];
      if (after?.status !== 'DELETED') throw call.fail('NotFound', `resource ${row.arn} is not registered`);
      await addToCount(tx, `external/${call.caller.accountId}`, -1);
      return { Item: showItem(after) };
    });
  },
});
