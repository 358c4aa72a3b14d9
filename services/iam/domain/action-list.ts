/** Every action that can be asked about, in order, and the resources it can be asked about. */
import { parseArn } from '../../../platform/contract/arn.ts';
import type { KnownActions } from './known-actions.ts';

export interface ListedAction {
  /** As documented, `kms:Decrypt`. */
  name: string;
  /** Lower case: the order of the list. */
  key: string;
  /** `kms:key`; empty for actions without a resource. */
  resourceTypes: readonly string[];
}

/** Of the product and of the account's applications; `service`: of one prefix only. */
export function actionList({ catalogue, namespaces }: KnownActions, service?: string): ListedAction[] {
  const listed: ListedAction[] = [];
  const add = (prefix: string, name: string, resourceTypes: readonly string[]) => {
    const full = `${prefix}:${name}`;
    if (service === undefined || prefix === service)
      listed.push({ name: full, key: full.toLowerCase(), resourceTypes });
  };
  for (const [prefix, actions] of catalogue?.services ?? [])
    for (const { name, resourceTypes } of actions.values()) add(prefix, name, resourceTypes);
  for (const [prefix, { Actions }] of namespaces)
    for (const { Name, ResourceTypes = [] } of Actions)
      add(
        prefix,
        Name,
        ResourceTypes.map((type) => `${prefix}:${type}`),
      );
  return listed.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** `*` can be asked about with every action; an ARN with those that act on resources of its type. */
export function actsOn({ resourceTypes }: ListedAction, resource: string): boolean {
  const arn = parseArn(resource);
  if (!arn) return true;
  const [type = ''] = arn.resource.split(/[/:]/, 1);
  return resourceTypes.includes(`${arn.service}:${type}`);
}
