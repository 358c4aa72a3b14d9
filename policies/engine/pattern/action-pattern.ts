/** Actions: `service:Name`, letter case does not count, wildcards only in the name (iam.md 1.3, 1.4). */
import type { Text } from '../syntax/ast.ts';
import type { FindingList } from '../syntax/findings.ts';
import { compileStringPattern, type StringPattern } from './string-pattern.ts';
import { parseTemplate } from './template.ts';

/** Names of our services that stand for the prefix that clients of the AWS interface know. */
const PREFIX_ALIASES: ReadonlyMap<string, string> = new Map([
  ['ccms', 'secretsmanager'],
  ['pca', 'acm-pca'],
  ['org', 'organizations'],
]);

/** Lower case, alias replaced. */
export function canonicalAction(action: string): string {
  const lower = action.toLowerCase();
  const colon = lower.indexOf(':');
  const prefix = colon < 0 ? undefined : PREFIX_ALIASES.get(lower.slice(0, colon));
  return prefix === undefined ? lower : prefix + lower.slice(colon);
}

/** Undefined for a pattern that can never match: no service, or no name. */
export function compileActionPattern(
  source: Text,
  variables: boolean,
  findings: FindingList,
): StringPattern | undefined {
  const { value } = source;
  if (variables && value.includes('${')) {
    findings.error('misplaced-variable', source, 'variable stands in an action');
    return undefined;
  }
  if (value === '*' || value === '*:*') return compileStringPattern([{ type: 'star' }]);
  const colon = value.indexOf(':');
  if (colon < 0) {
    findings.error('bad-action', source, `action "${value}" is not of the form service:Name`);
    return undefined;
  }
  const service = value.slice(0, colon);
  if (/[*?]/.test(service)) {
    findings.error(
      'wildcard-in-service',
      source,
      `service of action "${value}" contains a wildcard`,
      'write "*" for every action',
    );
    return undefined;
  }
  const text = canonicalAction(value);
  return compileStringPattern(
    parseTemplate({ ...source, value: text }, { wildcards: true, variables: false }, findings),
  );
}
