import { implementFor } from '../../../platform/runtime/call.ts';
import { UpdateAlias } from '../api/aliases.ts';
import type { KmsDeps } from '../deps.ts';
import { MAX_ALIASES_PER_KEY } from '../domain/limits.ts';
import { replaceAlias } from '../store/queries.ts';
import {
  aliasRowOf,
  aliasTarget,
  askAboutHolder,
  findTarget,
  missingAlias,
  requireAliasName,
  sealedAlias,
} from './alias-access.ts';
import { missingKey } from './key-access.ts';
import { aliasesColumn, changeKeys, conflict, edited } from './key-change.ts';
import { requireState } from './key-use.ts';

const implement = implementFor<KmsDeps>();

export const updateAlias = implement(UpdateAlias, {
  async resolve(call, input, deps) {
    requireAliasName(call, input.AliasName);
    const holder = await deps.keys.freshByAlias(call.caller.accountId, input.AliasName);
    const { found, answer } = await findTarget(call, deps, input.TargetKeyId);
    const targets = [aliasTarget(call, deps, input.AliasName, holder)];
    // Pointing an alias at a key of another project moves it there.
    if (holder && answer.record && holder.row.enterprise_project_id !== answer.record.row.enterprise_project_id)
      targets.push(aliasTarget(call, deps, input.AliasName, answer.record));
    if (holder) targets.push((await askAboutHolder(call, deps, holder)).target);
    targets.push(answer.target);
    if (holder && answer.record) return { targets, state: { holder, target: answer.record } };
    const absent = holder ? missingKey(call, found.reference) : missingAlias(call, deps, input.AliasName);
    return { targets, state: undefined as never, absent };
  },
  async run(call, input, { holder, target }, deps) {
    const name = input.AliasName;
    const row = await aliasRowOf(deps, holder, name);
    if (!row) throw conflict(call, name);
    const next = await sealedAlias(deps, { ...row, key_id: target.row.key_id, updated_at: call.now });
    const moves = holder.row.key_id !== target.row.key_id;
    const left = edited(holder, { aliases: aliasesColumn(holder.aliases.filter((alias) => alias !== name)) });
    const reached = edited(target, { aliases: aliasesColumn([...target.aliases, name]) });
    return changeKeys(call, deps, {
      check() {
        requireState(call, 'UpdateAlias', target);
        if (moves && target.aliases.length >= MAX_ALIASES_PER_KEY) {
          throw call.fail('LimitExceeded', `${target.arn} has ${MAX_ALIASES_PER_KEY} aliases`);
        }
      },
      // In the order of ids: two updates that cross do not wait for each other's rows.
      keys: moves ? [left, reached].sort((a, b) => (a.key_id < b.key_id ? -1 : 1)) : [edited(target, {})],
      also: async (tx) => {
        if (!(await replaceAlias(tx, next, row.key_id))) throw conflict(call, name);
      },
      alias: { accountId: target.accountId, name },
      output: undefined,
    });
  },
});
