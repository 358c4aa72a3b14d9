/** What the resources of the vault look like, for the detective engine. */
import type { ConfigurationItem } from '../../../../platform/contract/configuration.ts';
import { implementFor, noResource } from '../../../../platform/runtime/call.ts';
import { DescribeConfigurations, ListConfigurations } from '../../api/configurations.ts';
import type { CcmsDeps } from '../../deps.ts';
import { findOwned, kindsAfter, positionOf } from './kinds.ts';

const implement = implementFor<CcmsDeps>();
const DEFAULT_LIMIT = 100;

export const describeConfigurations = implement(DescribeConfigurations, {
  resolve: noResource,
  async run(_call, { Resources }, _state, deps) {
    const items = new Map<string, ConfigurationItem>();
    for (const arn of Resources) {
      const item = await describe(deps, arn);
      if (item) items.set(item.Arn, item);
    }
    return { Items: [...items.values()] };
  },
});

async function describe(deps: CcmsDeps, arn: string): Promise<ConfigurationItem | undefined> {
  const { kind, found } = (await findOwned(deps, arn)) ?? {};
  if (!kind || !found || found === 'damaged') return undefined;
  if ('arn' in found) return found.item();
  const { name: Name, accountId: AccountId } = found.gone;
  return { Arn: arn, Type: kind.type, AccountId, Name, Tags: {}, Configuration: '{}', Deleted: true };
}

export const listConfigurations = implement(ListConfigurations, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const limit = input.Limit ?? DEFAULT_LIMIT;
    const kinds = kindsAfter(input.After);
    if (!kinds) throw call.fail('Validation', 'After is no position of this list');
    const Items: ConfigurationItem[] = [];
    let looked = 0;
    for (const { kind, after } of kinds) {
      const ids = await kind.ids(deps.store.read, after, limit - looked);
      const found = await Promise.all(ids.map((id) => kind.byId(deps, id)));
      for (const resource of found) if (resource && resource !== 'damaged') Items.push(resource.item());
      looked += ids.length;
      const last = ids.at(-1);
      if (looked === limit && last !== undefined) return { Items, Next: positionOf(kind, last) };
    }
    return { Items };
  },
});
