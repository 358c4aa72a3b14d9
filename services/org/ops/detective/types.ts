/** Types of external resources. */
import { change, noResource } from '../../../../platform/runtime/call.ts';
import { DeleteConfigResourceType, ListConfigResourceTypes, PutConfigResourceType } from '../../api/config-types.ts';
import { schemaFaults } from '../../domain/detective/json-schema.ts';
import { typeArn } from '../../domain/detective/names.ts';
import type { Tx } from '../../store/db.ts';
import { anyOfType } from '../../store/detective/items.ts';
import { allTypes, bumpRules, deleteType, typeOf, writeType } from '../../store/detective/rules.ts';
import type { ConfigTypeTable } from '../../store/detective/tables.ts';
import { implement } from '../implement.ts';
import { openAt, slicePage } from './pages.ts';

const DEFAULT_FRESHNESS_HOURS = 24;

function show(row: Omit<ConfigTypeTable, 'account_id' | 'updated_at'>, Shipped: boolean) {
  return {
    ResourceType: row.type,
    Title: row.title,
    Schema: row.schema,
    FreshnessHours: row.freshness_hours,
    Shipped,
  };
}

export const putConfigResourceType = implement(PutConfigResourceType, {
  resolve: (call, input, deps) => ({
    targets: [{ resource: typeArn(deps.settings.partition, call.caller.accountId, input.ResourceType) }],
    state: undefined,
  }),
  run(call, input, _state, deps) {
    const { accountId } = call.caller;
    if (deps.detective.library.types.has(input.ResourceType)) {
      throw call.fail('ShippedType', `type ${input.ResourceType} comes with the product`, {
        hint: 'choose another name',
      });
    }
    let schema: unknown;
    try {
      schema = JSON.parse(input.Schema);
    } catch {
      throw call.fail('InvalidSchema', 'the schema is no JSON');
    }
    const faults = schemaFaults(schema);
    if (faults.length > 0)
      throw call.fail('InvalidSchema', `the schema cannot be used: ${faults[0]}`, { details: { faults } });
    const row: ConfigTypeTable = {
      account_id: accountId,
      type: input.ResourceType,
      title: input.Title ?? input.ResourceType,
      schema: JSON.stringify(schema),
      freshness_hours: input.FreshnessHours ?? DEFAULT_FRESHNESS_HOURS,
      updated_at: call.now,
    };
    return change(
      async (transaction) => {
        const tx = transaction as Tx;
        await bumpRules(tx);
        const own = (await allTypes(tx)).filter((type) => type.account_id === accountId);
        const most = deps.detective.limits.typesPerAccount;
        if (!own.some((type) => type.type === row.type) && own.length >= most)
          throw call.fail('LimitExceeded', `an account registers at most ${most} types`);
        await writeType(tx, row);
        return { Type: show(row, false) };
      },
      () => deps.detective.forget(),
    );
  },
});

export const listConfigResourceTypes = implement(ListConfigResourceTypes, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const own = (await allTypes(deps.store.read)).filter((row) => row.account_id === call.caller.accountId);
    const shipped = [...deps.detective.library.types.values()].map((type) =>
      show(
        {
          type: type.type,
          title: type.title,
          schema: JSON.stringify(type.schema),
          freshness_hours: type.freshnessHours,
        },
        true,
      ),
    );
    const all = [...shipped, ...own.map((row) => show(row, false))].sort((a, b) =>
      a.ResourceType < b.ResourceType ? -1 : 1,
    );
    const { rows, ...next } = slicePage(openAt<string>(deps, call, input, null), all, (type) => type.ResourceType);
    return { Types: rows, ...next };
  },
});

export const deleteConfigResourceType = implement(DeleteConfigResourceType, {
  async resolve(call, input, deps) {
    const { accountId } = call.caller;
    const found = await typeOf(deps.store.read, accountId, input.ResourceType);
    const shipped = deps.detective.library.types.has(input.ResourceType);
    const missing = shipped
      ? call.fail('ShippedType', `type ${input.ResourceType} comes with the product`)
      : call.fail('NotFound', `type ${input.ResourceType} is not registered`);
    return {
      targets: [{ resource: typeArn(deps.settings.partition, accountId, input.ResourceType) }],
      state: undefined,
      ...(!found && { absent: missing }),
    };
  },
  run(call, input, _state, deps) {
    const { accountId } = call.caller;
    return change(
      async (transaction) => {
        const tx = transaction as Tx;
        await bumpRules(tx);
        if (await anyOfType(tx, accountId, input.ResourceType)) {
          throw call.fail('TypeInUse', `there are resources of type ${input.ResourceType}`, {
            hint: 'delete them first',
          });
        }
        if (!(await deleteType(tx, accountId, input.ResourceType)))
          throw call.fail('NotFound', `type ${input.ResourceType} is not registered`);
        return undefined;
      },
      () => deps.detective.forget(),
    );
  },
});
