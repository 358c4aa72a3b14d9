/** Packs of shipped guardrails: which are in force, for whom, with which parameters. */

import { change } from '../../../../platform/runtime/call.ts';
import { parameterFaults } from '../../../../policies/guardrails/parameters.ts';
import { DeleteConfigPack, ListConfigPacks, PutConfigPack } from '../../api/config-rules.ts';
import { packArn } from '../../domain/detective/names.ts';
import { EVERYBODY } from '../../domain/detective/rulebook.ts';
import type { Tx } from '../../store/db.ts';
import { allPacks, bumpRules, deletePack, packFor, writePack } from '../../store/detective/rules.ts';
import type { ConfigPackTable } from '../../store/detective/tables.ts';
import { implement } from '../implement.ts';
import type { AnyCall } from '../standing.ts';
import { openAt, slicePage } from './pages.ts';
import { asViewer, mayBind, type Viewer, viewerOf } from './reach.ts';

type Values = Parameters<typeof parameterFaults>[1];

function show(row: ConfigPackTable) {
  return {
    PackName: row.pack_name,
    Target: row.target_id,
    ...(row.account_id !== '' && { AccountId: row.account_id }),
    Parameters: Object.entries(JSON.parse(row.parameters) as Record<string, Record<string, string>>).map(
      ([RuleId, Values]) => ({ RuleId, Values }),
    ),
    CreatedAt: row.created_at,
  };
}

function requireMayBind(call: AnyCall, viewer: Viewer, target: string): void {
  if (mayBind(viewer, target)) return;
  throw call.fail('ForbiddenTarget', `this account decides about no pack for ${target}`, {
    hint: 'the management account binds units and other accounts',
  });
}

export const putConfigPack = implement(PutConfigPack, {
  async resolve(call, input, deps) {
    const known = deps.detective.library.packs.has(input.PackName);
    return {
      targets: [{ resource: packArn(deps.settings.partition, call.caller.accountId, input.PackName) }],
      state: await viewerOf(call, deps),
      ...(!known && { absent: call.fail('NotFound', `pack ${input.PackName} does not exist`) }),
    };
  },
  run(call, input, viewer, deps) {
    const target = input.Target ?? viewer.accountId;
    requireMayBind(call, viewer, target);
    const { guardrails, packs } = deps.detective.library;
    const members = new Set(packs.get(input.PackName)?.rules.map(({ id }) => id));
    for (const { RuleId, Values } of input.Parameters ?? []) {
      const guardrail = members.has(RuleId) ? guardrails.get(RuleId) : undefined;
      const faults = guardrail ? parameterFaults(guardrail, Values as Values) : ['the pack does not hold it'];
      if (faults.length > 0) throw call.fail('Validation', `${RuleId}: ${faults[0]}`, { details: { faults } });
    }
    const parameters = Object.fromEntries((input.Parameters ?? []).map(({ RuleId, Values }) => [RuleId, Values]));
    const row: ConfigPackTable = {
      pack_name: input.PackName,
      target_id: target,
      account_id: viewer.accountId,
      parameters: JSON.stringify(parameters),
      created_at: call.now,
    };
    return change(
      async (transaction) => {
        const tx = transaction as Tx;
        await bumpRules(tx);
        await writePack(tx, row);
        return { Pack: show(row) };
      },
      () => deps.detective.forget(),
    );
  },
});

export const listConfigPacks = implement(ListConfigPacks, {
  resolve: (call, _input, deps) => asViewer(call, deps),
  async run(call, input, viewer, deps) {
    const { places, accountId } = viewer;
    const bound = new Set([EVERYBODY, ...places.unitsOf(accountId), accountId]);
    const all = accountId === places.managementAccountId;
    const rows = (await allPacks(deps.store.read)).filter(
      (row) => bound.has(row.target_id) || row.account_id === accountId || (all && mayBind(viewer, row.target_id)),
    );
    const key = (row: ConfigPackTable) => `${row.pack_name} ${row.target_id}`;
    const { rows: shown, ...next } = slicePage(openAt<string>(deps, call, input, null), rows, key);
    return { Packs: shown.map(show), ...next };
  },
});

export const deleteConfigPack = implement(DeleteConfigPack, {
  async resolve(call, input, deps) {
    const viewer = await viewerOf(call, deps);
    const target = input.Target ?? viewer.accountId;
    // A target that the caller may not bind is refused alike whether a pack is in force there or not.
    const missing = mayBind(viewer, target) && !(await packFor(deps.store.read, input.PackName, target));
    return {
      targets: [{ resource: packArn(deps.settings.partition, call.caller.accountId, input.PackName) }],
      state: viewer,
      ...(missing && { absent: call.fail('NotFound', `pack ${input.PackName} is not in force for ${target}`) }),
    };
  },
  run(call, input, viewer, deps) {
    const target = input.Target ?? viewer.accountId;
    requireMayBind(call, viewer, target);
    return change(
      async (transaction) => {
        const tx = transaction as Tx;
        await bumpRules(tx);
        if (!(await deletePack(tx, input.PackName, target)))
          throw call.fail('NotFound', `pack ${input.PackName} is not in force for ${target}`);
        return undefined;
      },
      () => deps.detective.forget(),
    );
  },
});
