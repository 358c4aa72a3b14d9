import { parseArn } from '../../../../platform/contract/arn.ts';
import { change } from '../../../../platform/runtime/call.ts';
import { orDamaged } from '../../../../platform/store/damaged.ts';
import type { CcmsDeps } from '../../deps.ts';
import { functionNameOf } from '../../domain/rotation/function-ref.ts';
import type { FunctionRow } from '../../domain/rotation/rows.ts';
import {
  guardedFunction,
  listFunctionIds,
  listFunctionsInProject,
  writeFunction,
} from '../../store/rotation-queries.ts';
import { arnOfFunction, askAboutFunction, sealedFunction } from '../rotation/functions.ts';
import { placeOf } from '../secret-access.ts';
import { moveOf, type OwnedKind, type OwnedResource } from './kind.ts';

const TYPE = 'secretsmanager:rotation-function';

export const functions: OwnedKind = {
  type: TYPE,

  async find(deps, arn) {
    const accountId = parseArn(arn)?.accountId ?? '';
    const name = functionNameOf(arn, { ...deps.settings, accountId });
    if (name === undefined) return undefined;
    const found = await orDamaged(() => deps.rotations.functionByName(accountId, name));
    if (found === 'damaged') return found;
    return found ? owned(found, deps) : { gone: { name, accountId } };
  },

  async byId(deps, id) {
    const found = await orDamaged(() => deps.rotations.functionById(id));
    return found && found !== 'damaged' ? owned(found, deps) : found;
  },

  ids: listFunctionIds,

  async inProject(deps, where) {
    const rows = await listFunctionsInProject(deps.store.read, where);
    await deps.guard.verify(rows.map(guardedFunction));
    return rows.map((row) => owned(row, deps));
  },

  async askToMove(call, deps, arn) {
    const name = functionNameOf(arn, placeOf(call, deps));
    if (name === undefined) return undefined;
    const { target, row } = await askAboutFunction(call, deps, name);
    return { target, resource: row && owned(row, deps) };
  },
};

function owned(row: FunctionRow, deps: CcmsDeps): OwnedResource {
  const arn = arnOfFunction(row, deps);
  const project = row.enterprise_project_id;
  return {
    id: row.function_id,
    arn,
    accountId: row.account_id,
    project,
    tags: {},
    item: () => ({
      Arn: arn,
      Type: TYPE,
      AccountId: row.account_id,
      Name: row.name,
      CreatedAt: row.created_at,
      Tags: {},
      Configuration: JSON.stringify({
        name: row.name,
        url: row.url,
        roleArn: row.role_arn,
        signingSecretArn: row.signing_secret_arn,
      }),
      Deleted: false,
    }),
    async moveTo(call, _deps, to) {
      const { row_mac, ...before } = row;
      const after = await sealedFunction(deps, { ...before, enterprise_project_id: to, version: before.version + 1 });
      return change(async (tx) => {
        if (!(await writeFunction(tx, after)))
          throw call.fail('Conflict', `function ${row.name} was changed by another request at the same time`);
        return moveOf({ arn, project }, to);
      });
    },
  };
}
