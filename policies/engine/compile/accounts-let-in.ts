/**
 * Which accounts a resource, key or trust policy lets in. For judging what a document permits at most, not for deciding
 * requests: denials and conditions other than those on the caller's account are not looked at.
 */
import type { ConditionElement } from '../syntax/ast.ts';
import type { CompiledPolicy } from './compile-policy.ts';

/**
 * Sorted account ids; `*` when a statement lets everybody in and no condition says from which accounts. A principal
 * named by its unique id stands as it is: whose it is cannot be told from the document.
 */
export function accountsLetIn({ document, statements }: CompiledPolicy): string[] {
  const accounts = new Set<string>();
  for (const [index, { effect, principal }] of statements.entries()) {
    if (effect !== 'Allow' || !principal) continue;
    if (principal.everyone || principal.negated)
      for (const account of narrowedTo(document.statements[index]?.conditions ?? [])) accounts.add(account);
    for (const entry of principal.negated ? [] : principal.entries) {
      if (entry.type === 'account') accounts.add(entry.accountId);
      else if (entry.type === 'unique-id') accounts.add(entry.id);
      else if ('arn' in entry) accounts.add(accountOf(entry.arn));
    }
  }
  return [...accounts].sort();
}

const ACCOUNT_KEYS: ReadonlySet<string> = new Set(['aws:principalaccount', 'kms:calleraccount']);
const ORGANIZATION_KEYS: ReadonlySet<string> = new Set(['aws:principalorgid', 'aws:principalorgpaths']);
const EQUALS: ReadonlySet<string> = new Set(['stringequals', 'stringlike', 'arnequals', 'arnlike']);

/** The accounts that conditions leave of everybody: none to name where they leave an organization, `*` where all. */
function narrowedTo(conditions: readonly ConditionElement[]): readonly string[] {
  const left = conditions.flatMap((condition) => {
    const accounts = namedBy(condition);
    return accounts && !accounts.includes('*') ? [accounts] : [];
  });
  return left[0] ?? ['*'];
}

/** Undefined: the condition is not about accounts, or not in a way that names them. */
function namedBy({ operator, key, values }: ConditionElement): readonly string[] | undefined {
  if (!EQUALS.has(operator.value.toLowerCase().replace('foranyvalue:', ''))) return undefined;
  const name = key.value.toLowerCase();
  if (ORGANIZATION_KEYS.has(name)) return values.some(({ value }) => /^[*?]/.test(value)) ? undefined : [];
  if (ACCOUNT_KEYS.has(name)) return values.map(({ value }) => (/^\d{12}$/.test(value) ? value : '*'));
  return name === 'aws:principalarn' ? values.map(({ value }) => accountOf(value)) : undefined;
}

function accountOf(arn: string): string {
  const account = arn.split(':')[4] ?? '';
  return /^\d{12}$/.test(account) ? account : '*';
}
