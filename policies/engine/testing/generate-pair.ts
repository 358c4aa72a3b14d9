/** Generates policy sets and requests for the differential and metamorphic tests; deterministic per seed. */
import type { AuthorizationRequest, CompiledPolicy, ContextMap, Layers, PolicyKind, Statement } from '../index.ts';
import { buildPolicySet, compilePolicy, restrictPolicy } from '../index.ts';
import type { Random } from './random.ts';
import {
  ACTION_PATTERNS,
  ACTIONS,
  HOME,
  KEY_DOMAINS,
  type KeyDomain,
  OTHER,
  PADDED_ARNS,
  PRINCIPAL_NAMES,
  PRINCIPALS,
  PROJECT_DOMAIN,
  RESOURCE_PATTERNS,
  RESOURCES,
  SHORT_ARNS,
  TIME_WINDOWS,
  VARIABLE_RESOURCES,
} from './universe.ts';

/** The layers as lists of policies: both evaluators and the laws build what they need from it. */
export interface GeneratedLayers {
  readonly rcp?: readonly GeneratedLevel[];
  readonly scp?: readonly GeneratedLevel[];
  readonly endpoint?: readonly CompiledPolicy[];
  readonly resource?: readonly CompiledPolicy[];
  readonly resourceTrust?: 'normal' | 'explicit';
  readonly identity?: readonly CompiledPolicy[];
  readonly boundary?: readonly CompiledPolicy[];
  readonly session?: readonly CompiledPolicy[];
}
export interface GeneratedLevel {
  readonly id: string;
  readonly policies: readonly CompiledPolicy[];
}
/** A statement as JSON. */
export type StatementJson = Record<string, unknown>;

const WITH_PRINCIPAL: ReadonlySet<PolicyKind> = new Set(['resource', 'trust', 'rcp', 'endpoint']);
const HOME_USERS = PRINCIPALS.slice(0, 2);
const LAYER_KINDS = ['endpoint', 'resource', 'identity', 'boundary', 'session'] as const;

/** Indexes generated layers for the engine. */
export function indexLayers(layers: GeneratedLayers): Layers {
  const levels = (list: readonly GeneratedLevel[]) =>
    list.map(({ id, policies }) => ({ id, name: id, set: buildPolicySet(policies) }));
  const sets = LAYER_KINDS.flatMap((kind) => {
    const policies = layers[kind];
    return policies ? [[kind, buildPolicySet(policies)] as const] : [];
  });
  return {
    ...Object.fromEntries(sets),
    ...(layers.rcp && { rcp: levels(layers.rcp) }),
    ...(layers.scp && { scp: levels(layers.scp) }),
    ...(layers.resourceTrust && { resourceTrust: layers.resourceTrust }),
  };
}

export function generateLayers(random: Random): GeneratedLayers {
  const some = (kind: PolicyKind, probability: number, least: number, most: number) =>
    random.chance(probability)
      ? {
          [kind]: random.list(least, most, () =>
            generatePolicy(random, random.chance(0.1) && kind === 'resource' ? 'trust' : kind),
          ),
        }
      : {};
  return {
    ...(random.chance(0.15) && { rcp: random.list(1, 2, () => generateLevel(random, 'rcp')) }),
    ...(random.chance(0.25) && { scp: random.list(1, 3, () => generateLevel(random, 'scp')) }),
    ...some('endpoint', 0.06, 0, 2),
    ...some('resource', 0.6, 0, 2),
    ...(random.chance(0.2) && { resourceTrust: random.pick(['normal', 'explicit'] as const) }),
    ...some('identity', 0.95, 1, 4),
    ...some('boundary', 0.12, 0, 3),
    ...some('session', 0.15, 0, 3),
  };
}

/** A level usually carries a full-access policy, as real ones do, or nearly everything would be denied there. */
function generateLevel(random: Random, kind: 'rcp' | 'scp'): GeneratedLevel {
  const id = `ou-${random.below(1000)}`;
  const policies = random.list(0, 2, () => generatePolicy(random, kind));
  if (!random.chance(0.93)) return { id, policies };
  const everyone = kind === 'rcp' ? { Principal: '*' } : {};
  const full = { Version: '2012-10-17', Statement: { Effect: 'Allow', ...everyone, Action: '*', Resource: '*' } };
  return { id, policies: [...policies, compilePolicy(full, { arn: `arn:full-${kind}`, kind, builtIn: true })] };
}

