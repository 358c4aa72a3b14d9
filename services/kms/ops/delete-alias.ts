import { implementFor } from '../../../platform/runtime/call.ts';
import { DeleteAlias } from '../api/aliases.ts';
import type { KmsDeps } from '../deps.ts';
import { deleteAlias as removeAlias } from '../store/queries.ts';
import { aliasRowOf, aliasTarget, askAboutHolder, missingAlias, requireAliasName } from './alias-access.ts';
import { aliasesColumn, changeKeys, conflict, edited } from './key-change.ts';
import { requireState } from './key-use.ts';

const implement = implementFor<KmsDeps>();

export const deleteAlias = implement(DeleteAlias, {
  async resolve(call, input, deps) {
    requireAliasName(call, input.AliasName);
    const holder = await deps.keys.freshByAlias(call.caller.accountId, input.AliasName);
    const targets = [aliasTarget(call, deps, input.AliasName, holder)];
    if (!holder) return { targets, state: undefined as never, absent: missingAlias(call, deps, input.AliasName) };
    targets.push((await askAboutHolder(call, deps, holder)).target);
    return { targets, state: holder };
  },
  async run(call, input, holder, deps) {
    requireState(call, 'DeleteAlias', holder);
    const name = input.AliasName;
    const row = await aliasRowOf(deps, holder, name);
    if (!row) throw conflict(call, name);
    return changeKeys(call, deps, {
      keys: [edited(holder, { aliases: aliasesColumn(holder.aliases.filter((alias) => alias !== name)) })],
      also: async (tx) => {
        if (!(await removeAlias(tx, row))) throw conflict(call, name);
      },
      alias: { accountId: holder.accountId, name },
      output: undefined,
    });
  },
});
