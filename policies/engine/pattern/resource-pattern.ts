/** The strings of Resource and NotResource (iam.md 1.4): `*`, or an ARN pattern, complete or short. */
import type { PolicyKind } from '../model.ts';
import type { Text } from '../syntax/ast.ts';
import type { FindingList } from '../syntax/findings.ts';
import { ARN_SEGMENTS, type ArnPattern, compileArnPattern } from './arn.ts';
import { parseTemplate, splitTemplate, type TemplateToken } from './template.ts';

export interface ResourcePattern {
  /** Undefined for `*`, which also matches requests that name no resource. */
  readonly arn: ArnPattern | undefined;
  /** A wildcard stands in the type word (`u*`): never matches resources that have one. */
  readonly wildcardType: boolean;
  /** Keys of its variables, lower case. */
  readonly variables: readonly string[];
}

/** Services whose resource names begin with a type word. Object stores and the like have none: `b*` is a bucket. */
const TYPED_SERVICES: ReadonlySet<string> = new Set([
  'iam',
  'sts',
  'kms',
  'secretsmanager',
  'acm-pca',
  'organizations',
  'authz',
  'audit',
  'ccms',
  'pca',
  'org',
]);
const ANY_RESOURCE: ResourcePattern = { arn: undefined, wildcardType: false, variables: [] };
const STAR_TOKEN: TemplateToken = { type: 'star' };

/** True when resources of the service are named `type/...` or `type:...`. */
export function hasTypeWord(service: string): boolean {
  return TYPED_SERVICES.has(service);
}

/** Undefined for a pattern that can never match (some short ARNs); faults are reported. */
export function compileResourcePattern(
  source: Text,
  kind: PolicyKind,
  variables: boolean,
  findings: FindingList,
): ResourcePattern | undefined {
  const tokens = parseTemplate(source, { wildcards: true, variables }, findings);
  if (tokens.length === 1 && tokens[0]?.type === 'star') return ANY_RESOURCE;
  const segments = splitTemplate(tokens, ARN_SEGMENTS - 1);
  const first = segments[0]!;
  if (first.length !== 1 || first[0]?.type !== 'text' || first[0].text !== 'arn') {
    findings.error('bad-arn', source, `resource "${source.value}" is neither "*" nor an ARN`);
    return undefined;
  }
  if (segments.slice(0, 5).some((segment) => segment.some((token) => token.type === 'variable'))) {
    findings.error('misplaced-variable', source, 'variable stands before the fifth colon of an ARN');
    return undefined;
  }
  if (segments.length < ARN_SEGMENTS && !mayBePadded(segments, source, kind, findings)) return undefined;
  while (segments.length < ARN_SEGMENTS) segments.push([STAR_TOKEN]);
  const keys = tokens.flatMap((token) => (token.type === 'variable' ? [token.key] : []));
  const wildcardType = hasWildcardTypeWord(segments[5]!);
  return { arn: compileArnPattern(segments), wildcardType, variables: keys };
}

/** The short-ARN table of iam.md 1.4: whether the missing tail counts as stars. */
function mayBePadded(
  segments: readonly (readonly TemplateToken[])[],
  source: Text,
  kind: PolicyKind,
  findings: FindingList,
): boolean {
  const message = `resource "${source.value}" has fewer than six segments`;
  if (kind === 'rcp' || (kind === 'scp' && segments.at(-1)!.at(-1)?.type !== 'star')) {
    findings.error('short-arn', source, message, 'write all six segments');
    return false;
  }
  findings.add('warning', 'short-arn', source, message, 'write all six segments');
  const hasWildcard = segments.some((segment) =>
    segment.some((token) => token.type === 'star' || token.type === 'one'),
  );
  return hasWildcard || (kind !== 'resource' && kind !== 'endpoint');
}

/** A wildcard before the first `/` or `:` of the resource part, unless the whole part is `*`. */
function hasWildcardTypeWord(resource: readonly TemplateToken[]): boolean {
  if (resource.length === 1 && resource[0]?.type === 'star') return false;
  for (const token of resource) {
    if (token.type === 'star' || token.type === 'one') return true;
    if (token.type === 'variable' || /[/:]/.test(token.text)) return false;
  }
  return false;
}
