/** Names checked against the catalogue: services, actions, resource types, condition keys (iam.md 1.11). */
import { parseOperatorName } from '../condition/cell.ts';
import type { OperandType } from '../condition/operators.ts';
import { canonicalAction, compileActionPattern } from '../pattern/action-pattern.ts';
import { matchStringPattern } from '../pattern/string-pattern.ts';
import type { ConditionElement, PolicyDocument, Statement, Text } from '../syntax/ast.ts';
import { FindingList } from '../syntax/findings.ts';
import type { ActionCatalogue, ActionEntry, ContextKeyEntry } from './catalogue.ts';
import { arnsOverlap } from './glob-relations.ts';
import { nearest } from './nearest.ts';

interface NamedAction {
  readonly service: string;
  readonly entry: ActionEntry;
}

/** Operand types that fit a key type beside its own. */
const ALSO_FITS: Readonly<Partial<Record<OperandType, readonly string[]>>> = {
  string: ['arn'],
  'time-window': ['date'],
};
/** Prefixes whose keys every action carries. */
const GLOBAL_PREFIXES = ['aws:', 'parapet:'];

export function checkReferences(document: PolicyDocument, catalogue: ActionCatalogue, findings: FindingList): void {
  for (const statement of document.statements) {
    const actions = statement.action.patterns.flatMap((pattern) => resolveActions(pattern, catalogue, findings));
    checkResourceTypes(statement, actions, catalogue, findings);
    for (const cell of statement.conditions) checkKey(cell, statement, actions, catalogue, findings);
  }
}

/** The catalogue's actions that a pattern names; reports a pattern that names none. */
function resolveActions(pattern: Text, catalogue: ActionCatalogue, findings: FindingList): NamedAction[] {
  const canonical = canonicalAction(pattern.value);
  const colon = canonical.indexOf(':');
  if (canonical === '*' || canonical === '*:*' || colon < 0) return [];
  const service = canonical.slice(0, colon);
  if (catalogue.namespaces?.has(service)) return [];
  const actions = catalogue.services.get(service);
  if (!actions) {
    const meant = nearest(service, catalogue.services.keys());
    findings.error('unknown-service', pattern, `service "${service}" is unknown`, meant && `did you mean ${meant}`);
    return [];
  }
  const compiled = compileActionPattern(pattern, false, new FindingList(''));
  if (!compiled) return [];
  const named: NamedAction[] = [];
  for (const [name, entry] of actions) {
    const full = `${service}:${name}`;
    if (matchStringPattern(compiled, full, 0, full.length, new Map())) named.push({ service, entry });
  }
  if (named.length === 0) reportNoAction(pattern, canonical.slice(colon + 1), actions, findings);
  return named;
}

function reportNoAction(
  pattern: Text,
  name: string,
  actions: ReadonlyMap<string, ActionEntry>,
  findings: FindingList,
): void {
  if (/[*?]/.test(name) || name === '') {
    findings.error('action-matches-nothing', pattern, `action "${pattern.value}" matches no action of the service`);
    return;
  }
  const meant = nearest(name, actions.keys());
  const hint = meant && `did you mean ${actions.get(meant)!.name}`;
  findings.error('unknown-action', pattern, `action "${pattern.value}" is unknown`, hint);
}

/** Every resource must fit a resource type of one of the actions: service always, the whole ARN where its form is known. */
function checkResourceTypes(
  statement: Statement,
  actions: readonly NamedAction[],
  catalogue: ActionCatalogue,
  findings: FindingList,
): void {
  const { resource } = statement;
  if (!resource || resource.negated || actions.length === 0 || statement.action.negated) return;
  const types = new Set(actions.flatMap(({ entry }) => entry.resourceTypes));
  for (const pattern of resource.patterns) {
    const service = pattern.value.split(':')[2];
    if (pattern.value === '*' || service === undefined || /[*?]/.test(service)) continue;
    if ([...types].some((type) => fitsType(pattern.value, service, type, catalogue))) continue;
    const hint =
      types.size === 0 ? 'write "*": these actions act on no particular resource' : `types: ${[...types].join(', ')}`;
    findings.error('unsupported-resource', pattern, `none of the actions acts on "${pattern.value}"`, hint);
  }
}

