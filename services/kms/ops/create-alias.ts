import { implementFor } from '../../../platform/runtime/call.ts';
import { CreateAlias } from '../api/aliases.ts';
import type { KmsDeps } from '../deps.ts';
import { aliasArn } from '../domain/key-ref.ts';
import { MAX_ALIASES_PER_KEY } from '../domain/limits.ts';
import { insertAlias } from '../store/queries.ts';
import { aliasTarget, findTarget, requireAliasName, sealedAlias } from './alias-access.ts';
import { missingKey, placeOf } from './key-access.ts';
import { aliasesColumn, changeKeys, edited } from './key-change.ts';
import { requireState } from './key-use.ts';

const implement = implementFor<KmsDeps>();

export const createAlias = implement(CreateAlias, {
  async resolve(call, input, deps) {
    requireAliasName(call, input.AliasName);
    const { found, answer } = await findTarget(call, deps, input.TargetKeyId);
    const targets = [aliasTarget(call, deps, input.AliasName, answer.record), answer.target];
    if (answer.record) return { targets, state: answer.record };
    return { targets, state: undefined as never, absent: missingKey(call, found.reference) };
  },
  async run(call, input, record, deps) {
    const { accountId } = record;
    const name = input.AliasName;
    const taken = () =>
      call.fail('AlreadyExists', `An alias with the name ${aliasArn(placeOf(call, deps), name)} already exists`, {
        hint: 'UpdateAlias points it at another key',
      });
    const row = await sealedAlias(deps, {
      account_id: accountId,
      name,
      key_id: record.row.key_id,
      created_at: call.now,
      updated_at: call.now,
    });
    return changeKeys(call, deps, {
      check() {
        requireState(call, 'CreateAlias', record);
        if (record.aliases.includes(name)) throw taken();
        if (record.aliases.length >= MAX_ALIASES_PER_KEY) {
          throw call.fail('LimitExceeded', `${record.arn} has ${MAX_ALIASES_PER_KEY} aliases`);
        }
      },
      keys: [edited(record, { aliases: aliasesColumn([...record.aliases, name]) })],
      also: async (tx) => {
        if (!(await insertAlias(tx, row))) throw taken();
      },
      alias: { accountId, name },
      output: undefined,
    });
  },
});