export function generatePolicy(random: Random, kind: PolicyKind): CompiledPolicy {
  const version = kind === 'rcp' || random.chance(0.85) ? '2012-10-17' : random.pick(['2008-10-17', undefined]);
  const statements = random.list(1, 3, () => generateStatement(random, kind));
  const document = { ...(version && { Version: version }), Statement: statements };
  return compilePolicy(JSON.stringify(document), { arn: `arn:${kind}-${random.below(1e6)}`, kind });
}

/** Some of the identity policies become grants in an enterprise project: the restriction stands in no text. */
export function confineSome(random: Random, layers: GeneratedLayers): GeneratedLayers {
  const { key, values } = PROJECT_DOMAIN;
  const identity = layers.identity?.map((policy) =>
    random.chance(0.15)
      ? restrictPolicy(policy, [{ operator: 'StringEquals', key, values: [random.pick(values)] }])
      : policy,
  );
  return { ...layers, ...(identity && { identity }) };
}

export function generateStatement(random: Random, kind: PolicyKind, effect?: 'Allow' | 'Deny'): StatementJson {
  const chosen = kind === 'rcp' ? 'Deny' : (effect ?? (random.chance(0.82) ? 'Allow' : 'Deny'));
  // Denies are kept narrower, or they would hide everything else.
  const narrow = chosen === 'Deny' ? 0.65 : 0.3;
  const conditions = random.chance(narrow) ? { Condition: generateCondition(random) } : {};
  return {
    Effect: chosen,
    ...(WITH_PRINCIPAL.has(kind) && principalElement(random, kind, chosen)),
    ...actionElement(random, kind, chosen),
    ...(kind !== 'trust' && resourceElement(random, kind)),
    ...conditions,
    // A trust policy that opens a role to everybody must have a condition.
    ...(kind === 'trust' && { Condition: generateCondition(random) }),
  };
}

function principalElement(random: Random, kind: PolicyKind, effect: 'Allow' | 'Deny'): StatementJson {
  if (kind === 'rcp') return { Principal: '*' };
  if (kind === 'resource' && random.chance(0.03)) return {};
  if (random.chance(0.2)) return { Principal: '*' };
  const type = random.pick(['AWS', 'AWS', 'AWS', 'AWS', 'Service', 'Federated'] as const);
  const names = random.list(1, 4, () => random.pick(PRINCIPAL_NAMES[type]));
  const mayNegate = kind === 'resource' || (kind === 'trust' && effect === 'Deny');
  return { [mayNegate && random.chance(0.15) ? 'NotPrincipal' : 'Principal']: { [type]: single(random, names) } };
}

function actionElement(random: Random, kind: PolicyKind, effect: 'Allow' | 'Deny'): StatementJson {
  const pattern = () => {
    const chosen = random.pick(random.chance(0.4) ? ACTIONS : ACTION_PATTERNS);
    const refused = (chosen === '*' || chosen === '*:*') && (kind === 'rcp' || effect === 'Deny');
    return refused ? 'kms:*' : chosen;
  };
  const negated = kind !== 'rcp' && random.chance(0.1);
  return { [negated ? 'NotAction' : 'Action']: single(random, random.list(1, 4, pattern)) };
}

function resourceElement(random: Random, kind: PolicyKind): StatementJson {
  const pattern = () => {
    const roll = random.next();
    if (roll < 0.2) return '*';
    if (roll < 0.35) return random.pick(VARIABLE_RESOURCES);
    if (roll < 0.4 && kind === 'scp') return random.pick(PADDED_ARNS);
    if (roll < 0.4 && kind !== 'rcp') return random.pick(SHORT_ARNS);
    return random.pick(roll < 0.6 ? RESOURCES : RESOURCE_PATTERNS);
  };
  return { [random.chance(0.12) ? 'NotResource' : 'Resource']: single(random, random.list(1, 3, pattern)) };
}

function generateCondition(random: Random): StatementJson {
  const condition: Record<string, Record<string, unknown>> = {};
  for (let left = random.chance(0.25) ? 2 : 1; left > 0; left--) {
    const domain = random.pick(KEY_DOMAINS);
    const { name, values } = generateCell(random, domain);
    condition[name] = { ...condition[name], [domain.key]: single(random, values) };
  }
  return condition;
}

function generateCell(random: Random, domain: KeyDomain): { name: string; values: string[] } {
  if (random.chance(0.12)) return { name: 'Null', values: [random.pick(['true', 'false'])] };
  const operator = random.pick(domain.operators);
  const qualifier = random.chance(domain.multivalued ? 0.7 : 0.08)
    ? random.pick(['ForAllValues:', 'ForAnyValue:'])
    : '';
  const suffix = random.chance(0.2) ? 'IfExists' : '';
  const name = random.chance(0.05) ? (qualifier + operator + suffix).toLowerCase() : qualifier + operator + suffix;
  const operands = operator === 'TimeOfDayBetween' ? TIME_WINDOWS : domain.operands;
  return { name, values: random.list(1, 3, () => random.pick(operands)) };
}

