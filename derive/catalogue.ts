/** The product's own actions, for everything that wants to know whether an action exists. */

import type { AnyOperation } from '../platform/contract/operation.ts';
import type { ActionCatalogue, ActionEntry } from '../policies/engine/index.ts';

export function actionCatalogue(operations: readonly AnyOperation[]): ActionCatalogue {
  const services = new Map<string, Map<string, ActionEntry>>();
  for (const { authz } of operations) {
    if (typeof authz !== 'object') continue;
    for (const action of [authz.action, ...(authz.alsoChecks ?? [])]) {
      const [prefix = '', name = ''] = action.split(':');
      const actions = services.get(prefix) ?? new Map<string, ActionEntry>();
      services.set(prefix, actions);
      actions.set(name.toLowerCase(), {
        name,
        resourceTypes: authz.resource === '*' ? [] : [authz.resource],
        conditionKeys: authz.conditions ?? [],
      });
    }
  }
  return { services, conditionKeys: new Map() };
}
