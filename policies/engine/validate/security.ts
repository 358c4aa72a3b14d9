/** Grants that are wider than they look (security warnings of iam.md 1.11). */
import type { PolicyKind } from '../model.ts';
import { compileActionPattern } from '../pattern/action-pattern.ts';
import { matchStringPattern } from '../pattern/string-pattern.ts';
import type { PolicyDocument, Statement } from '../syntax/ast.ts';
import { FindingList } from '../syntax/findings.ts';

/** Keys that tie a service principal to the resource or account it acts for. */
const SOURCE_KEYS = ['aws:sourcearn', 'aws:sourceaccount', 'aws:sourceorgid', 'aws:sourceorgpaths'];
const PASS_ROLE = 'iam:passrole';

export function checkSecurity(document: PolicyDocument, kind: PolicyKind, findings: FindingList): void {
  for (const statement of document.statements) {
    if (statement.effect !== 'Allow') continue;
    checkNegatedGrants(statement, kind, findings);
    checkPassRole(statement, findings);
    checkPrincipals(statement, kind, findings);
  }
}

function checkNegatedGrants(statement: Statement, kind: PolicyKind, findings: FindingList): void {
  if (statement.action.negated && kind !== 'scp') {
    const message = 'Allow with NotAction grants every other action, also future ones';
    findings.add('security-warning', 'allow-not-action', statement.action, message);
  }
  if (statement.principal?.negated && kind === 'resource') {
    const message = 'Allow with NotPrincipal grants to everybody else, anonymous callers included';
    findings.add('security-warning', 'allow-not-principal', statement.principal, message);
  }
}

function checkPassRole(statement: Statement, findings: FindingList): void {
  const everywhere = statement.resource?.patterns.some((pattern) => pattern.value === '*') ?? false;
  if (!everywhere || statement.resource?.negated || statement.action.negated) return;
  const named = statement.action.patterns.find((pattern) => {
    const compiled = compileActionPattern(pattern, false, new FindingList(''));
    // A bare star is an administrator's policy: warning about one of its actions would only be noise.
    return (
      compiled && compiled.type !== 'any' && matchStringPattern(compiled, PASS_ROLE, 0, PASS_ROLE.length, new Map())
    );
  });
  if (named)
    findings.add(
      'security-warning',
      'pass-role-star',
      named,
      'iam:PassRole is allowed for every role',
      'name the roles',
    );
}

function checkPrincipals(statement: Statement, kind: PolicyKind, findings: FindingList): void {
  const keys = statement.conditions.map((cell) => cell.key.value.toLowerCase());
  for (const name of statement.principal?.negated ? [] : (statement.principal?.names ?? [])) {
    if (name.value === '*' && kind === 'resource' && keys.length === 0) {
      findings.add('security-warning', 'public-grant', name, 'everybody is allowed, anonymous callers included');
    }
    if (name.type === 'Service' && kind === 'resource' && !keys.some((key) => SOURCE_KEYS.includes(key))) {
      const hint = 'add a condition on aws:SourceArn or aws:SourceAccount';
      findings.add('security-warning', 'service-without-source', name, 'service is allowed on behalf of anybody', hint);
    }
    if (
      name.type === 'Federated' &&
      kind === 'trust' &&
      !keys.some((key) => key.endsWith(':aud') || key.endsWith(':sub'))
    ) {
      const hint = "add a condition on the provider's :aud and :sub keys";
      findings.add(
        'security-warning',
        'federation-without-audience',
        name,
        'every user of the provider may assume the role',
        hint,
      );
    }
  }
}