/** One element is often written without the list. */
function single<T>(random: Random, items: T[]): T | T[] {
  return items.length === 1 && random.chance(0.5) ? items[0]! : items;
}

/**
 * A request for the layers: mostly aimed at one of their statements (its action, resource and condition values), so
 * that a fair share of the requests is allowed and of them explicitly denied.
 */
export function generateRequest(random: Random, layers: GeneratedLayers): AuthorizationRequest {
  const facts = random.chance(0.05) ? { hasBoundary: true } : random.chance(0.03) ? { isServiceLinkedRole: true } : {};
  const target = random.chance(0.9) ? pickTarget(random, layers) : undefined;
  const context = generateContext(random);
  if (target) aimContext(random, target, context);
  const action = (target && aimedAction(random, target)) ?? random.pick(ACTIONS);
  return {
    principal: { ...random.pick(random.chance(0.65) ? HOME_USERS : PRINCIPALS), ...facts },
    action: random.chance(0.1) ? action.toUpperCase() : action,
    resource: (target && aimedResource(random, target, context)) ?? random.pick(RESOURCES),
    ...(random.chance(0.7) && { resourceAccount: random.chance(0.9) ? HOME : OTHER }),
    context,
  };
}

/** Grants come from identity and resource policies, denies from anywhere. */
function pickTarget(random: Random, layers: GeneratedLayers): Statement | undefined {
  const statements = policiesOf(layers).flatMap((policy) => policy.document.statements);
  const granting = [...(layers.identity ?? []), ...(layers.resource ?? [])].flatMap(
    ({ document }) => document.statements,
  );
  const denies = statements.filter((statement) => statement.effect === 'Deny');
  const allows = granting.filter((statement) => statement.effect === 'Allow');
  const wanted = random.chance(0.4) ? denies : allows;
  return random.pick(wanted.length > 0 ? wanted : statements);
}

/** Every policy of every layer. */
export function policiesOf(layers: GeneratedLayers): CompiledPolicy[] {
  const levels = [...(layers.rcp ?? []), ...(layers.scp ?? [])].flatMap((level) => level.policies);
  return [...levels, ...LAYER_KINDS.flatMap((kind) => layers[kind] ?? [])];
}

function aimedAction(random: Random, { action }: Statement): string | undefined {
  const pattern = random.pick(action.patterns).value;
  if (action.negated || pattern === '*' || pattern === '*:*') return undefined;
  const filled = fill(random, pattern, ['', 'De', 'Object']);
  return filled.endsWith(':') ? `${filled}List` : filled;
}

function aimedResource(random: Random, { resource }: Statement, context: ContextMap): string | undefined {
  const pattern = resource && random.pick(resource.patterns).value;
  if (!pattern || pattern === '*' || resource.negated) return undefined;
  const replaced = pattern.replaceAll(/\$\{([^},]*)(, '([^']*)')?\}/g, (_, key: string, __, fallback?: string) => {
    const value = context.get(key.toLowerCase());
    return typeof value === 'string' ? value : (fallback ?? key);
  });
  return fill(random, replaced, ['', 'one', 'team/one', 'local-1']);
}

/** Gives the keys of the statement's conditions values that the operands suggest. */
function aimContext(random: Random, statement: Statement, context: Map<string, string | readonly string[]>): void {
  for (const { key, values } of statement.conditions) {
    const operand = random.pick(values).value;
    const domain = KEY_DOMAINS.find((candidate) => candidate.key === key.value);
    if (!domain || random.chance(0.4) || !domain.values.some((value) => value.length > 0)) continue;
    const value =
      domain.operands.includes(operand) && !operand.includes('/')
        ? fill(random, operand, ['', 'am'])
        : random.pick(domain.values);
    context.set(key.value.toLowerCase(), domain.multivalued ? [value] : value);
  }
}

function fill(random: Random, pattern: string, runs: readonly string[]): string {
  return pattern.replaceAll(/[*?]/g, (wildcard) => (wildcard === '*' ? random.pick(runs) : 'e'));
}

function generateContext(random: Random): Map<string, string | readonly string[]> {
  const context = new Map<string, string | readonly string[]>();
  for (const domain of KEY_DOMAINS) {
    if (random.chance(0.3)) continue;
    const unexpected = random.chance(0.05);
    const value =
      domain.multivalued !== unexpected
        ? random.list(0, 3, () => random.pick(domain.values))
        : random.pick(domain.values);
    context.set(domain.key.toLowerCase(), value);
  }
  return context;
}