function fitsType(pattern: string, service: string, type: string, catalogue: ActionCatalogue): boolean {
  const form = catalogue.resources?.get(type);
  return form === undefined ? type.startsWith(`${service}:`) : arnsOverlap(pattern, form);
}

function checkKey(
  cell: ConditionElement,
  statement: Statement,
  actions: readonly NamedAction[],
  catalogue: ActionCatalogue,
  findings: FindingList,
): void {
  const key = cell.key.value.toLowerCase();
  const prefix = key.slice(0, key.indexOf(':'));
  if (catalogue.namespaces?.has(prefix)) return;
  const entry = findKey(key, catalogue);
  if (!entry) {
    const meant = nearest(key, catalogue.conditionKeys.keys());
    const code = GLOBAL_PREFIXES.some((global) => key.startsWith(global)) ? 'unknown-global-key' : 'unknown-key';
    findings.error(code, cell.key, `condition key "${cell.key.value}" is unknown`, meant && `did you mean ${meant}`);
    return;
  }
  checkOperator(cell, entry, findings);
  checkAvailability(cell, key, statement, actions, findings);
}

/** The key itself, or the family (`aws:requesttag/`) it belongs to. */
function findKey(key: string, { conditionKeys }: ActionCatalogue): ContextKeyEntry | undefined {
  const own = conditionKeys.get(key);
  if (own) return own;
  for (const separator of ['/', ':']) {
    const end = separator === '/' ? key.indexOf('/') : key.indexOf(':', key.indexOf(':') + 1);
    const family = end > 0 ? conditionKeys.get(key.slice(0, end + 1)) : undefined;
    if (family && end + 1 < key.length) return family;
  }
  return undefined;
}

function checkOperator(cell: ConditionElement, entry: ContextKeyEntry, findings: FindingList): void {
  const name = parseOperatorName(cell.operator.value);
  if (!name || name.form === 'null') return;
  const { operand } = name.operator;
  if (operand !== entry.type && !ALSO_FITS[operand]?.includes(entry.type)) {
    const message = `operator ${name.operator.name} does not fit key "${cell.key.value}" of type ${entry.type}`;
    findings.error('type-mismatch', cell.operator, message);
  }
  if (entry.multivalued && name.form === 'plain') {
    const hint = `write ForAnyValue:${name.operator.name} or ForAllValues:${name.operator.name}`;
    findings.error('missing-qualifier', cell.operator, `key "${cell.key.value}" has several values`, hint);
  }
  if (!entry.multivalued && name.form === 'all') {
    const message = `ForAllValues on key "${cell.key.value}", which has one value, holds when it is absent`;
    findings.add('security-warning', 'for-all-values-single', cell.operator, message, `write ${name.operator.name}`);
  }
}

/** A Deny that waits for a key no action supplies never fires: that is a hole, not a detail. */
function checkAvailability(
  cell: ConditionElement,
  key: string,
  statement: Statement,
  actions: readonly NamedAction[],
  findings: FindingList,
): void {
  if (actions.length === 0 || statement.action.negated) return;
  const isTag = key.startsWith('aws:requesttag/') || key === 'aws:tagkeys' || key.startsWith('aws:resourcetag/');
  if (!isTag && GLOBAL_PREFIXES.some((global) => key.startsWith(global))) return;
  const supplied = actions.some(({ entry }) =>
    entry.conditionKeys.some((known) => isSameKey(known.toLowerCase(), key)),
  );
  if (supplied) return;
  const message = `none of the actions supplies condition key "${cell.key.value}"`;
  if (statement.effect === 'Deny')
    findings.add('security-warning', 'key-not-supplied', cell.key, message, 'the Deny may never apply');
  else findings.error('key-not-supplied', cell.key, message);
}

/** `known` may be a family (`kms:encryptioncontext:`) or written with a placeholder (`aws:requesttag/${tagkey}`). */
function isSameKey(known: string, key: string): boolean {
  if (known === key) return true;
  const family = known.includes('$')
    ? known.slice(0, known.indexOf('$'))
    : known.endsWith('*')
      ? known.slice(0, -1)
      : known;
  return /[/:]$/.test(family) && key.startsWith(family);
}
