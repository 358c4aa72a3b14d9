/** What policies can name: actions, resource types and condition keys of each service, from the declarations. */
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { GLOBAL_CONDITION_KEYS } from './global-condition-keys.ts';
import { code, GENERATED, table } from './markdown.ts';

interface Action {
  name: string;
  resources: Set<string>;
  conditions: Set<string>;
  operations: Set<string>;
}

export function actionsReference(operations: readonly AnyOperation[]): string {
  const services = actionsByPrefix(operations);
  const contents = [...services.keys()].map((prefix) => `[${prefix}](#${prefix})`).join(' · ');
  const sections = [...services].map(([prefix, actions]) => section(prefix, actions));
  const global = Object.entries(GLOBAL_CONDITION_KEYS).map(([key, meaning]) => [code(key), meaning]);
  return `${GENERATED}# Actions, resource types and condition keys

What policies can name: ${contents}. How they are judged: [order of evaluation](../explanation/evaluation-order.md).

An action with \`*\` as its resource type is asked about no particular resource: a statement for it names
\`"Resource": "*"\`. One without a type is only asked beside another one, about what that operation is about or names. The operations that
need no permission are not here; they are in the [reference of operations](operations.md).

## Condition keys of every request

${table(['key', 'value'], global)}
${sections.join('\n')}`;
}

/** Prefixes and actions in the order of the alphabet. */
function actionsByPrefix(operations: readonly AnyOperation[]): Map<string, Action[]> {
  const actions = new Map<string, Action>();
  for (const { authz, name, area } of operations) {
    if (typeof authz !== 'object') continue;
    for (const asked of [authz.action, ...(authz.alsoChecks ?? [])]) {
      const action = actions.get(asked) ?? {
        name: asked,
        resources: new Set(),
        conditions: new Set(),
        operations: new Set(),
      };
      actions.set(asked, action);
      action.operations.add(`${area} ${name}`);
      // What else an operation asks may be about another resource, with other keys; each action says its own.
      if (asked !== authz.action) continue;
      action.resources.add(authz.resource);
      for (const key of authz.conditions ?? []) action.conditions.add(key);
    }
  }
  const byPrefix = new Map<string, Action[]>();
  for (const action of [...actions.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const prefix = action.name.slice(0, action.name.indexOf(':'));
    byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), action]);
  }
  return byPrefix;
}

function section(prefix: string, actions: readonly Action[]): string {
  const rows = actions.map(({ name, resources, conditions, operations }) => [
    code(name),
    list(resources),
    list(conditions),
    [...operations].join(', '),
  ]);
  return `## ${prefix}

${table(['action', 'resource type', 'condition keys of its own', 'operations that ask it'], rows)}
${inverted('resource type', actions, ({ resources }) => resources)}${inverted('condition key', actions, ({ conditions }) => conditions)}`;
}

/** For each resource type or condition key, the actions that have it. */
function inverted(head: string, actions: readonly Action[], of: (action: Action) => ReadonlySet<string>): string {
  const names = [...new Set(actions.flatMap((action) => [...of(action)]))].filter((name) => name !== '*').sort();
  if (names.length === 0) return '';
  const short = ({ name }: Action) => code(name.slice(name.indexOf(':') + 1));
  const rows = names.map((name) => [
    code(name),
    actions
      .filter((action) => of(action).has(name))
      .map(short)
      .join(', '),
  ]);
  return `${table([head, 'actions'], rows)}\n`;
}

const list = (names: ReadonlySet<string>) => [...names].map(code).join(', ');
